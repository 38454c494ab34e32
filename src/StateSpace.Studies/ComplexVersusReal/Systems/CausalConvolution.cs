using System.Numerics;
using MathNet.Numerics.IntegralTransforms;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>y_t = Σ_k h_k u_{t−k}: what a time-invariant system with impulse response h does to a series u, without its state.</summary>
public static class CausalConvolution
{
    /// <summary>The sum as it is written, O(L²).</summary>
    /// <param name="kernel">h, (L) or longer.</param>
    /// <param name="input">u, (L).</param>
    /// <returns>y, (L).</returns>
    /// <exception cref="ArgumentException">The kernel is shorter than the input.</exception>
    public static double[] Direct(ReadOnlySpan<double> kernel, ReadOnlySpan<double> input)
    {
        Check(kernel, input);
        var output = new double[input.Length];
        for (var t = 0; t < output.Length; t++)
        {
            var sum = 0.0;
            for (var k = 0; k <= t; k++) sum += kernel[k] * input[t - k];
            output[t] = sum;
        }

        return output;
    }

    /// <summary>The same by the fast Fourier transform, O(L log L), padded so that nothing wraps around.</summary>
    /// <param name="kernel">h, (L) or longer.</param>
    /// <param name="input">u, (L).</param>
    /// <returns>y, (L).</returns>
    /// <exception cref="ArgumentException">The kernel is shorter than the input.</exception>
    public static double[] Fourier(ReadOnlySpan<double> kernel, ReadOnlySpan<double> input)
    {
        Check(kernel, input);
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, 2 * input.Length));
        var spectrum = Transform(kernel[..input.Length], size);
        var other = Transform(input, size);
        for (var f = 0; f < size; f++) spectrum[f] *= other[f];
        MathNet.Numerics.IntegralTransforms.Fourier.Inverse(spectrum, FourierOptions.AsymmetricScaling);
        return [.. spectrum.Take(input.Length).Select(value => value.Real)];
    }

    private static Complex[] Transform(ReadOnlySpan<double> values, int size)
    {
        var spectrum = new Complex[size];
        for (var k = 0; k < values.Length; k++) spectrum[k] = values[k];
        MathNet.Numerics.IntegralTransforms.Fourier.Forward(spectrum, FourierOptions.AsymmetricScaling);
        return spectrum;
    }

    private static void Check(ReadOnlySpan<double> kernel, ReadOnlySpan<double> input)
    {
        if (kernel.Length < input.Length)
            throw new ArgumentException(
                $"CausalConvolution: the kernel has {kernel.Length} values but the input {input.Length}; it needs at least as many");
    }
}
