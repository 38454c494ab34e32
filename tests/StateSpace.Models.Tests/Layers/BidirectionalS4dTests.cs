using StateSpace.Models.Layers;
using StateSpace.Tensors;

namespace StateSpace.Models.Tests.Layers;

/// <summary>S4D in both directions against plain sums over its kernels, and its kernels against recurrences.</summary>
public sealed class BidirectionalS4dTests
{
    private const int Width = 3;

    public static TheoryData<S4dInitialization, Discretization, int> Cases
    {
        get
        {
            var data = new TheoryData<S4dInitialization, Discretization, int>();
            foreach (var length in new[] { 1, 2, 15, 65 })
            {
                data.Add(S4dInitialization.Real, Discretization.ZeroOrderHold, length);
                data.Add(S4dInitialization.LegS, Discretization.ZeroOrderHold, length);
                data.Add(S4dInitialization.LegS, Discretization.Bilinear, length);
                data.Add(S4dInitialization.Real, Discretization.Bilinear, length);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_output_is_the_sum_of_the_past_by_one_kernel_and_of_the_future_by_the_other(S4dInitialization start, Discretization discretization, int length)
    {
        using var layer = Layer(start, discretization, copies: 1);
        layer.Convert(DType.Float64);
        using var scope = new TensorScope();
        var u = Tensor.Normal([2, length, Width], new(5), dtype: DType.Float64);
        double[] input = u.ToArray<double>(), k = layer.Kernels(length).ToArray<double>(), skip = layer.Parameters.Single(p => p.Name == "D").Value.ToArray<double>();
        var expected = new double[input.Length];
        for (var b = 0; b < 2; b++)
        {
            for (var t = 0; t < length; t++)
            {
                for (var d = 0; d < Width; d++)
                {
                    double At(int time) => input[(((b * length) + time) * Width) + d];
                    var sum = skip[d] * At(t);
                    for (var s = 0; s < length; s++) sum += s <= t ? k[(d * length) + t - s] * At(s) : k[((Width + d) * length) + s - t - 1] * At(s);
                    expected[(((b * length) + t) * Width) + d] = sum;
                }
            }
        }

        MixerContract.Same(Tensor.From<double>(expected, u.Shape), layer.Apply(u), 1e-11, "the sums");
    }

    [Theory]
    [InlineData(S4dInitialization.Real)]
    [InlineData(S4dInitialization.LegS)]
    public void The_forward_kernel_is_that_of_a_causal_layer_with_the_same_weights(S4dInitialization start)
    {
        using var both = Layer(start, Discretization.ZeroOrderHold, copies: 1);
        using var causal = new S4d(Width, Settings(start, Discretization.ZeroOrderHold, copies: 1), new(new(8)));
        using var scope = new TensorScope();
        foreach (var parameter in causal.Parameters)
        {
            var value = both.Parameters.Single(other => other.Name == parameter.Name).Value;
            parameter.Value.CopyFrom(value.Shape == parameter.Value.Shape ? value : value.Slice(0, 0, Width));
        }

        var impulse = Tensor.Zeros([1, 40, Width]);
        impulse.Span<float>()[..Width].Fill(1);
        var skip = causal.Parameters.Single(parameter => parameter.Name == "D").Value;
        var response = causal.Forward(impulse).Y - (impulse * skip);
        MixerContract.Same(response.Squeeze(0).Transpose(), both.Kernels(40).Slice(0, 0, Width), 1e-5, "the impulse response");
    }

    [Fact]
    public void Real_and_complex_layers_have_as_many_parameters_and_the_directions_differ_in_C_alone()
    {
        using BidirectionalS4d real = Layer(S4dInitialization.Real, Discretization.ZeroOrderHold, copies: 1), complex = Layer(S4dInitialization.LegS, Discretization.ZeroOrderHold, copies: 1);
        using var causal = new S4d(Width, Settings(S4dInitialization.Real, Discretization.ZeroOrderHold, copies: 1), new(new(1)));
        Assert.Equal(real.ParameterCount, complex.ParameterCount);
        Assert.Equal(causal.ParameterCount + (Width * 8), real.ParameterCount);
    }

    [Fact]
    public void Gradients_agree_with_central_differences()
    {
        using var layer = Layer(S4dInitialization.LegS, Discretization.ZeroOrderHold, copies: 0);
        layer.Convert(DType.Float64);
        using var scope = new TensorScope();
        var u = Tensor.Normal([1, 6, Width], new(5), dtype: DType.Float64);
        double Loss() => layer.Apply(u).Square().Sum().Item();
        using (var tape = new StateSpace.Tensors.Autograd.Tape()) tape.Backward(layer.Apply(u).Square().Sum());
        foreach (var parameter in layer.Parameters)
        {
            var (value, gradient) = (parameter.Value, parameter.Value.Gradient!.ToArray<double>());
            for (var i = 0; i < gradient.Length; i += 3)
            {
                var kept = value.GetValue(i);
                value.SetValue(i, kept + 1e-6);
                var above = Loss();
                value.SetValue(i, kept - 1e-6);
                var difference = (above - Loss()) / 2e-6;
                value.SetValue(i, kept);
                Assert.InRange(gradient[i] - difference, -1e-5 * (1 + Math.Abs(difference)), 1e-5 * (1 + Math.Abs(difference)));
            }
        }
    }

    [Fact]
    public void Another_width_and_an_output_map_are_refused_in_one_line()
    {
        using var layer = Layer(S4dInitialization.Real, Discretization.ZeroOrderHold, copies: 1);
        Assert.Contains("(B, L, 3)", Assert.Throws<ShapeException>(() => layer.Apply(Tensor.Zeros([1, 4, 2]))).Message, StringComparison.Ordinal);
        Assert.Contains("output map", Assert.Throws<ArgumentException>(() => new BidirectionalS4d(2, new S4dSettings(), new(new(1)))).Message, StringComparison.Ordinal);
    }

    private static S4dSettings Settings(S4dInitialization start, Discretization discretization, long copies) => new()
    {
        StateSize = 8,
        Initialization = start,
        Discretization = discretization,
        Copies = copies,
        Output = S4dOutput.None,
        StepSizes = new(Minimum: 0.05, Maximum: 0.3, Floor: 0),
    };

    private static BidirectionalS4d Layer(S4dInitialization start, Discretization discretization, long copies) => new(Width, Settings(start, discretization, copies), new(new(7)));
}
