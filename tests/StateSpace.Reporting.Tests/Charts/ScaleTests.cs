using FsCheck;
using FsCheck.Fluent;
using StateSpace.Reporting.Charts;

namespace StateSpace.Reporting.Tests.Charts;

public sealed class ScaleTests
{
    private static readonly Gen<double> Finite = ArbMap.Default.GeneratorFor<double>().Where(value => double.IsFinite(value) && Math.Abs(value) is 0 or > 1e-290 and < 1e290);

    [Theory]
    [InlineData(0, 10, new[] { "0", "2", "4", "6", "8", "10" })]
    [InlineData(-1, 1, new[] { "−1.0", "−0.5", "0", "0.5", "1.0" })]
    [InlineData(0, 0.03, new[] { "0", "0.005", "0.010", "0.015", "0.020", "0.025", "0.030" })]
    [InlineData(0, 65536, new[] { "0", "20000", "40000", "60000" })]
    public void Linear_ticks_are_round_numbers(double low, double high, string[] labels) =>
        Assert.Equal(labels, LinearScale.Exactly(low, high).Ticks.Select(tick => tick.Label!.Value.Base));

    [Fact]
    public void Large_linear_ticks_share_a_power_of_ten()
    {
        var labels = LinearScale.Exactly(0, 3.1e6).Ticks.Select(tick => tick.Label!.Value).ToList();
        Assert.Equal(["0", "1×10", "2×10", "3×10"], labels.Select(label => label.Base));
        Assert.All(labels.Skip(1), label => Assert.Equal("6", label.Superscript));
    }

    [Theory]
    [InlineData(1, 1000, new[] { "1", "10", "100", "1000" })]
    [InlineData(2, 60, new[] { "2", "5", "10", "20", "50" })]
    public void Log_ticks_within_everyday_sizes_are_plain(double low, double high, string[] labels) =>
        Assert.Equal(labels, LogScale.Covering(low, high).Ticks.Where(tick => tick.Label is not null).Select(tick => tick.Label!.Value.Base));

    [Fact]
    public void Log_ticks_beyond_them_are_powers_of_ten_with_few_labels()
    {
        var labels = LogScale.Covering(1e-15, 1e20).Ticks.Select(tick => tick.Label!.Value).ToList();
        Assert.InRange(labels.Count, 3, 8);
        Assert.All(labels, label => Assert.Equal("10", label.Base));
        Assert.Equal(["−15", "−10", "−5", "0", "5", "10", "15", "20"], labels.Select(label => label.Superscript));
    }

    [Fact]
    public void Every_value_lies_on_its_axis_and_so_does_every_tick()
    {
        var ranges = from a in Finite from b in Finite select new[] { a, b };
        Prop.ForAll(ranges.ToArbitrary(), values => Holds(AxisScale.Of(false, values), values)).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
        Prop.ForAll(ranges.ToArbitrary(), values => Holds(AxisScale.Of(true, values), values)).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Axes_without_values_or_with_one_value_still_have_a_range(bool logarithmic)
    {
        foreach (var values in new double[][] { [], [double.NaN], [0], [-3], [5], [5, 5], [1e300], [1e-300] })
        {
            var scale = AxisScale.Of(logarithmic, values);
            Assert.True(scale.High > scale.Low);
            Assert.InRange(scale.Ticks.Count(tick => tick.Label is not null), 2, 24);
        }
    }

    [Fact]
    public void A_linear_axis_of_one_sign_does_not_cross_zero()
    {
        Assert.Equal(0, LinearScale.Covering(0, 5, includeZero: false).Low);
        Assert.Equal(0, LinearScale.Covering(-5, 0, includeZero: false).High);
        Assert.Equal(0, LinearScale.Covering(3, 5, includeZero: true).Low);
    }

    private static bool Holds(AxisScale scale, double[] values) =>
        values.Where(scale.Accepts).All(value => scale.Position(value) is >= -1e-9 and <= 1 + 1e-9)
        && scale.Ticks.All(tick => scale.Position(tick.Value) is >= -1e-6 and <= 1 + 1e-6)
        && scale.Ticks.Zip(scale.Ticks.Skip(1)).All(pair => pair.First.Value < pair.Second.Value);
}
