using System.Numerics;
using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.ImpulseResponse;

/// <summary>The truth, in double: k_l = s Re Σ_n w_n λ_n^l by products, or with exp(l a_n).</summary>
internal static class ImpulseResponseReference
{
    /// <param name="lambda">λ or a = log λ, (D, N), re and im; the latter null where real.</param>
    /// <param name="weight">w, likewise.</param>
    /// <param name="isLog">Whether <paramref name="lambda"/> is a.</param>
    /// <param name="length">L.</param>
    /// <param name="scale">s.</param>
    public static ReferenceArray Forward(ReferenceArray?[] lambda, ReferenceArray?[] weight, bool isLog, long length, double scale)
    {
        var (channels, states) = (lambda[0]!.Shape[0], lambda[0]!.Shape[1]);
        var kernel = ReferenceArray.Zeros([channels, length]);
        for (long i = 0; i < channels * states; i++)
        {
            var powers = Powers(At(lambda, i), length, isLog);
            for (long l = 0; l < length; l++) kernel.Values[(i / states * length) + l] += scale * (At(weight, i) * powers[l]).Real;
        }

        return kernel;
    }

    /// <summary>∂w = s conj(Σ_l g_l λ^l), ∂λ = s conj(w Σ_l g_l l λ^{l−1}), ∂a = s conj(w Σ_l g_l l λ^l).</summary>
    public static ReferenceArray[] Backward(ReferenceArray?[] lambda, ReferenceArray?[] weight, bool isLog, double scale, ReferenceArray gradient)
    {
        var shape = lambda[0]!.Shape;
        var (states, length) = (shape[1], gradient.Shape[1]);
        ReferenceArray[] result = [.. Enumerable.Range(0, 4).Select(_ => ReferenceArray.Zeros(shape))];
        for (long i = 0; i < shape.Count; i++)
        {
            var powers = Powers(At(lambda, i), length, isLog);
            Complex sum = 0, slope = 0;
            for (long l = 0; l < length; l++)
            {
                var g = gradient.Values[(i / states * length) + l];
                sum += g * powers[l];
                if (l > 0) slope += g * l * powers[isLog ? l : l - 1];
            }

            slope *= At(weight, i);
            (result[0].Values[i], result[1].Values[i]) = (scale * slope.Real, -scale * slope.Imaginary);
            (result[2].Values[i], result[3].Values[i]) = (scale * sum.Real, -scale * sum.Imaginary);
        }

        return lambda[1] is null ? [result[0], result[2]] : result;
    }

    /// <summary>λ^0 … λ^{length − 1}.</summary>
    private static Complex[] Powers(Complex value, long length, bool isLog)
    {
        var powers = new Complex[length];
        for (long l = 0; l < length; l++) powers[l] = isLog ? Complex.Exp(l * value) : l == 0 ? Complex.One : powers[l - 1] * value;
        return powers;
    }

    private static Complex At(ReferenceArray?[] pair, long position) => new(pair[0]!.Values[position], pair[1]?.Values[position] ?? 0);
}
