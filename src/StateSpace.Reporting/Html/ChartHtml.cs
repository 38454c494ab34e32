using StateSpace.Studies;

namespace StateSpace.Reporting;

/// <summary>A chart in a report with the data behind it.</summary>
internal static class ChartHtml
{
    // A page with more rows than this is slow to open; the CSV file has all of them.
    private const int MaximumRows = 400;

    public static void Write(Markup page, Chart chart)
    {
        page.Start("figure", ("class", "chart"), ("id", "chart-" + chart.Name));
        page.Element("figcaption", chart.Title);
        page.Start("div", ("class", "scroll"));
        Charts.SvgChart.Write(page, chart);
        page.End();
        if (chart.Note.Length > 0) page.Element("p", chart.Note, ("class", "note"));
        WriteData(page, chart);
        page.End();
    }

    private static void WriteData(Markup page, Chart chart)
    {
        var (columns, rows) = HaveSameX(chart) ? Wide(chart) : Long(chart);
        page.Start("details").Element("summary", "Data");
        TableHtml.WriteGrid(page, columns, rows.Count <= MaximumRows ? rows : [.. rows.Take(MaximumRows)]);
        if (rows.Count > MaximumRows)
        {
            page.Start("p", ("class", "note")).Text($"The first {MaximumRows} of {rows.Count} rows; all are in ");
            page.Element("code", $"charts/{chart.Name}.csv").Text(".").End();
        }

        page.End();
    }

    private static bool HaveSameX(Chart chart) => chart.Series.All(series => series.X.SequenceEqual(chart.Series[0].X));

    private static (IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<Cell>> Rows) Wide(Chart chart) =>
    (
        [chart.X.Label, .. chart.Series.Select(series => series.Name)],
        [.. Enumerable.Range(0, chart.Series[0].X.Count).Select(i => (IReadOnlyList<Cell>)[chart.Series[0].X[i], .. chart.Series.Select(series => (Cell)series.Y[i])])]
    );

    private static (IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<Cell>> Rows) Long(Chart chart) =>
    (
        ["series", chart.X.Label, chart.Y.Label],
        [.. chart.Series.SelectMany(series => Enumerable.Range(0, series.X.Count).Select(i => (IReadOnlyList<Cell>)[series.Name, series.X[i], series.Y[i]]))]
    );
}
