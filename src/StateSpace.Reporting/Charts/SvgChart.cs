using StateSpace.Studies;
using static StateSpace.Reporting.Charts.ChartFrame;

namespace StateSpace.Reporting.Charts;

/// <summary>
/// A chart as SVG. Colours, dashes and line widths come from the classes of report.css (s0 … s7 for the series), so that one
/// drawing serves light and dark pages and paper.
/// </summary>
internal static class SvgChart
{
    public static void Write(Markup svg, Chart chart)
    {
        var frame = new ChartFrame(chart);
        var clip = "clip-" + chart.Name;
        svg.Start(
            "svg",
            ("viewBox", $"0 0 {Number(frame.Width)} {Number(frame.Height)}"),
            ("width", Number(frame.Width)),
            ("role", "img"),
            ("aria-labelledby", $"title-{chart.Name} desc-{chart.Name}"));
        svg.Element("title", chart.Title, ("id", "title-" + chart.Name));
        svg.Element("desc", Description(chart), ("id", "desc-" + chart.Name));
        svg.Start("clipPath", ("id", clip));
        svg.Empty("rect", ("x", Number(frame.Plot.Left)), ("y", Number(frame.Plot.Top)), ("width", Number(frame.Plot.Width)), ("height", Number(frame.Plot.Height)));
        svg.End();
        WriteGrid(svg, frame);
        if (chart.UnitCircle) WriteUnitCircle(svg, frame);
        WriteAxes(svg, frame, chart);
        for (var i = 0; i < chart.Series.Count; i++) SeriesShape.Write(svg, frame, chart.Series[i], new SeriesLook(chart, i), clip);
        WriteLegend(svg, frame, chart);
        svg.End();
    }

    private static void WriteGrid(Markup svg, ChartFrame frame)
    {
        svg.Start("g", ("class", "grid"));
        foreach (var tick in frame.X.Ticks)
        {
            var x = Number(frame.Left(tick.Value));
            svg.Empty("line", ("class", tick.Label is null ? "minor" : null), ("x1", x), ("x2", x), ("y1", Number(frame.Plot.Top)), ("y2", Number(frame.Plot.Bottom)));
        }

        foreach (var tick in frame.Y.Ticks)
        {
            var y = Number(frame.Top(tick.Value));
            svg.Empty("line", ("class", tick.Label is null ? "minor" : null), ("x1", Number(frame.Plot.Left)), ("x2", Number(frame.Plot.Right)), ("y1", y), ("y2", y));
        }

        svg.End();
    }

    private static void WriteUnitCircle(Markup svg, ChartFrame frame)
    {
        svg.Start("g", ("class", "axis"));
        svg.Empty("circle", ("class", "unit-circle"), ("cx", Number(frame.Left(0))), ("cy", Number(frame.Top(0))), ("r", Number(frame.Left(1) - frame.Left(0))));
        svg.End();
    }

    private static void WriteAxes(Markup svg, ChartFrame frame, Chart chart)
    {
        var plot = frame.Plot;
        svg.Start("g", ("class", "axis"));
        svg.Empty("path", ("d", $"M{Number(plot.Left)} {Number(plot.Top)}V{Number(plot.Bottom)}H{Number(plot.Right)}"));
        if (frame.Y.Accepts(0) && frame.Y.Low < 0 && frame.Y.High > 0)
        {
            var zero = Number(frame.Top(0));
            svg.Empty("line", ("class", "zero"), ("x1", Number(plot.Left)), ("x2", Number(plot.Right)), ("y1", zero), ("y2", zero));
        }

        svg.End();
        svg.Start("g", ("class", "ticks"));
        foreach (var tick in frame.X.Ticks) WriteLabel(svg, tick.Label, frame.Left(tick.Value), plot.Bottom + (1.35 * FontSize), "middle");
        foreach (var tick in frame.Y.Ticks) WriteLabel(svg, tick.Label, plot.Left - 7, frame.Top(tick.Value) + (0.35 * FontSize), "end");
        svg.End();
        var middle = plot.Top + (plot.Height / 2);
        svg.Element("text", chart.X.Label, ("class", "label"), ("x", Number(plot.Left + (plot.Width / 2))), ("y", Number(plot.Bottom + (2.9 * FontSize))), ("text-anchor", "middle"));
        svg.Element(
            "text",
            chart.Y.Label,
            ("class", "label"),
            ("transform", $"translate({Number(1.1 * FontSize)} {Number(middle)}) rotate(-90)"),
            ("text-anchor", "middle"));
    }

    private static void WriteLabel(Markup svg, TickLabel? label, double x, double y, string anchor)
    {
        if (label is not { } text) return;
        svg.Start("text", ("x", Number(x)), ("y", Number(y)), ("text-anchor", anchor));
        svg.Text(text.Base);
        if (text.Superscript.Length > 0) svg.Element("tspan", text.Superscript, ("class", "sup"), ("dy", "-0.45em"));
        svg.End();
    }

    private static void WriteLegend(Markup svg, ChartFrame frame, Chart chart)
    {
        svg.Start("g", ("class", "legend"));
        for (var i = 0; i < chart.Series.Count; i++)
        {
            var (x, y) = frame.Legend[i];
            SeriesShape.WriteSwatch(svg, chart.Series[i], new SeriesLook(chart, i), x, y + (0.45 * FontSize), LegendLineLength);
            svg.Element("text", chart.Series[i].Name, ("x", Number(x + LegendLineLength + 6)), ("y", Number(y + (0.8 * FontSize))));
        }

        svg.End();
    }

    private static string Description(Chart chart)
    {
        var series = chart.Series.Select(entry => $"{entry.Name} ({entry.X.Count} points)");
        return $"{chart.Y.Label} against {chart.X.Label}: {string.Join(", ", series)}.";
    }
}
