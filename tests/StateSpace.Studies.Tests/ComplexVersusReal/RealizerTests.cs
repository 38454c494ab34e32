using StateSpace.Studies.ComplexVersusReal;

namespace StateSpace.Studies.Tests.ComplexVersusReal;

public sealed class RealizerTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(15)]
    [InlineData(24)]
    [InlineData(65)]
    public void Complex_systems_match_and_bounds_lie_below_the_real_system(int t)
    {
        foreach (var target in new[] { TargetResponses.Copy(t), TargetResponses.Random(t, 1, new CounterRandom(51, t)) })
        {
            var report = Realizer.Realize(target);
            Assert.Equal(["Fourier", "half spectrum", "cosine hybrid"], report.Complex.Select(entry => entry.Name));
            Assert.All(report.Complex, entry => Assert.True(entry.Error <= 1e-10 && entry.ErrorInSingle <= 1e-3));
            Assert.Equal(target, report.Target);
            Assert.Equal(t, report.Real.System.States);
            Assert.True(report.Real.System.IsStable);
            Assert.True(report.RealBound.Value <= report.Real.System.TotalMagnitude * (1 + 1e-12));
            Assert.True(report.NonNegativeBound.Value >= report.RealBound.Value * (1 - 1e-7));
            Assert.Equal(t <= MinimumMagnitude.ExactLimit, report.RealBound.IsExact);
        }
    }

    [Fact]
    public void Real_copy_exists_in_float32_at_9_in_double_at_24_and_in_neither_at_64()
    {
        Assert.Equal((true, true), Existence(6));
        Assert.Equal((true, false), Existence(24));
        Assert.Equal((false, false), Existence(64));

        static (bool InDouble, bool InSingle) Existence(int t)
        {
            var real = Realizer.Realize(TargetResponses.Copy(t)).Real;
            return (real.ExistsInDouble, real.ExistsInSingle);
        }
    }

    [Fact]
    public void An_allowed_error_lowers_the_bound_and_counts_for_existence()
    {
        var strict = Realizer.Realize(TargetResponses.Copy(16));
        var lax = Realizer.Realize(TargetResponses.Copy(16), 0.1);
        Assert.True(lax.RealBound.Value < strict.RealBound.Value);
        Assert.False(strict.Real.ExistsInSingle);
        Assert.True(lax.Real.ExistsInSingle);
    }

    [Fact]
    public void Weights_too_large_for_float32_give_an_infinite_error()
    {
        var real = Realizer.Realize(TargetResponses.Copy(128)).Real;
        Assert.Equal(double.PositiveInfinity, real.ErrorInSingle);
        Assert.True(double.IsFinite(real.System.TotalMagnitude));
        Assert.False(real.ExistsInDouble);
    }

    [Fact]
    public void Bad_targets_are_refused_in_one_line()
    {
        Refuses("empty", []);
        Refuses("one value", [1]);
        Refuses("value 3 is NaN", [1, 2, double.NaN]);
        Refuses("value 1 is Infinity", [double.PositiveInfinity, 0]);
        Refuses("zero everywhere", [0, 0, 0]);
        Refuses("513 values", new double[513]);
        Refuses("scale it", [1e200, 0]);
        Refuses("scale it", [1e-200, 0]);
        Assert.Contains("epsilon is -0.5", Assert.Throws<StudyInputException>(() => Realizer.Realize([1, 0], -0.5)).Message);

        static void Refuses(string reason, double[] target)
        {
            var message = Assert.Throws<StudyInputException>(() => Realizer.Realize(target)).Message;
            Assert.Contains(reason, message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
    }

    [Fact]
    public void A_cancelled_request_stops() =>
        Assert.ThrowsAny<OperationCanceledException>(() => Realizer.Realize([1, 0], 0, new CancellationToken(canceled: true)));
}
