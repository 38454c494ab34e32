using StateSpace.Studies.ComplexVersusReal.Trainer;

namespace StateSpace.Studies.Tests.ComplexVersusReal.Trainer;

public class UpdateRuleTests
{
    // PyTorch 2.11 on ½·0.5·w² + noise·w from w = −1, rate 0.02 with a cosine over 40 steps to 0.001: noise, rate, weight after the step.
    private static readonly (double Noise, double Rate, double Adam, double RAdam)[] Recorded =
    [
        (0.15409961342811584, 0.02, -0.9800000190734863, -0.9930819869041443),
        (0.040334682911634445, 0.019970714670464716, -0.9600623846054077, -0.9850146770477295),
        (-0.08566746115684509, 0.019883039235653807, -0.940229058265686, -0.975704550743103),
        (-0.08919953554868698, 0.019737514243777926, -0.9204394817352295, -0.9658380746841431),
        (0.019186941906809807, 0.019535036904803956, -0.90096515417099, -0.9562453031539917),
        (0.05186367779970169, 0.01927685555885722, -0.8819316029548645, -0.9557521343231201),
        (-0.10297022014856339, 0.01896456197978949, -0.8630383014678955, -0.9551312327384949),
        (-0.0007537308265455067, 0.018600081561363873, -0.8445979356765747, -0.9544121026992798),
        (0.20575912296772003, 0.018185661446561998, -0.8273760676383972, -0.9536397457122803),
        (0.017528332769870758, 0.01772385667320029, -0.8105863928794861, -0.9528002142906189),
    ];

    [Theory]
    [InlineData(nameof(FitOptimizer.Adam))]
    [InlineData(nameof(FitOptimizer.RAdam))]
    public void Steps_equal_those_recorded_from_PyTorch(string name)
    {
        var optimizer = Enum.Parse<FitOptimizer>(name);
        const int steps = 1_000_000;
        var rule = new UpdateRule(optimizer, 1, steps);
        var (w, m, v) = (-1.0, 0.0, 0.0);
        for (var s = 0; s < Recorded.Length; s++)
        {
            var update = rule.Next();
            var rate = update.Rate / UpdateRule.CosineRate(1, s, steps) * Recorded[s].Rate;
            var gradient = (0.5 * w) + Recorded[s].Noise;
            m = (UpdateRule.Beta1 * m) + ((1 - UpdateRule.Beta1) * gradient);
            v = (UpdateRule.Beta2 * v) + ((1 - UpdateRule.Beta2) * gradient * gradient);
            w = (update.Decay * w) - (rate * m / ((update.RootScale * Math.Sqrt(v)) + update.Epsilon));
            Assert.Equal(optimizer == FitOptimizer.Adam ? Recorded[s].Adam : Recorded[s].RAdam, w, 1e-6);
        }
    }

    [Fact]
    public void RAdam_rectifies_from_step_6_where_the_average_length_exceeds_5()
    {
        var rule = new UpdateRule(FitOptimizer.RAdam, 1e-3, 1000);
        for (var t = 1; t <= 20; t++)
        {
            var rectified = rule.Next().RootScale > 0;
            Assert.Equal(t >= 6, rectified);
            Assert.Equal(rectified, UpdateRule.AverageLength(t, Math.Pow(UpdateRule.Beta2, t)) > 5);
        }
    }

    [Fact]
    public void AdamW_is_Adam_with_decay_by_rate_times_one_hundredth()
    {
        var (adam, adamW) = (new UpdateRule(FitOptimizer.Adam, 0.1, 50), new UpdateRule(FitOptimizer.AdamW, 0.1, 50));
        for (var s = 0; s < 50; s++)
        {
            var expected = adam.Next();
            Assert.Equal(1, expected.Decay);
            Assert.Equal(expected with { Decay = 1 - (0.01 * UpdateRule.CosineRate(0.1, s, 50)) }, adamW.Next());
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(250, 0.8535533905932737)]
    [InlineData(500, 0.5)]
    [InlineData(1000, 0)]
    public void Rate_follows_half_a_cosine_to_zero(int step, double factor) => Assert.Equal(0.02 * factor, UpdateRule.CosineRate(0.02, step, 1000), 1e-15);

    [Fact]
    public void First_step_of_Adam_moves_every_parameter_by_the_rate()
    {
        var update = new UpdateRule(FitOptimizer.Adam, 0.01, 10).Next();
        var (m, v) = (0.1 * 3, 0.001 * 9);
        Assert.Equal(0.01, update.Rate * m / ((update.RootScale * Math.Sqrt(v)) + update.Epsilon), 1e-9);
    }
}
