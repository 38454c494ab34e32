using StateSpace.Tensors;
using StateSpace.Training.Optimizers;
using StateSpace.Training.Verification;

namespace StateSpace.Training.Tests.Optimizers;

public sealed class ClipAndStepTests
{
    [Fact]
    public void It_is_clipping_followed_by_a_step()
    {
        using var together = Weights.Of("w", 1.0, -2);
        using var apart = Weights.Of("w", 1.0, -2);
        using var first = new AdamW([together]);
        using var second = new AdamW([apart]);
        for (var step = 0; step < 3; step++)
        {
            together.AddGradient(3, 4);
            apart.AddGradient(3, 4);
            first.ClipAndStep(0.1, maximum: 1);
            var clipped = GradientClipping.Clip(second.Parameters, 1);
            second.Step(0.1);
            Assert.Equal(clipped, first.ReadClipping());
            Assert.Equal(apart.Values(), together.Values());
        }
    }

    [Fact]
    public void An_infinite_gradient_changes_nothing()
    {
        using var weight = Weights.Of("w", 1.0, -2);
        using var optimizer = new AdamW([weight]);
        weight.AddGradient(double.PositiveInfinity, 1);
        optimizer.ClipAndStep(0.1, maximum: 1);
        Assert.Equal([1.0, -2], weight.Values());
        Assert.False(optimizer.ReadClipping().IsFinite);
        Assert.Empty(optimizer.SaveState());
    }

    [Fact]
    public void The_check_for_GPUs_holds_on_the_CPU() => Assert.All(OptimizerCheck.Run(Device.Cpu), finding => Assert.True(finding.Holds, finding.ToString()));
}
