using System.Globalization;
using System.Xml.Linq;
using StateSpace.Reporting.Charts;
using StateSpace.Studies;

namespace StateSpace.Reporting.Tests.Charts;

public sealed class SvgChartTests
{
    private static readonly double[] X = [1, 2, 3, 4];

    [Theory]
    [InlineData(SeriesStyle.Line, 1, 0, 0)]
    [InlineData(SeriesStyle.Dashed, 1, 0, 0)]
    [InlineData(SeriesStyle.LineAndPoints, 1, 1, 0)]
    [InlineData(SeriesStyle.Points, 0, 1, 0)]
    [InlineData(SeriesStyle.Stems, 0, 1, 1)]
    public void Each_style_draws_what_it_says(SeriesStyle style, int lines, int marks, int stems)
    {
        var series = Draw(new Chart("c", "C", new("x"), new("y"), [new("s", X, [2, 1, 3, 5], style)])).Elements("g").Single(IsSeries);
        Assert.Equal((lines, marks, stems), (Count(series, "line"), Count(series, "mark"), Count(series, "stem")));
    }

    [Fact]
    public void A_chart_has_one_polyline_per_series_with_a_point_per_value()
    {
        var svg = Draw(new Chart("c", "C", new("x"), new("y"), [new("a", X, [2, 1, 3, 5]), new("b", X, [1, 1, 1, 1]), new("d", X, [-1, 0, 1, 2], SeriesStyle.Dashed)]));
        var polylines = svg.Descendants("polyline").ToList();
        Assert.Equal(3, polylines.Count);
        Assert.All(polylines, line => Assert.Equal(4, line.Attribute("points")!.Value.Split(' ').Length));
        Assert.Equal(["series s0", "series s1", "series s2"], svg.Elements("g").Where(IsSeries).Select(group => group.Attribute("class")!.Value));
        Assert.Equal(["line", "line d1", "line reference"], polylines.Select(line => line.Attribute("class")!.Value));
    }

    [Fact]
    public void Points_are_where_the_scales_put_them()
    {
        var chart = new Chart("c", "C", new("x"), new("y", Logarithmic: true), [new("s", [0, 10], [1, 100])]);
        var frame = new ChartFrame(chart);
        var points = Draw(chart).Descendants("polyline").Single().Attribute("points")!.Value.Split(' ')
            .Select(point => point.Split(',').Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray()).ToList();
        Assert.Equal(frame.Left(0), points[0][0], 0.01);
        Assert.Equal(frame.Top(100), points[1][1], 0.01);
        Assert.True(points[0][0] < points[1][0]);
        Assert.True(points[0][1] > points[1][1]);
        Assert.InRange(points[1][1], frame.Plot.Top, frame.Plot.Bottom);
    }

    [Fact]
    public void Every_tick_has_its_label_and_the_axes_their_names()
    {
        var chart = new Chart("c", "C", new("step t / 1000"), new("loss", Logarithmic: true), [new("s", [0, 40], [1e-9, 1e3])]);
        var frame = new ChartFrame(chart);
        var texts = Draw(chart).Descendants("text").Select(text => text.Value).ToList();
        var labels = frame.X.Ticks.Concat(frame.Y.Ticks).Select(tick => tick.Label).OfType<TickLabel>().Select(label => label.Base + label.Superscript).ToList();
        Assert.Contains("10−8", labels);
        Assert.Contains("40", labels);
        foreach (var label in labels) Assert.Contains(label, texts);
        Assert.Contains("step t / 1000", texts);
        Assert.Contains("loss", texts);
        Assert.Contains("s", texts);
    }

    [Fact]
    public void A_logarithmic_axis_leaves_out_what_is_not_positive_and_breaks_the_line_there()
    {
        var svg = Draw(new Chart("c", "C", new("x"), new("y", Logarithmic: true), [new("s", [1, 2, 3, 4, 5, 6, 7], [1, 10, 0, 100, -5, 1000, 2000])]));
        Assert.Equal([2, 2, 2], svg.Descendants("polyline").Select(line => line.Attribute("points")!.Value.Split(' ').Length));
        var marks = Draw(new Chart("c", "C", new("x", Logarithmic: true), new("y"), [new("s", [0, -1, 2], [1, 1, 1], SeriesStyle.Points)]));
        Assert.Single(marks.Elements("g").Single(IsSeries).Descendants("path").Single().Attribute("d")!.Value.Split('M', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Nothing_that_is_not_a_number_gets_into_the_drawing()
    {
        double[] wild = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1e308, -1e308, 5e-324, 0, 1];
        foreach (var logarithmic in new[] { false, true })
        {
            foreach (var style in Enum.GetValues<SeriesStyle>())
            {
                foreach (var values in new[] { wild, [], [double.NaN], [1e308, -1e308], [0, 0] })
                {
                    double[] x = [.. Enumerable.Range(0, values.Length).Select(i => (double)i)];
                    var chart = new Chart("c", "C", new("x", logarithmic), new("y", logarithmic), [new("s", x, values, style), new("t", values, x, style)]);
                    foreach (var drawn in new[] { chart, chart with { UnitCircle = true } })
                    {
                        var numbers = Draw(drawn).Descendants().Attributes()
                            .Where(attribute => attribute.Name.LocalName is not ("class" or "id" or "role" or "aria-labelledby" or "text-anchor" or "clip-path" or "dy"));
                        Assert.All(numbers, attribute => Assert.DoesNotMatch("NaN|∞|Infinity|E", attribute.Value));
                    }
                }
            }
        }
    }

    [Fact]
    public void The_unit_circle_is_round_and_both_axes_have_one_scale()
    {
        var chart = new Chart("c", "C", new("re"), new("im"), [new("s", [0.5, 1.4], [0.5, -0.2], SeriesStyle.Points)], UnitCircle: true);
        var frame = new ChartFrame(chart);
        Assert.Equal(frame.Left(1) - frame.Left(0), frame.Top(0) - frame.Top(1), 1e-9);
        var circle = Draw(chart).Descendants("circle").Single();
        Assert.Equal(frame.Left(1) - frame.Left(0), double.Parse(circle.Attribute("r")!.Value, CultureInfo.InvariantCulture), 0.01);
        Assert.True(frame.Left(1.4) <= frame.Plot.Right);
    }

    [Fact]
    public void Lines_marks_and_colours_tell_twelve_series_apart()
    {
        var chart = new Chart("c", "C", new("x"), new("y"), [.. Enumerable.Range(0, 12).Select(i => new ChartSeries($"series number {i}", X, [i, i, i, i]))]);
        var looks = Draw(chart).Elements("g").Where(IsSeries).Select(group => group.Attribute("class")!.Value + group.Descendants("polyline").Single().Attribute("class")!.Value).ToList();
        Assert.Equal(12, looks.Distinct(StringComparer.Ordinal).Count());
        var frame = new ChartFrame(chart);
        Assert.All(frame.Legend, place => Assert.InRange(place.X, 0, frame.Plot.Right));
        Assert.True(frame.Legend[^1].Y > frame.Legend[0].Y);
        Assert.True(frame.Plot.Top > frame.Legend[^1].Y);
    }

    [Fact]
    public void A_line_through_a_million_points_is_a_small_drawing_with_the_same_extremes()
    {
        var random = new Random(3);
        double[] x = [.. Enumerable.Range(0, 1_000_000).Select(i => (double)i)];
        double[] y = [.. x.Select(_ => random.NextDouble())];
        y[123_456] = 9;
        var chart = new Chart("c", "C", new("x"), new("y"), [new("s", x, y)]);
        var points = Draw(chart).Descendants("polyline").Single().Attribute("points")!.Value.Split(' ');
        Assert.InRange(points.Length, 500, 4000);
        var top = ChartFrame.Number(new ChartFrame(chart).Top(9));
        Assert.Contains(points, point => point.EndsWith("," + top, StringComparison.Ordinal));
    }

    [Fact]
    public void The_drawing_scales_with_the_page_and_says_what_it_shows()
    {
        var svg = Draw(Sample.Result.Charts[0]);
        Assert.Equal(4, svg.Attribute("viewBox")!.Value.Split(' ').Length);
        Assert.Null(svg.Attribute("height"));
        Assert.StartsWith("Curve <script>", svg.Element("title")!.Value, StringComparison.Ordinal);
        Assert.Equal("loss against t: real (3 points), complex (3 points).", svg.Element("desc")!.Value);
    }

    private static XElement Draw(Chart chart)
    {
        var svg = new Markup();
        SvgChart.Write(svg, chart);
        return XElement.Parse(svg.ToString());
    }

    private static bool IsSeries(XElement element) => element.Attribute("class")?.Value.StartsWith("series", StringComparison.Ordinal) == true;

    private static int Count(XElement series, string kind) =>
        series.Descendants().Count(element => element.Attribute("class")?.Value.Split(' ')[0] == kind);
}
