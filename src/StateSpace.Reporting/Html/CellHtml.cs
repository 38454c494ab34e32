using System.Globalization;
using StateSpace.Studies;

namespace StateSpace.Reporting;

/// <summary>A value in a report: few digits to read, all of them on hover.</summary>
internal static class CellHtml
{
    /// <summary>A table cell.</summary>
    public static void WriteCell(Markup page, Cell cell, bool numeric)
    {
        page.Start("td", ("class", numeric ? "number" : null), ("title", FullValue(cell)));
        WriteValue(page, cell);
        page.End();
    }

    /// <summary>Whether the columns' cells are to be set as numbers: all are, but for blanks, dashes and the like.</summary>
    public static bool IsNumeric(IEnumerable<Cell> column)
    {
        var any = false;
        foreach (var cell in column)
        {
            var number = cell.Number is not null || IsNumberName(cell.Text);
            any |= number;
            if (!number && cell.ToString().Length > 1) return false;
        }

        return any;
    }

    public static void WriteValue(Markup page, Cell cell)
    {
        // A record that was read back has NaN and infinities as texts; it must give the same page.
        var number = cell.Number ?? (IsNumberName(cell.Text) ? double.Parse(cell.Text!, CultureInfo.InvariantCulture) : null);
        if (number is null)
        {
            page.Text(cell.ToString());
            return;
        }

        WriteNumber(page, NumberText.Of(number.Value));
    }

    private static void WriteNumber(Markup page, NumberText number)
    {
        page.Text(number.Mantissa);
        if (number.Exponent is { } exponent) page.Text("×10").Element("sup", exponent.ToString(CultureInfo.InvariantCulture).Replace('-', '−'));
    }

    private static string? FullValue(Cell cell)
    {
        if (cell.Number is not { } number || !double.IsFinite(number)) return null;
        var full = cell.ToString();
        return full == NumberText.Of(number).ToString().Replace('−', '-') ? null : full;
    }

    private static bool IsNumberName(string? text) => text is "NaN" or "Infinity" or "-Infinity";
}
