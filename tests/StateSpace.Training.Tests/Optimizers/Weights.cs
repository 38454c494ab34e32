using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;

namespace StateSpace.Training.Tests.Optimizers;

/// <summary>Parameters for tests, and a way to give them a gradient.</summary>
internal static class Weights
{
    public static Parameter Of(string name, params float[] values) => Of(name, Tensor.From(values));

    public static Parameter Of(string name, params double[] values) => Of(name, Tensor.From(values));

    public static Parameter Of(string name, Tensor value) =>
        new(name, value, new ParameterRole([.. Enumerable.Repeat(AxisGrowth.Width, value.Rank)], new(1, AxisGrowth.Fixed), new(1, AxisGrowth.Fixed), 0));

    /// <summary>Values between −1 and 1 that look irregular.</summary>
    public static double[] Wave(int count, double frequency) => [.. Enumerable.Range(0, count).Select(i => Math.Sin((i + 1) * frequency))];

    /// <summary>Makes the gradient of the parameter what it was plus <paramref name="gradient"/>.</summary>
    public static void AddGradient(this Parameter parameter, params double[] gradient)
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        var given = Tensor.From<double>(gradient, parameter.Value.Shape).Convert(parameter.Value.DType);
        tape.Backward((parameter.Value * given).Sum());
    }

    public static double[] Values(this Parameter parameter) => parameter.Value.ToArray<double>();
}
