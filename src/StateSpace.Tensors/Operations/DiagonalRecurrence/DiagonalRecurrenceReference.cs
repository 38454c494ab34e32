using System.Numerics;
using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.DiagonalRecurrence;

/// <summary>The truth, in double: x_t = λ x_{t−1} + u_t, y_t = s Re Σ_n w_n x_{t,n}, step by step.</summary>
internal static class DiagonalRecurrenceReference
{
    /// <param name="u">(B, L, D).</param>
    /// <param name="lambda">(D, N), re and im; the latter null where real.</param>
    /// <param name="weight">(D, N), likewise.</param>
    /// <param name="initial">(B, D, N), likewise; null for zeros.</param>
    /// <param name="scale">s.</param>
    /// <param name="resets">(B, L), or null.</param>
    /// <returns>y and the final state.</returns>
    public static ReferenceArray[] Forward(
        ReferenceArray u,
        ReferenceArray?[] lambda,
        ReferenceArray?[] weight,
        ReferenceArray?[]? initial,
        double scale,
        ReferenceArray? resets = null)
    {
        var (batch, length, channels, states) = (u.Shape[0], u.Shape[1], u.Shape[2], lambda[0]!.Shape[1]);
        var y = ReferenceArray.Zeros(u.Shape);
        ReferenceArray finalRe = ReferenceArray.Zeros([batch, channels, states]), finalIm = ReferenceArray.Zeros([batch, channels, states]);
        foreach (var (b, d, n) in Rows(batch, channels, states))
        {
            var (l, w) = (At(lambda, (d * states) + n), At(weight, (d * states) + n));
            var row = (((b * channels) + d) * states) + n;
            var x = At(initial, row);
            for (long t = 0; t < length; t++)
            {
                var at = (((b * length) + t) * channels) + d;
                if (IsReset(resets, (b * length) + t)) x = Complex.Zero;
                x = (l * x) + u.Values[at];
                y.Values[at] += scale * (w * x).Real;
            }

            finalRe.Values[row] = x.Real;
            finalIm.Values[row] = x.Imaginary;
        }

        return lambda[1] is null ? [y, finalRe] : [y, finalRe, finalIm];
    }

    /// <summary>a_t = s w̄ g_t + λ̄ a_{t+1}; ∂u_t = Σ_n Re a_t, ∂λ = Σ_t x̄_{t−1} a_t, ∂w = s Σ_t g_t x̄_t, ∂x_{−1} = λ̄ a_0.</summary>
    /// <returns>Gradients of u, λ (re, im), w (re, im) and the initial state (re, im), those of imaginary parts only where complex.</returns>
    public static ReferenceArray[] Backward(
        ReferenceArray u,
        ReferenceArray?[] lambda,
        ReferenceArray?[] weight,
        ReferenceArray?[]? initial,
        double scale,
        ReferenceArray[] gradients,
        ReferenceArray? resets = null)
    {
        var (batch, length, channels, states) = (u.Shape[0], u.Shape[1], u.Shape[2], lambda[0]!.Shape[1]);
        var complex = lambda[1] is not null;
        var du = ReferenceArray.Zeros(u.Shape);
        Complex[] dlambda = new Complex[channels * states], dweight = new Complex[channels * states], dinitial = new Complex[batch * channels * states];
        foreach (var (b, d, n) in Rows(batch, channels, states))
        {
            var parameter = (d * states) + n;
            var (l, w) = (At(lambda, parameter), At(weight, parameter));
            var row = (((b * channels) + d) * states) + n;
            Complex[] before = new Complex[length], after = new Complex[length];
            for (long t = 0; t < length; t++)
            {
                before[t] = IsReset(resets, (b * length) + t) ? Complex.Zero : t == 0 ? At(initial, row) : after[t - 1];
                after[t] = (l * before[t]) + u.Values[(((b * length) + t) * channels) + d];
            }

            var a = At([gradients[1], complex ? gradients[2] : null], row);
            for (var t = length - 1; t >= 0; t--)
            {
                var at = (((b * length) + t) * channels) + d;
                var g = scale * gradients[0].Values[at];
                a += Complex.Conjugate(w) * g;
                du.Values[at] += a.Real;
                dlambda[parameter] += Complex.Conjugate(before[t]) * a;
                dweight[parameter] += g * Complex.Conjugate(after[t]);
                a = IsReset(resets, (b * length) + t) ? Complex.Zero : a * Complex.Conjugate(l);
            }

            dinitial[row] = a;
        }

        Shape ofParameter = [channels, states], ofState = [batch, channels, states];
        return [du, .. Parts(dlambda, ofParameter, complex), .. Parts(dweight, ofParameter, complex), .. initial is null ? [] : Parts(dinitial, ofState, complex)];
    }

    private static IEnumerable<(long B, long D, long N)> Rows(long batch, long channels, long states)
    {
        for (long b = 0; b < batch; b++)
        {
            for (long d = 0; d < channels; d++)
            {
                for (long n = 0; n < states; n++) yield return (b, d, n);
            }
        }
    }

    private static bool IsReset(ReferenceArray? resets, long position) => resets is not null && resets.Values[position] != 0;

    private static Complex At(ReferenceArray?[]? pair, long position) =>
        pair is null ? Complex.Zero : new(pair[0]!.Values[position], pair[1]?.Values[position] ?? 0);

    private static IEnumerable<ReferenceArray> Parts(Complex[] values, Shape shape, bool complex)
    {
        yield return new(shape, [.. values.Select(value => value.Real)]);
        if (complex) yield return new(shape, [.. values.Select(value => value.Imaginary)]);
    }
}
