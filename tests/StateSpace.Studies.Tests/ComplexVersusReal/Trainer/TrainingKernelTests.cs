using System.Runtime.Intrinsics;
using StateSpace.Studies.ComplexVersusReal.Trainer;

namespace StateSpace.Studies.Tests.ComplexVersusReal.Trainer;

public class TrainingKernelTests
{
    private static readonly int[] States = [1, 2, 3, 15, 16, 17, 63, 65, 255, 257, 1024];
    private static readonly int[] Lengths = [1, 2, 3, 15, 16, 17, 32, 33, 65];

    [Fact]
    public void Gradient_equals_the_reference_at_every_size()
    {
        foreach (var field in Enum.GetValues<StateField>())
        {
            foreach (var n in States)
            {
                foreach (var t in Lengths) CompareGradient(field, n, t);
            }
        }
    }

    [Theory]
    [InlineData(nameof(FitOptimizer.Adam), false)]
    [InlineData(nameof(FitOptimizer.AdamW), false)]
    [InlineData(nameof(FitOptimizer.RAdam), false)]
    [InlineData(nameof(FitOptimizer.Adam), true)]
    [InlineData(nameof(FitOptimizer.AdamW), true)]
    [InlineData(nameof(FitOptimizer.RAdam), true)]
    public void Trajectory_follows_the_reference(string name, bool accumulate)
    {
        var optimizer = Enum.Parse<FitOptimizer>(name);
        foreach (var field in Enum.GetValues<StateField>())
        {
            foreach (var (n, t) in new[] { (1, 2), (17, 15), (32, 33), (65, 32) })
            {
                var run = new FitSpecification(field, n, t, TargetMap.Random, optimizer, 0.01, 0.5, 60, 4, accumulate);
                var kernel = TrainingKernel.Create(run);
                var rule = new UpdateRule(run.Optimizer, run.LearningRate, run.Steps);
                var reference = new ReferenceTrainer(run);
                for (var step = 0; step < run.Steps; step++)
                {
                    Assert.Equal(reference.Loss, kernel.Forward(), 5e-5);
                    kernel.Update(rule.Next());
                    reference.Step();
                }

                foreach (var (expected, actual) in reference.Parameters.Trainable.Zip(kernel.ToParameters().Trainable))
                {
                    for (var j = 0; j < n; j++) Assert.Equal(expected[j], actual[j], 1e-4);
                }
            }
        }
    }

    [Fact]
    public void Accumulated_gradients_give_another_path()
    {
        var run = new FitSpecification(StateField.Real, 33, 32, TargetMap.Copy, FitOptimizer.Adam, 0.01, 0, 200, 1);
        var fresh = ImpulseFit.Run(run, _ => { }, default);
        var sum = ImpulseFit.Run(run with { AccumulateGradients = true }, _ => { }, default);
        Assert.NotEqual(fresh.FinalLoss, sum.FinalLoss);
        Assert.True(fresh.FinalLoss < sum.FinalLoss);
    }

    [Fact]
    public void States_that_have_vanished_stay_finite_and_do_not_slow_down()
    {
        var start = RandomModels.Create(StateField.Real, 64, 3);
        Array.Fill(start.Nu, 40);
        Array.Fill(start.InputRe, 1e-30);
        var kernel = TrainingKernel.Create(start, ImpulseTarget.Create(TargetMap.Copy, 32, 0), accumulate: false);
        var rule = new UpdateRule(FitOptimizer.Adam, 1e-4, 5000);
        for (var step = 0; step < 5000; step++)
        {
            kernel.Forward();
            kernel.Update(rule.Next());
        }

        Assert.True(float.IsFinite(kernel.Forward()));
        Assert.All(kernel.FirstMoments().SelectMany(values => values), moment => Assert.False(float.IsSubnormal(moment)));
    }

    [Fact]
    public unsafe void Lane_sums_have_the_same_bits_with_and_without_wide_vectors()
    {
        var random = new Random(1);
        var rows = new AlignedVectors(16);
        foreach (ref var value in rows.Floats) value = (float)((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-6, 6)));
        var wide = LaneSums.Transposed(rows.Pointer);
        var portable = LaneSums.Portable(rows.Pointer);
        for (var k = 0; k < 16; k++)
        {
            Assert.Equal(BitConverter.SingleToInt32Bits(portable[k]), BitConverter.SingleToInt32Bits(wide[k]));
            var exact = rows.Floats.Slice(16 * k, 16).ToArray().Sum(value => (double)value);
            var magnitude = rows.Floats.Slice(16 * k, 16).ToArray().Sum(value => Math.Abs((double)value));
            Assert.True(Math.Abs(exact - wide[k]) <= 4e-7 * magnitude);
        }
    }

    [Fact]
    public void Exponential_and_sine_are_accurate_to_single_precision()
    {
        var random = new Random(2);
        for (var i = 0; i < 20_000; i++)
        {
            var x = (float)((random.NextDouble() * 160) - 80);
            var exp = LaneMath.Exp(Vector512.Create(x))[5];
            Assert.True(Math.Abs(exp - Math.Exp(x)) <= 1.5e-7 * Math.Exp(x), $"exp({x:R}) = {exp:R}");
            var angle = (float)((random.NextDouble() * 40) - 20);
            var (sin, cos) = LaneMath.SinCos(Vector512.Create(angle));
            Assert.True(Math.Abs(sin[3] - Math.Sin(angle)) <= 1.5e-7, $"sin({angle:R}) = {sin[3]:R}");
            Assert.True(Math.Abs(cos[3] - Math.Cos(angle)) <= 1.5e-7, $"cos({angle:R}) = {cos[3]:R}");
        }
    }

    private static void CompareGradient(StateField field, int n, int t)
    {
        var start = RandomModels.Create(field, n, seed: (31 * n) + t);
        var target = ImpulseTarget.Create(TargetMap.Random, t, 9);
        var kernel = TrainingKernel.Create(start, target, accumulate: false);
        var loss = ReferenceModel.Loss(start, target);
        Assert.Equal(loss, kernel.Forward(), 2e-5 * Math.Max(1, loss));
        kernel.Update(new UpdateRule(FitOptimizer.Adam, 1e-3, 10).Next());
        var expected = ReferenceModel.Gradient(start, target);
        var moments = kernel.FirstMoments();
        for (var array = 0; array < expected.Count; array++)
        {
            var scale = Math.Max(expected[array].Max(Math.Abs), 1e-20);
            for (var j = 0; j < n; j++)
            {
                // After one step the first moment is (1 − β₁) times the gradient.
                var actual = moments[array][j] / (1 - UpdateRule.Beta1);
                Assert.True(
                    Math.Abs(actual - expected[array][j]) <= 1e-4 * scale,
                    $"{field} n={n} t={t} array {array} state {j}: {actual:R}, reference {expected[array][j]:R}, largest {scale:R}");
            }
        }
    }
}
