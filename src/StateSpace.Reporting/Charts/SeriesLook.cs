using StateSpace.Studies;

namespace StateSpace.Reporting.Charts;

/// <summary>What tells a series from the others: its colour, and a dash or a mark that does the same without colour.</summary>
/// <param name="chart">The chart.</param>
/// <param name="index">Number of the series.</param>
internal readonly struct SeriesLook(Chart chart, int index)
{
    private const int Colors = 8;
    private const int Dashes = 6;

    /// <summary>Class of the colour, s0 … s7.</summary>
    public string Color { get; } = $"s{index % Colors}";

    /// <summary>Class of the dash: none for the first line, then d1 … d5; reference lines have one of their own.</summary>
    public string Dash { get; } = chart.Series[index].Style switch
    {
        SeriesStyle.Dashed => " reference",
        SeriesStyle.Line => chart.Series.Take(index).Count(series => series.Style == SeriesStyle.Line) % Dashes is var dash and > 0 ? $" d{dash}" : "",
        _ => "",
    };

    /// <summary>Number of the mark's shape.</summary>
    public int Mark { get; } = chart.Series.Take(index).Count(series => HasMarks(series.Style));

    public static bool HasMarks(SeriesStyle style) => style is SeriesStyle.Points or SeriesStyle.LineAndPoints or SeriesStyle.Stems;

    public static bool HasLine(SeriesStyle style) => style is SeriesStyle.Line or SeriesStyle.Dashed or SeriesStyle.LineAndPoints;
}
