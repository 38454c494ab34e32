using StateSpace.Studies;

namespace StateSpace.Reporting;

/// <summary>A result table in a report.</summary>
internal static class TableHtml
{
    public static void Write(Markup page, ResultTable table)
    {
        page.Start("figure", ("class", "table"), ("id", "table-" + table.Name));
        page.Element("figcaption", table.Title);
        WriteGrid(page, table.Columns, table.Rows);
        if (table.Note.Length > 0) page.Element("p", table.Note, ("class", "note"));
        page.End();
    }

    /// <summary>The grid alone, which scrolls sideways where it is wider than the page.</summary>
    public static void WriteGrid(Markup page, IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<Cell>> rows)
    {
        var formats = Enumerable.Range(0, columns.Count).Select(c => ColumnFormat.Of(rows.Select(row => row[c]))).ToList();
        page.Start("div", ("class", "scroll")).Start("table");
        page.Start("thead").Start("tr");
        for (var c = 0; c < columns.Count; c++) page.Element("th", columns[c], ("scope", "col"), ("class", formats[c].IsNumeric ? "number" : null));
        page.End().End().Start("tbody");
        foreach (var row in rows)
        {
            page.Start("tr");
            for (var c = 0; c < columns.Count; c++) CellHtml.WriteCell(page, row[c], formats[c]);
            page.End();
        }

        page.End().End().End();
    }
}
