using System.Text;
using StateSpace.Studies;
using static StateSpace.Reporting.Charts.ChartFrame;

namespace StateSpace.Reporting.Charts;

/// <summary>Draws a series: polylines that break where a value is missing, marks, stems.</summary>
internal static class SeriesShape
{
    private const double MarkRadius = 3.6;
    private const double SmallMarkRadius = 2.4;
    private const int ManyMarks = 150;

    public static void Write(Markup svg, ChartFrame frame, ChartSeries series, SeriesLook look, string clip)
    {
        var runs = Runs(frame, series);
        svg.Start("g", ("class", "series " + look.Color));
        svg.Element("title", series.Name);
        if (SeriesLook.HasLine(series.Style)) WriteLines(svg, frame, runs, look, clip);
        if (series.Style == SeriesStyle.Stems) WriteStems(svg, frame, runs, clip);
        if (SeriesLook.HasMarks(series.Style)) WriteMarks(svg, runs, look);
        svg.End();
    }

    /// <summary>The series' sign in the legend, with its middle at height <paramref name="y"/>.</summary>
    public static void WriteSwatch(Markup svg, ChartSeries series, SeriesLook look, double x, double y, double length)
    {
        svg.Start("g", ("class", "series " + look.Color));
        if (SeriesLook.HasLine(series.Style))
            svg.Empty("line", ("class", "line" + look.Dash), ("x1", Number(x)), ("x2", Number(x + length)), ("y1", Number(y)), ("y2", Number(y)));
        if (SeriesLook.HasMarks(series.Style))
            svg.Empty("path", ("class", "mark"), ("d", MarkPath(look.Mark, x + (length / 2), y, MarkRadius)));
        svg.End();
    }

    private static void WriteLines(Markup svg, ChartFrame frame, List<List<Point>> runs, SeriesLook look, string clip)
    {
        foreach (var run in runs)
        {
            var points = new StringBuilder();
            foreach (var point in Thinning.ByPixelColumn(run, frame.Plot.Width)) points.Append(points.Length == 0 ? "" : " ").Append(Number(point.X)).Append(',').Append(Number(point.Y));

            // A single point between two gaps would draw nothing; a line of no length with round ends is a dot.
            var path = run.Count == 1 ? $"{points} {points}" : points.ToString();
            svg.Empty("polyline", ("class", "line" + look.Dash), ("points", path), ("clip-path", $"url(#{clip})"));
        }
    }

    private static void WriteStems(Markup svg, ChartFrame frame, List<List<Point>> runs, string clip)
    {
        var foot = Number(frame.Y.Accepts(0) ? Math.Clamp(frame.Top(0), frame.Plot.Top, frame.Plot.Bottom) : frame.Plot.Bottom);
        var path = new StringBuilder();
        foreach (var point in runs.SelectMany(run => run)) path.Append('M').Append(Number(point.X)).Append(' ').Append(foot).Append('V').Append(Number(point.Y));
        svg.Empty("path", ("class", "stem"), ("d", path.ToString()), ("clip-path", $"url(#{clip})"));
    }

    private static void WriteMarks(Markup svg, List<List<Point>> runs, SeriesLook look)
    {
        var radius = runs.Sum(run => run.Count) > ManyMarks ? SmallMarkRadius : MarkRadius;
        var path = new StringBuilder();
        foreach (var point in runs.SelectMany(run => run)) path.Append(MarkPath(look.Mark, point.X, point.Y, radius));
        svg.Empty("path", ("class", "mark"), ("d", path.ToString()));
    }

    private static List<List<Point>> Runs(ChartFrame frame, ChartSeries series)
    {
        var runs = new List<List<Point>>();
        List<Point>? run = null;
        for (var i = 0; i < series.X.Count; i++)
        {
            if (!frame.Accepts(series.X[i], series.Y[i]))
            {
                run = null;
                continue;
            }

            if (run is null) runs.Add(run = []);
            run.Add(new(frame.Left(series.X[i]), frame.Top(series.Y[i])));
        }

        return runs;
    }

    // Six shapes of about the same area; after them they start again, with another colour.
    private static string MarkPath(int shape, double x, double y, double r) => (shape % 6) switch
    {
        0 => $"M{Number(x - r)} {Number(y)}a{Number(r)} {Number(r)} 0 1 0 {Number(2 * r)} 0a{Number(r)} {Number(r)} 0 1 0 {Number(-2 * r)} 0Z",
        1 => Polygon(x, y, 0.9 * r, (-1, -1), (1, -1), (1, 1), (-1, 1)),
        2 => Polygon(x, y, 1.25 * r, (0, -1), (0.95, 0.75), (-0.95, 0.75)),
        3 => Polygon(x, y, 1.3 * r, (0, -1), (1, 0), (0, 1), (-1, 0)),
        4 => Polygon(x, y, 1.25 * r, (0, 1), (0.95, -0.75), (-0.95, -0.75)),
        _ => Polygon(x, y, 1.2 * r, (-1, -0.6), (-0.6, -1), (0, -0.4), (0.6, -1), (1, -0.6), (0.4, 0), (1, 0.6), (0.6, 1), (0, 0.4), (-0.6, 1), (-1, 0.6), (-0.4, 0)),
    };

    private static string Polygon(double x, double y, double r, params ReadOnlySpan<(double X, double Y)> corners)
    {
        var path = new StringBuilder();
        foreach (var corner in corners)
            path.Append(path.Length == 0 ? 'M' : 'L').Append(Number(x + (r * corner.X))).Append(' ').Append(Number(y + (r * corner.Y)));
        return path.Append('Z').ToString();
    }
}

/// <summary>A place in a drawing.</summary>
internal readonly record struct Point(double X, double Y);
