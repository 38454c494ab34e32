using System.Globalization;
using StateSpace.Studies;

namespace StateSpace.Reporting;

/// <summary>A value in a report: few digits to read, all of them on hover.</summary>
internal static class CellHtml
{
    internal const int LongestUnbroken = 28;

    /// <summary>A table cell.</summary>
    public static void WriteCell(Markup page, Cell cell, ColumnFormat format)
    {
        page.Start("td", ("class", format.IsNumeric ? cell.Text?.Length > LongestUnbroken ? "number long" : "number" : null), ("title", FullValue(cell)));
        if (ColumnFormat.NumberIn(cell) is { } value) WriteNumber(page, NumberText.Of(value, format.IsPadded));
        else page.Text(cell.ToString());
        page.End();
    }

    private static void WriteNumber(Markup page, NumberText number)
    {
        page.Text(number.Mantissa.Replace('-', '−'));
        if (number.Exponent is { } exponent) page.Text("×10").Element("sup", exponent.ToString(CultureInfo.InvariantCulture).Replace('-', '−'));
    }

    private static string? FullValue(Cell cell)
    {
        if (cell.Number is not { } number || !double.IsFinite(number)) return null;
        var full = cell.ToString();
        return full == NumberText.Of(number).ToString() ? null : full;
    }
}
