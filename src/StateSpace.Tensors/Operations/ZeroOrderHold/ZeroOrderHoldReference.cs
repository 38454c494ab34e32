using System.Numerics;
using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.ZeroOrderHold;

/// <summary>The truth, in double: ΔA and (exp(ΔA) − 1)/A by the definition, for A that is not near 0.</summary>
internal static class ZeroOrderHoldReference
{
    /// <param name="delta">(D).</param>
    /// <param name="a">(D, N), re and im; the latter null where real.</param>
    public static ReferenceArray[] Forward(ReferenceArray delta, ReferenceArray?[] a)
    {
        var result = Zeros(a);
        for (var i = 0; i < a[0]!.Values.Length; i++)
        {
            var (step, value) = At(delta, a, i);
            Set(result, 0, i, step * value, a);
            Set(result, 1, i, (Complex.Exp(step * value) - 1) / value, a);
        }

        return result;
    }

    /// <summary>∂B̄/∂Δ = e^{ΔA}, ∂B̄/∂A = (Δ e^{ΔA} − B̄)/A.</summary>
    public static ReferenceArray[] Backward(ReferenceArray delta, ReferenceArray?[] a, ReferenceArray[] gradients)
    {
        var da = Zeros(a)[..(a[1] is null ? 1 : 2)];
        var ddelta = ReferenceArray.Zeros(delta.Shape);
        for (var i = 0; i < a[0]!.Values.Length; i++)
        {
            var (step, value) = At(delta, a, i);
            var exponential = Complex.Exp(step * value);
            Complex alpha = Get(gradients, 0, i, a), beta = Get(gradients, 1, i, a);
            ddelta.Values[i / a[0]!.Shape[1]] += ((Complex.Conjugate(value) * alpha) + (Complex.Conjugate(exponential) * beta)).Real;
            Set(da, 0, i, (step * alpha) + (Complex.Conjugate(((step * exponential) - ((exponential - 1) / value)) / value) * beta), a);
        }

        return [ddelta, .. da];
    }

    private static ReferenceArray[] Zeros(ReferenceArray?[] a) => [.. Enumerable.Range(0, a[1] is null ? 2 : 4).Select(_ => ReferenceArray.Zeros(a[0]!.Shape))];

    private static (double Step, Complex Value) At(ReferenceArray delta, ReferenceArray?[] a, int i) =>
        (delta.Values[i / a[0]!.Shape[1]], new(a[0]!.Values[i], a[1]?.Values[i] ?? 0));

    private static Complex Get(ReferenceArray[] arrays, int quantity, int i, ReferenceArray?[] a) =>
        a[1] is null ? arrays[quantity].Values[i] : new Complex(arrays[2 * quantity].Values[i], arrays[(2 * quantity) + 1].Values[i]);

    private static void Set(ReferenceArray[] arrays, int quantity, int i, Complex value, ReferenceArray?[] a)
    {
        if (a[1] is null) arrays[quantity].Values[i] = value.Real;
        else (arrays[2 * quantity].Values[i], arrays[(2 * quantity) + 1].Values[i]) = (value.Real, value.Imaginary);
    }
}
