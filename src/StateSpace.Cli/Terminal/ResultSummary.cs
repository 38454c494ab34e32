using Spectre.Console;
using StateSpace.Reporting;
using StateSpace.Studies;

namespace StateSpace.Cli.Terminal;

/// <summary>A finished run in a terminal: what failed in full, the first table of every part, where the report is.</summary>
internal static class ResultSummary
{
    private const int MaximumTables = 6;
    private const int MaximumRows = 12;

    public static void Write(IAnsiConsole screen, StudyDescription study, RunFolder folder, StudyResult result)
    {
        var tables = result.Sections
            .Select(section => section.Tables.Count > 0 ? section.Tables[0] : null)
            .OfType<string>()
            .Distinct(StringComparer.Ordinal)
            .Take(MaximumTables)
            .Select(name => result.Tables.First(table => table.Name == name));
        screen.MarkupLineInterpolated($"[bold]{study.Title}[/]");
        screen.MarkupLineInterpolated($"[dim]{study.Name}, preset {result.Preset}, seed {result.Seed}, computed in {result.ElapsedSeconds:0.0} s[/]");
        screen.WriteLine();
        foreach (var table in tables) WriteTable(screen, folder.TablePath(table.Name), table, MaximumRows);
        WriteClaims(screen, result.Claims);
        screen.MarkupLineInterpolated($"Report  {folder.ReportPath}");
    }

    /// <summary>A table, cut to <paramref name="maximumRows"/> rows and to the columns that fit.</summary>
    public static void WriteTable(IAnsiConsole screen, string path, ResultTable table, int maximumRows)
    {
        var formats = Enumerable.Range(0, table.Columns.Count).Select(c => ColumnFormat.Of(table.Rows.Select(row => row[c]))).ToList();
        var rows = table.Rows.Take(maximumRows).Select(row => row.Select((cell, c) => formats[c].Text(cell)).ToList()).ToList();
        var widths = table.Columns.Select((column, c) => Math.Max(column.Length, rows.Select(row => row[c].Length).DefaultIfEmpty(0).Max()) + 2).ToList();
        var columns = 0;
        for (var used = 0; columns < widths.Count && (columns < 1 || used + widths[columns] <= screen.Profile.Width); columns++) used += widths[columns];

        screen.MarkupLineInterpolated($"[bold]{table.Title}[/]");
        var grid = new Table { Border = TableBorder.Simple, ShowRowSeparators = false };
        for (var c = 0; c < columns; c++)
        {
            var column = new TableColumn(new Text(table.Columns[c])) { NoWrap = columns > 1 };
            grid.AddColumn(formats[c].IsNumeric ? column.RightAligned() : column);
        }

        foreach (var row in rows) grid.AddRow(row.Take(columns).Select(text => new Text(text)));
        screen.Write(grid);
        var missing = new List<string>();
        if (table.Rows.Count > rows.Count) missing.Add($"{table.Rows.Count - rows.Count} more rows");
        if (columns < table.Columns.Count) missing.Add($"{table.Columns.Count - columns} more columns");
        if (missing.Count > 0) screen.MarkupLineInterpolated($"[dim]{string.Join(" and ", missing)} in {path}[/]");
        if (table.Note.Length > 0) screen.MarkupLineInterpolated($"[dim]{table.Note}[/]");
        screen.WriteLine();
    }

    private static void WriteClaims(IAnsiConsole screen, IReadOnlyList<Claim> claims)
    {
        var failed = claims.Where(claim => !claim.Holds).ToList();
        foreach (var claim in failed)
        {
            var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
            grid.AddRow(new Markup("[red]✗ fails[/]"), new Text(claim.Statement));
            grid.AddRow(Text.Empty, new Text($"expected {claim.Expected}, measured {default(ColumnFormat).Text(claim.Measured)}"));
            grid.AddRow(Text.Empty, new Markup($"[dim]{Markup.Escape($"{claim.Source}; {claim.Id}")}[/]"));
            screen.Write(grid);
        }

        var verdict = failed.Count == 0 ? "[green]✓[/]" : "[red]✗[/]";
        screen.MarkupLine($"{verdict} [bold]{claims.Count - failed.Count} of {claims.Count} claims hold[/]");
    }
}
