using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;

namespace StateSpace.Models.Tests.Parameters;

public sealed class ParameterTests
{
    private static readonly Fan Inner = new(6, AxisGrowth.Width);

    [Fact]
    public void A_parameter_outlives_the_scope_in_which_it_was_made()
    {
        Parameter parameter;
        using (new TensorScope()) parameter = new("weight", Tensor.From(1.0, 2.0), ParameterRole.Vector(new(2, AxisGrowth.Width)));
        Assert.Equal([1.0, 2.0], parameter.Value.ToArray<double>());
        using (new TensorScope())
        {
            using var tape = new Tape();
            tape.Backward((parameter.Value * parameter.Value).Sum());
        }

        Assert.Equal([2.0, 4.0], parameter.Value.Gradient!.ToArray<double>());
        parameter.Dispose();
        Assert.True(parameter.Value.IsDisposed);
    }

    [Fact]
    public void Names_join_with_dots_from_the_outside_in()
    {
        using var model = new Stack(2);
        Assert.Equal(["layers.0.mixer.weight", "layers.0.bias", "layers.1.mixer.weight", "layers.1.bias", "scale"], model.Parameters.Select(p => p.Name));
    }

    [Fact]
    public void A_name_is_given_once()
    {
        Assert.Contains("already", Assert.Throws<ArgumentException>(() => new Doubled()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_module_that_is_part_of_another_takes_nothing_more()
    {
        var stack = new Stack(1);
        Assert.Throws<InvalidOperationException>(() => stack.First.Late());
        Assert.Throws<ArgumentException>(() => new Wrapper(stack.First));
    }

    [Fact]
    public void A_stacked_weight_has_a_role_for_each_of_its_row_ranges()
    {
        using var parameter = Projection();
        Assert.Equal([("delta", 0L, 2L), ("B", 2L, 3L), ("C", 5L, 3L)], parameter.Parts.Select(part => (part.Name, part.Start, part.Length)));
        Assert.Equal(AxisGrowth.Width, parameter.Parts[0].Role.Growth[0]);
        Assert.Equal(new Fan(3, AxisGrowth.State), parameter.Parts[1].Role.FanOut);
        parameter.Assign("C", parameter.Parts[2].Role with { RateMultiplier = 0.25 });
        Assert.Equal([1.0, 1.0, 0.25], parameter.Parts.Select(part => part.Role.RateMultiplier));
        Assert.Contains("delta, B, C", Assert.Throws<ArgumentException>(() => parameter.Assign("D", parameter.Parts[0].Role)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 2, 2)]
    [InlineData(0, 2, 3)]
    [InlineData(0, 2, -2)]
    public void Parts_that_leave_rows_out_or_overlap_are_refused(long firstStart, long firstLength, long secondLength)
    {
        var role = ParameterRole.Matrix(new(4, AxisGrowth.State), Inner, 1);
        ParameterPart[] parts = [new("a", firstStart, firstLength, role), new("b", firstStart + firstLength, secondLength, role)];
        Assert.Throws<ArgumentException>(() => new Parameter("weight", Tensor.Zeros([4, 6]), parts));
    }

    [Fact]
    public void A_role_describes_every_axis()
    {
        Assert.Throws<ArgumentException>(() => new Parameter("weight", Tensor.Zeros([6, 2]), ParameterRole.Vector(Inner)));
        Assert.Throws<ArgumentException>(() => new Parameter("index", Tensor.From(1, 2), ParameterRole.Vector(Inner)));
    }

    [Fact]
    public void Decay_applies_to_matrices_and_not_to_vectors()
    {
        Assert.Equal(1, ParameterRole.Matrix(Inner, Inner, 1).DecayMultiplier);
        Assert.Equal(0, ParameterRole.Vector(Inner).DecayMultiplier);
    }

    private static Parameter Projection() => new("x_proj", Tensor.Zeros([8, 6]),
    [
        new("delta", 0, 2, ParameterRole.Matrix(new(2, AxisGrowth.Width), Inner, 0.1)),
        new("B", 2, 3, ParameterRole.Matrix(new(3, AxisGrowth.State), Inner, 0.1)),
        new("C", 5, 3, ParameterRole.Matrix(new(3, AxisGrowth.State), Inner, 0.1)),
    ]);

    private static Parameter Bias(string name) => new(name, Tensor.Zeros([6]), ParameterRole.Vector(Inner));

    private sealed class Mixer : Module
    {
        public Mixer() => Add(new Parameter("weight", Tensor.Zeros([6, 6]), ParameterRole.Matrix(Inner, Inner, 1)));
    }

    private sealed class Layer : Module
    {
        public Layer()
        {
            Add("mixer", new Mixer());
            Add(Bias("bias"));
        }

        public void Late() => Add(Bias("late"));
    }

    private sealed class Stack : Module
    {
        public Stack(int layers)
        {
            for (var i = 0; i < layers; i++)
            {
                var layer = Add($"layers.{i}", new Layer());
                First ??= layer;
            }

            Add(Bias("scale"));
        }

        public Layer First { get; } = null!;
    }

    private sealed class Wrapper : Module
    {
        public Wrapper(Module inner) => Add("inner", inner);
    }

    private sealed class Doubled : Module
    {
        public Doubled()
        {
            Add(Bias("bias"));
            Add(Bias("bias"));
        }
    }
}
