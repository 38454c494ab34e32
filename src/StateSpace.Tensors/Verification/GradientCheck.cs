using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Tensors;

/// <summary>Compares the gradients that a tape gives with central differences, in double.</summary>
public static class GradientCheck
{
    /// <summary>Checks a function at a point.</summary>
    /// <param name="function">From the inputs to one or more outputs; deterministic.</param>
    /// <param name="inputs">Float64 inputs are perturbed element by element; integer inputs are passed on.</param>
    /// <param name="step">Half of the difference's width; 1e-5 suits functions whose values and slopes are about 1.</param>
    /// <returns>The largest error and where it is. Errors are |tape − difference| / max(1, |tape|, |difference|).</returns>
    /// <exception cref="ArgumentException">A floating-point input is not Float64.</exception>
    public static GradientCheckResult Run(Func<Tensor[], Tensor[]> function, Tensor[] inputs, double step = 1e-5)
    {
        if (Array.Exists(inputs, input => input.DType == DType.Float32)) throw new ArgumentException("a gradient check needs Float64 inputs", nameof(inputs));
        using var scope = new TensorScope();
        var leaves = inputs.Select(input => input.Clone()).ToArray();
        foreach (var leaf in leaves) leaf.RequiresGradient = leaf.DType.IsFloating();
        Tensor[] cotangents;
        using (var tape = new Tape())
        {
            var outputs = function(leaves);
            cotangents = [.. outputs.Select((output, i) => Tensor.Uniform(output.Shape, new RandomSource(1, (ulong)i), -1, 1, output.DType))];
            var tracked = Enumerable.Range(0, outputs.Length).Where(i => outputs[i].Producer is not null).ToList();
            tape.Backward([.. tracked.Select(i => outputs[i])], [.. tracked.Select(i => cotangents[i])]);
        }

        var worst = new GradientCheckResult(0, 0, 0, 0, 0);
        for (var input = 0; input < leaves.Length; input++)
        {
            if (!leaves[input].RequiresGradient) continue;
            for (long position = 0; position < leaves[input].Count; position++)
            {
                var difference = Difference(function, leaves, input, position, cotangents, step);
                var gradient = leaves[input].Gradient?.GetValue(position) ?? 0;
                var error = Math.Abs(gradient - difference) / Math.Max(1, Math.Max(Math.Abs(gradient), Math.Abs(difference)));
                if (!(error <= worst.Error)) worst = new(error, input, position, gradient, difference);
            }
        }

        return worst;
    }

    private static double Difference(Func<Tensor[], Tensor[]> function, Tensor[] inputs, int input, long position, Tensor[] cotangents, double step)
    {
        var value = inputs[input].GetValue(position);
        inputs[input].SetValue(position, value + step);
        var above = Value(function, inputs, cotangents);
        inputs[input].SetValue(position, value - step);
        var below = Value(function, inputs, cotangents);
        inputs[input].SetValue(position, value);
        return (above - below) / (2 * step);
    }

    private static double Value(Func<Tensor[], Tensor[]> function, Tensor[] inputs, Tensor[] cotangents)
    {
        using var scope = new TensorScope();
        return function(inputs).Zip(cotangents, (output, cotangent) => (output * cotangent).Sum().Item()).Sum();
    }
}

/// <summary>The largest deviation that a gradient check found.</summary>
/// <param name="Error">|tape − difference| / max(1, |tape|, |difference|); NaN where either is.</param>
/// <param name="Input">Index of the input.</param>
/// <param name="Position">Row-major position of the element.</param>
/// <param name="Gradient">What the tape gave there.</param>
/// <param name="Difference">What central differences gave there.</param>
public sealed record GradientCheckResult(double Error, int Input, long Position, double Gradient, double Difference)
{
    /// <summary>Throws where the error is larger than a tolerance.</summary>
    /// <exception cref="InvalidOperationException">It is, or is NaN.</exception>
    public void RequireBelow(double tolerance)
    {
        if (!(Error <= tolerance))
        {
            throw new InvalidOperationException(
                $"gradient of input {Input} at {Position} is {Gradient:G9} but central differences give {Difference:G9} (error {Error:G3} > {tolerance:G3})");
        }
    }
}
