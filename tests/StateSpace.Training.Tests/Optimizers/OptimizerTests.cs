using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Memory;
using StateSpace.Training.Optimizers;

namespace StateSpace.Training.Tests.Optimizers;

public sealed class OptimizerTests
{
    private const double Epsilon = 1e-8;

    public static TheoryData<string> Kinds => ["sgd", "adam", "adamw", "radam"];

    [Fact]
    public void Sgd_with_momentum_sums_gradients_and_its_first_direction_is_the_gradient()
    {
        using var weight = Weights.Of("w", 1.0);
        using var sgd = new Sgd([weight], momentum: 0.5);
        weight.AddGradient(2.0);
        sgd.Step(0.1);
        Assert.Equal(0.8, weight.Values()[0], 1e-15);
        sgd.Step(0.1);
        Assert.Equal(0.8 - (0.1 * (2 + (0.5 * 2))), weight.Values()[0], 1e-15);
    }

    [Fact]
    public void Adam_first_steps_are_the_rate_times_the_sign_whatever_the_size_of_the_gradient()
    {
        using var weight = Weights.Of("w", 1.0, 1.0, 1.0);
        using var adam = new Adam([weight]);
        weight.AddGradient(1e-3, -5, 1e6);
        adam.Step(0.01);
        adam.Step(0.01);
        double[] expected = [0.98, 1.02, 0.98];
        for (var i = 0; i < 3; i++) Assert.Equal(expected[i], weight.Values()[i], 1e-6);
    }

    [Fact]
    public void Adam_decay_goes_through_the_moments_and_AdamW_decay_does_not()
    {
        using var coupled = Weights.Of("w", 4.0);
        using var decoupled = Weights.Of("w", 4.0);
        coupled.AddGradient(0.0);
        decoupled.AddGradient(0.0);
        using var adam = new Adam([coupled], weightDecay: 0.1);
        using var adamW = new AdamW([decoupled], weightDecay: 0.1);
        adam.Step(0.5);
        adamW.Step(0.5);
        Assert.Equal(4 - (0.5 * 0.4 / (0.4 + Epsilon)), coupled.Values()[0], 1e-14);
        Assert.Equal(4 * (1 - (0.5 * 0.1)), decoupled.Values()[0], 1e-14);
    }

    [Fact]
    public void RAdam_takes_plain_momentum_steps_up_to_the_fifth_and_rectified_ones_from_the_sixth()
    {
        using var weight = Weights.Of("w", 0.0);
        using var radam = new RAdam([weight]);
        weight.AddGradient(3.0);
        for (var step = 1; step <= 8; step++)
        {
            var before = weight.Values()[0];
            radam.Step(0.1);
            var moved = before - weight.Values()[0];
            const double Longest = (2 / (1 - 0.999)) - 1;
            var power = Math.Pow(0.999, step);
            var length = Longest - (2 * step * power / (1 - power));
            Assert.Equal(step > 5, length > 5);
            var rectification = Math.Sqrt((length - 4) * (length - 2) * Longest / ((Longest - 4) * (Longest - 2) * length));
            Assert.Equal(step > 5 ? 0.1 * rectification : 0.3, moved, 1e-7);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Float32_follows_Float64(string kind)
    {
        using var coarse = Weights.Of("w", Tensor.From(Weights.Wave(255, 0.7)).Convert(DType.Float32));
        using var fine = Weights.Of("w", Tensor.From(Weights.Wave(255, 0.7)));
        using var first = Make(kind, [new([coarse])]);
        using var second = Make(kind, [new([fine])]);
        for (var step = 0; step < 20; step++)
        {
            first.ZeroGradient();
            second.ZeroGradient();
            coarse.AddGradient(Weights.Wave(255, 0.3 + step));
            fine.AddGradient(Weights.Wave(255, 0.3 + step));
            first.Step(0.01);
            second.Step(0.01);
        }

        for (var i = 0; i < 255; i++) Assert.Equal(fine.Values()[i], coarse.Values()[i], 2e-6);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Bits_depend_neither_on_the_number_of_threads_nor_on_an_elements_place(string kind)
    {
        const int Length = (1 << 15) + 17;
        var values = Weights.Wave(Length, 0.7);
        var gradients = Enumerable.Range(0, 7).Select(step => Weights.Wave(Length, 0.3 + step)).ToArray();
        var threads = CpuTeam.Threads;
        try
        {
            CpuTeam.Threads = 1;
            var expected = Run([Length]);
            CpuTeam.Threads = 3;
            Assert.Equal(expected, Run([Length]));
            foreach (var cut in new[] { 1, 2, 3, 15, 17, 63, 65, 255, 257 }) Assert.Equal(expected, Run([cut, Length - cut]));
        }
        finally
        {
            CpuTeam.Threads = threads;
        }

        double[] Run(int[] lengths)
        {
            var starts = lengths.Select((_, i) => lengths[..i].Sum()).ToArray();
            var weights = lengths.Select((length, i) => Weights.Of($"w{i}", Tensor.From(values[starts[i]..(starts[i] + length)]).Convert(DType.Float32))).ToArray();
            using var optimizer = Make(kind, [new(weights)]);
            foreach (var gradient in gradients)
            {
                for (var i = 0; i < weights.Length; i++) weights[i].AddGradient(gradient[starts[i]..(starts[i] + lengths[i])]);
                optimizer.Step(0.01);
            }

            var result = weights.SelectMany(weight => weight.Values()).ToArray();
            foreach (var weight in weights) weight.Dispose();
            return result;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_resumed_run_ends_with_the_same_bits(string kind)
    {
        var (straight, idle) = Start();
        using var whole = Make(kind, [new([straight, idle])]);
        Train(whole, straight, 0, 12);

        var (first, firstIdle) = Start();
        using var before = Make(kind, [new([first, firstIdle])]);
        Train(before, first, 0, 7);
        var saved = before.SaveState().ToDictionary(entry => entry.Name, entry => entry.Value.Clone(), StringComparer.Ordinal);
        Assert.Equal(7, saved["w.step"].Item());
        Assert.DoesNotContain("idle.step", saved.Keys);

        var second = Weights.Of("w", first.Value.Clone());
        using var after = Make(kind, [new([second, firstIdle])]);
        after.LoadState(saved);
        Train(after, second, 7, 12);
        Assert.Equal(straight.Values(), second.Values());
        Assert.Equal(
            whole.SaveState().SelectMany(entry => entry.Value.ToArray<double>()),
            after.SaveState().SelectMany(entry => entry.Value.ToArray<double>()));

        static (Parameter Weight, Parameter Idle) Start() =>
            (Weights.Of("w", Tensor.From(Weights.Wave(257, 0.7)).Convert(DType.Float32)), Weights.Of("idle", 1f));

        static void Train(Optimizer optimizer, Parameter weight, int from, int to)
        {
            for (var step = from; step < to; step++)
            {
                optimizer.ZeroGradient();
                weight.AddGradient(Weights.Wave(257, 0.3 + step));
                optimizer.Step(0.02 / (1 + step));
            }
        }
    }

    [Fact]
    public void A_state_that_does_not_fit_is_refused_and_changes_nothing()
    {
        using var weight = Weights.Of("w", 1f, 2f);
        using var adam = new Adam([weight]);
        weight.AddGradient(1, 1);
        adam.Step(0.1);
        var state = adam.SaveState().ToDictionary(entry => entry.Name, entry => entry.Value.Clone(), StringComparer.Ordinal);
        AssertRefused("w.first_moment", "3", state => state["w.first_moment"] = Tensor.From(1f, 2f, 3f));
        AssertRefused("w.second_moment", "missing", state => state.Remove("w.second_moment"));
        AssertRefused("w.step", "positive", state => state["w.step"] = Tensor.Scalar(0));
        AssertRefused("x.step", "does not belong", state => state["x.step"] = Tensor.Scalar(1));
        AssertRefused("w.momentum", "does not belong", state => state["w.momentum"] = Tensor.From(1f, 2f));
        AssertRefused("without a step", "does not belong", state => state.Remove("w.step"));
        Assert.Equal(1, adam.SaveState().Single(entry => entry.Name == "w.step").Value.Item());

        void AssertRefused(string name, string problem, Action<Dictionary<string, Tensor>> change)
        {
            var changed = new Dictionary<string, Tensor>(state, StringComparer.Ordinal);
            change(changed);
            var message = Assert.Throws<Models.Checkpoints.CheckpointException>(() => adam.LoadState(changed)).Message;
            Assert.Contains(name, message, StringComparison.Ordinal);
            Assert.Contains(problem, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Groups_have_rates_decays_and_moments_of_their_own()
    {
        using var plain = Weights.Of("plain", 1.0);
        using var slow = Weights.Of("slow", 1.0);
        using var sgd = new Sgd([new ParameterGroup([plain]), new ParameterGroup([slow]) { RateMultiplier = 0.1, WeightDecay = 2, Beta1 = 0.5 }], momentum: 0);
        plain.AddGradient(1.0);
        slow.AddGradient(1.0);
        sgd.Step(0.1);
        Assert.Equal(0.9, plain.Values()[0], 1e-15);
        Assert.Equal(1 - (0.01 * 3), slow.Values()[0], 1e-15);
        sgd.Step(0.1);
        Assert.Equal(0.8, plain.Values()[0], 1e-15);
        Assert.Equal(0.97 - (0.01 * ((0.5 * 3) + 1 + (2 * 0.97))), slow.Values()[0], 1e-15);
    }

    [Fact]
    public void Each_part_of_a_stacked_weight_follows_its_own_role()
    {
        ParameterRole role = new([AxisGrowth.State, AxisGrowth.Width], new(2, AxisGrowth.Width), new(2, AxisGrowth.State), 1);
        using var weight = new Parameter("x_proj", Tensor.Ones([3, 2], DType.Float64),
        [
            new("B", 0, 1, role with { RateMultiplier = 0.5 }),
            new("C", 1, 2, role with { DecayMultiplier = 0 }),
        ]);
        using var optimizer = new AdamW([weight], weightDecay: 1);
        weight.AddGradient(0, 0, 0, 0, 0, 0);
        optimizer.Step(0.1);
        Assert.Equal([0.95, 0.95, 1, 1, 1, 1], weight.Values());
        weight.Assign("C", weight.Parts[1].Role with { DecayMultiplier = 1 });
        optimizer.Step(0.1);
        Assert.Equal([0.95 * 0.95, 0.95 * 0.95, 0.9, 0.9, 0.9, 0.9], weight.Values());
    }

    [Fact]
    public void A_parameter_without_a_gradient_is_left_alone()
    {
        using var reached = Weights.Of("reached", 1.0);
        using var idle = Weights.Of("idle", 1.0);
        using var adam = new Adam([reached, idle]);
        reached.AddGradient(1.0);
        idle.AddGradient(1.0);
        adam.Step(0.1);
        adam.ZeroGradient();
        Assert.Null(idle.Value.Gradient);
        reached.AddGradient(1.0);
        var before = idle.Values()[0];
        adam.Step(0.1);
        Assert.Equal(before, idle.Values()[0]);
        Assert.Equal(1, adam.SaveState().Single(entry => entry.Name == "idle.step").Value.Item());
        Assert.Equal(2, adam.SaveState().Single(entry => entry.Name == "reached.step").Value.Item());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Nothing_is_allocated_after_the_first_step(string kind)
    {
        using var weight = Weights.Of("w", Tensor.Ones([3, 1 << 14]));
        using var optimizer = Make(kind, [new([weight])]);
        weight.AddGradient(Weights.Wave(3 << 14, 0.3));
        var threads = CpuTeam.Threads;
        try
        {
            // More threads would start a job, which is one object of the team's.
            CpuTeam.Threads = 1;
            optimizer.Step(0.1);
            var (buffers, bytes) = (MemoryPool.Allocations, GC.GetAllocatedBytesForCurrentThread());
            for (var i = 0; i < 10; i++) optimizer.Step(0.1);
            Assert.Equal((buffers, bytes), (MemoryPool.Allocations, GC.GetAllocatedBytesForCurrentThread()));
        }
        finally
        {
            CpuTeam.Threads = threads;
        }
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        using var weight = Weights.Of("w", 1.0);
        Assert.Throws<ArgumentException>(() => new Adam([weight], beta1: 1));
        Assert.Throws<ArgumentException>(() => new Adam([weight], beta2: double.NaN));
        Assert.Throws<ArgumentException>(() => new Adam([weight], weightDecay: -1));
        Assert.Throws<ArgumentException>(() => new Adam([new ParameterGroup([weight]) { RateMultiplier = double.PositiveInfinity }]));
        Assert.Contains("w twice", Assert.Throws<ArgumentException>(() => new Adam([weight, weight])).Message, StringComparison.Ordinal);
        using var adam = new Adam([weight]);
        Assert.Throws<ArgumentOutOfRangeException>(() => adam.Step(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => adam.Step(-0.1));
    }

    private static Optimizer Make(string kind, IReadOnlyList<ParameterGroup> groups) => kind switch
    {
        "sgd" => new Sgd(groups, momentum: 0.9, weightDecay: 0.01),
        "adam" => new Adam(groups, weightDecay: 0.01),
        "adamw" => new AdamW(groups, weightDecay: 0.1),
        _ => new RAdam(groups, weightDecay: 0.01),
    };
}
