using System.Globalization;
using StateSpace.Studies;

namespace StateSpace.Reporting;

/// <summary>How the cells of a column are set.</summary>
/// <param name="IsNumeric">To the right: every cell is a number, but for blanks, dashes and the like.</param>
/// <param name="IsPadded">With zeros at the end, because some number of the column is rounded.</param>
public readonly record struct ColumnFormat(bool IsNumeric, bool IsPadded)
{
    /// <summary>The format that suits these cells.</summary>
    public static ColumnFormat Of(IEnumerable<Cell> column)
    {
        var (numbers, texts, rounded) = (false, false, false);
        foreach (var cell in column)
        {
            if (NumberIn(cell) is { } value)
            {
                numbers = true;
                rounded |= !NumberText.IsExact(value);
            }
            else
            {
                texts |= cell.ToString().Length > 1;
            }
        }

        return new(numbers && !texts, rounded);
    }

    /// <summary>The cell as plain text.</summary>
    public string Text(Cell cell) => NumberIn(cell) is { } value ? NumberText.Of(value, IsPadded).ToString() : cell.ToString();

    /// <summary>
    /// The number in a cell, if it is one; NaN and infinities are also numbers where a result record, which has them as texts, was
    /// read back.
    /// </summary>
    internal static double? NumberIn(Cell cell) =>
        cell.Number ?? (cell.Text is "NaN" or "Infinity" or "-Infinity" ? double.Parse(cell.Text, CultureInfo.InvariantCulture) : null);
}
