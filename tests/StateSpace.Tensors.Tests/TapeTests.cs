using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Tests;

public sealed class TapeTests
{
    [Fact]
    public void Gradients_accumulate_over_uses_and_passes()
    {
        using var scope = new TensorScope();
        var x = Tensor.From(2.0, 3.0).WithGradient();
        for (var pass = 1; pass <= 2; pass++)
        {
            using var tape = new Tape();
            tape.Backward(((x * x) + x).Sum());
            Assert.Equal([pass * 5.0, pass * 7.0], x.Gradient!.ToArray<double>());
        }

        x.ZeroGradient();
        Assert.Equal([0.0, 0.0], x.Gradient!.ToArray<double>());
    }

    [Fact]
    public void Detach_and_pause_stop_gradients()
    {
        using var scope = new TensorScope();
        var x = Tensor.From(2.0, 3.0).WithGradient();
        using var tape = new Tape();
        Tensor constant;
        using (Tape.Pause()) constant = x * 10;
        tape.Backward(((x * x.Detach()) + constant).Sum());
        Assert.Equal([2.0, 3.0], x.Gradient!.ToArray<double>());
    }

    [Fact]
    public void A_tape_runs_back_once_unless_retained()
    {
        using var scope = new TensorScope();
        var x = Tensor.From(2.0).WithGradient();
        using var tape = new Tape();
        var y = x * x;
        var one = Tensor.From(1.0);
        tape.Backward([y], [one], retain: true);
        tape.Backward([y], [one]);
        Assert.Equal(8, x.Gradient!.Item());
        Assert.Throws<InvalidOperationException>(() => tape.Backward([y], [one]));
    }

    [Fact]
    public void A_loss_without_leaves_is_refused()
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        var y = Tensor.From(2.0) * 3;
        Assert.Contains("requires a gradient", Assert.Throws<InvalidOperationException>(() => tape.Backward(y)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => tape.Backward(Tensor.From(1.0, 2.0)));
    }

    [Fact]
    public void A_tensor_of_an_ended_tape_is_refused_until_it_is_detached()
    {
        using var scope = new TensorScope();
        var x = Tensor.From(2.0).WithGradient();
        Tensor y;
        using (new Tape()) y = x * 3;
        using var tape = new Tape();
        Assert.Contains("detach", Assert.Throws<InvalidOperationException>(() => y * 2).Message, StringComparison.Ordinal);
        Assert.Equal(12, (y.Detach() * 2).Item());
    }

    [Fact]
    public void Recomputed_segments_give_the_same_gradients_and_hold_less_memory()
    {
        using var scope = new TensorScope();
        var x = Tensor.From(Enumerable.Range(0, 1000).Select(i => i / 1000.0).ToArray()).WithGradient();
        var weight = Tensor.From(1.5).WithGradient();
        var (plain, plainHeld) = Gradients(recompute: false);
        var (recomputed, recomputedHeld) = Gradients(recompute: true);
        Assert.Equal(plain, recomputed);
        Assert.True(recomputedHeld < plainHeld / 3, $"{recomputedHeld} bytes with recomputation, {plainHeld} without");

        (double[] Gradient, long Held) Gradients(bool recompute)
        {
            x.Gradient?.Clear();
            weight.Gradient?.Clear();
            using var inner = new TensorScope();
            using var tape = new Tape();
            Func<Tensor[], Tensor[]> segment = input =>
            {
                var y = input[0];
                for (var i = 0; i < 10; i++) y = y * weight * y;
                return [y];
            };
            var before = MemoryPool.LiveBytes;
            var output = recompute ? Tape.Recompute(segment, x)[0] : segment([x])[0];
            var held = MemoryPool.LiveBytes - before;
            tape.Backward(output.Sum());
            return ([.. x.Gradient!.ToArray<double>(), weight.Gradient!.Item()], held);
        }
    }

    [Fact]
    public void Recompute_reaches_parameters_though_no_input_is_tracked()
    {
        using var scope = new TensorScope();
        var weight = Tensor.From(3.0).WithGradient();
        using var tape = new Tape();
        tape.Backward(Tape.Recompute(x => [x[0] * weight], Tensor.From(5.0))[0]);
        Assert.Equal(5, weight.Gradient!.Item());
    }

    [Fact]
    public void Recompute_refuses_a_captured_intermediate()
    {
        using var scope = new TensorScope();
        var x = Tensor.From(3.0).WithGradient();
        using var tape = new Tape();
        var captured = x * 2;
        var y = Tape.Recompute(input => [input[0] * captured], x)[0];
        Assert.Contains("another tape", Assert.Throws<InvalidOperationException>(() => tape.Backward(y)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_rule_can_run_in_reverse_over_the_same_tape()
    {
        using var scope = new TensorScope();
        var x = Tensor.From(3.0).WithGradient();
        using var tape = new Tape();
        var y = (x * 2) + (x * 5);
        List<string> visited = [];
        tape.Reverse([y], [Tensor.From(1.0)], step =>
        {
            visited.Add(step.Operation.Name);
            for (var i = 0; i < step.InputCount; i++) step.Give(i, step.OutputGradient(0));
        });
        Assert.Equal(["Add", "Affine", "Affine"], visited);
        Assert.Equal(2, x.Gradient!.Item());
    }

    [Fact]
    public void A_repeated_step_takes_no_new_buffers()
    {
        using var outer = new TensorScope();
        var weight = Tensor.Ones([64, 33], DType.Float64).WithGradient();
        var x = Tensor.Ones([5, 64, 1], DType.Float64);
        for (var i = 0; i < 3; i++) Step();
        var before = MemoryPool.Allocations;
        for (var i = 0; i < 20; i++) Step();
        Assert.Equal(before, MemoryPool.Allocations);

        void Step()
        {
            using var step = new TensorScope();
            using var tape = new Tape();
            weight.ZeroGradient();
            tape.Backward((x * weight * weight).Mean());
        }
    }
}
