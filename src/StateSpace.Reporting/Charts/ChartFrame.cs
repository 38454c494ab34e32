using System.Globalization;
using StateSpace.Studies;

namespace StateSpace.Reporting.Charts;

/// <summary>Where things are in a chart, in the units of its viewBox (one unit is a pixel at full size).</summary>
internal sealed class ChartFrame
{
    public const double FontSize = 13;

    private const double FullWidth = 720;
    private const double FullHeight = 400;
    private const double SquareSide = 400;
    private const double UnitCircleRange = 1.08;
    private const double LegendRowHeight = 20;
    private const double LegendSwatch = 34;
    private const double Gap = 12;
    private const double CharacterWidth = 0.55 * FontSize;

    public ChartFrame(Chart chart)
    {
        var points = chart.Series.SelectMany(series => series.X.Zip(series.Y)).Where(point => IsDrawable(chart, point.First, point.Second)).ToList();
        if (chart.UnitCircle)
        {
            var range = Math.Max(UnitCircleRange, 1.04 * points.Select(point => Math.Max(Math.Abs(point.First), Math.Abs(point.Second))).DefaultIfEmpty(0).Max());
            (X, Y) = (LinearScale.Exactly(-range, range), LinearScale.Exactly(-range, range));
        }
        else
        {
            var stems = chart.Series.Any(series => series.Style == SeriesStyle.Stems);
            X = AxisScale.Of(chart.X.Logarithmic, points.Select(point => point.First));
            Y = AxisScale.Of(chart.Y.Logarithmic, points.Select(point => point.Second), stems || IsNearZero(points.Select(point => point.Second)));
        }

        var labelWidth = Y.Ticks.Select(tick => tick.Label?.Length ?? 0).DefaultIfEmpty(0).Max() * CharacterWidth;
        var left = Math.Ceiling(labelWidth + (2.2 * FontSize) + Gap);
        var side = chart.UnitCircle ? SquareSide : FullWidth - left - Gap;
        Legend = PlaceLegend(chart.Series, left, left + side);
        var top = Gap + (Legend.Count == 0 ? 0 : Legend[^1].Y + LegendRowHeight);
        Plot = new(left, top, side, chart.UnitCircle ? SquareSide : FullHeight - 60);
        Width = left + side + Gap;
        Height = Plot.Bottom + (3.6 * FontSize);
    }

    public AxisScale X { get; }

    public AxisScale Y { get; }

    public double Width { get; }

    public double Height { get; }

    /// <summary>The rectangle that the axes enclose.</summary>
    public Rectangle Plot { get; }

    /// <summary>Upper left corner of each series' entry.</summary>
    public IReadOnlyList<(double X, double Y)> Legend { get; }

    public static double LegendLineLength => LegendSwatch - 8;

    /// <summary>A coordinate as SVG has it: two decimals, so that files are small and the same everywhere.</summary>
    public static string Number(double value)
    {
        var text = value.ToString("0.##", CultureInfo.InvariantCulture);
        return text == "-0" ? "0" : text;
    }

    public double Left(double x) => Plot.Left + (X.Position(x) * Plot.Width);

    public double Top(double y) => Plot.Bottom - (Y.Position(y) * Plot.Height);

    /// <summary>Whether a point can be drawn on both axes.</summary>
    public bool Accepts(double x, double y) => X.Accepts(x) && Y.Accepts(y);

    private static bool IsDrawable(Chart chart, double x, double y) =>
        AxisScale.CanDraw(chart.X.Logarithmic, x) && AxisScale.CanDraw(chart.Y.Logarithmic, y);

    // A quantity that comes near zero is read against zero.
    private static bool IsNearZero(IEnumerable<double> values)
    {
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values) (low, high) = (Math.Min(low, value), Math.Max(high, value));
        return (low > 0 && low < 0.4 * high) || (high < 0 && high > 0.4 * low);
    }

    private static List<(double X, double Y)> PlaceLegend(IReadOnlyList<ChartSeries> series, double left, double right)
    {
        var places = new List<(double X, double Y)>();
        var (x, y) = (left, 4.0);
        foreach (var entry in series)
        {
            var width = LegendSwatch + (entry.Name.Length * CharacterWidth) + Gap;
            if (x > left && x + width > right) (x, y) = (left, y + LegendRowHeight);
            places.Add((x, y));
            x += width;
        }

        return places;
    }
}

/// <summary>A rectangle of a drawing.</summary>
internal readonly record struct Rectangle(double Left, double Top, double Width, double Height)
{
    public double Right => Left + Width;

    public double Bottom => Top + Height;
}
