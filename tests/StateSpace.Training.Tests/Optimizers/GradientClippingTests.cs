using StateSpace.Tensors;
using StateSpace.Tensors.Cpu;
using StateSpace.Training.Optimizers;

namespace StateSpace.Training.Tests.Optimizers;

public sealed class GradientClippingTests
{
    [Fact]
    public void The_norm_is_that_of_all_gradients_together()
    {
        using var single = Weights.Of("single", 0f, 0f);
        using var real = Weights.Of("real", 0.0);
        using var idle = Weights.Of("idle", 0.0);
        single.AddGradient(3, 4);
        real.AddGradient(12);
        Assert.Equal(13, GradientClipping.Norm([single, real, idle]), 1e-14);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(257)]
    [InlineData((1 << 14) + 65)]
    public void The_norm_matches_a_plain_sum_at_any_length(int length)
    {
        var gradient = Weights.Wave(length, 0.37);
        using var single = Weights.Of("single", Tensor.Zeros([length]));
        using var real = Weights.Of("real", Tensor.Zeros([length], DType.Float64));
        single.AddGradient(gradient);
        real.AddGradient(gradient);
        var expected = Math.Sqrt(gradient.Sum(x => x * x));
        Assert.Equal(expected, GradientClipping.Norm([real]), expected * 1e-12);
        Assert.Equal(Math.Sqrt(gradient.Sum(x => (double)(float)x * (float)x)), GradientClipping.Norm([single]), expected * 1e-12);
    }

    [Fact]
    public void A_gradient_above_the_limit_is_scaled_to_it_and_one_below_stays()
    {
        using var weight = Weights.Of("w", 0.0, 0.0);
        weight.AddGradient(30, -40);
        var clipped = GradientClipping.Clip([weight], 5);
        Assert.Equal(50, clipped.Norm);
        Assert.Equal(0.1, clipped.Scale, 1e-8);
        var norm = GradientClipping.Norm([weight]);
        Assert.InRange(norm, 5 * (1 - 1e-6), 5);
        var kept = weight.Value.Gradient!.ToArray<double>();
        Assert.Equal(new ClipResult(norm, 1, IsFinite: true), GradientClipping.Clip([weight], 5.001));
        Assert.Equal(kept, weight.Value.Gradient!.ToArray<double>());
        Assert.Equal(1, GradientClipping.Clip([weight], double.PositiveInfinity).Scale);
    }

    [Fact]
    public void The_norm_of_large_float32_gradients_does_not_overflow()
    {
        using var weight = Weights.Of("w", 0f, 0f);
        weight.AddGradient(3e30, 4e30);
        Assert.Equal(5e30, GradientClipping.Clip([weight], 1).Norm, 1e24);
        Assert.Equal(1, GradientClipping.Norm([weight]), 1e-5);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_gradient_that_is_not_finite_is_named_or_skipped(double bad)
    {
        using var good = Weights.Of("good", 0.0);
        using var broken = Weights.Of("layers.3.bias", 0.0, 0.0);
        good.AddGradient(2);
        broken.AddGradient(bad, 1);
        var message = Assert.Throws<NonFiniteGradientException>(() => GradientClipping.Clip([good, broken], 1)).Message;
        Assert.Contains("layers.3.bias", message, StringComparison.Ordinal);
        var result = GradientClipping.Clip([good, broken], 1, NonFiniteGradients.Skip);
        Assert.False(result.IsFinite);
        Assert.False(double.IsFinite(result.Norm));
        Assert.Equal(2, good.Value.Gradient!.Item());
    }

    [Fact]
    public void The_norm_has_the_same_bits_on_any_number_of_threads()
    {
        using var weight = Weights.Of("w", Tensor.Zeros([100_003]));
        weight.AddGradient(Weights.Wave(100_003, 0.37));
        var threads = CpuTeam.Threads;
        try
        {
            CpuTeam.Threads = 1;
            var expected = GradientClipping.Norm([weight]);
            CpuTeam.Threads = 4;
            for (var i = 0; i < 20; i++) Assert.Equal(expected, GradientClipping.Norm([weight]));
        }
        finally
        {
            CpuTeam.Threads = threads;
        }
    }

    [Fact]
    public void A_limit_that_is_not_positive_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => GradientClipping.Clip([], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => GradientClipping.Clip([], double.NaN));
    }
}
