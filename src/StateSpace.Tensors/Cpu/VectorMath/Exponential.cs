using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static StateSpace.Tensors.Cpu.VectorMath.FloatBits;

namespace StateSpace.Tensors.Cpu.VectorMath;

/// <summary>
/// exp and its relatives: x = n·ln 2 + r with |r| ≤ ln 2 / 2 (Cody and Waite's two-part ln 2), e^r − 1 = r + r²·q(r) with the
/// minimax polynomial q, then one scaling by 2^n. Overflow gives infinity, underflow is gradual, NaN passes.
/// </summary>
internal static class Exponential
{
    private const float Log2E = 1.44269502f;
    private const float Ln2High = 0.693147182f;
    private const float Ln2Low = -1.90465421e-09f;
    private const double Log2EDouble = 1.4426950408889634;
    private const double Ln2HighDouble = 0.69314718055994529;
    private const double Ln2LowDouble = 2.3190468138462996e-17;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        x = Clamp(x, -104f, 89f);
        var n = Fma(x, Vector512.Create(Log2E), RoundSingle) - Vector512.Create(RoundSingle);
        return Scale(Vector512<float>.One + ReducedExpm1(Reduce(x, n)), n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Exp(Vector512<double> x)
    {
        x = Clamp(x, -746.0, 710.0);
        var n = Fma(x, Vector512.Create(Log2EDouble), RoundDouble) - Vector512.Create(RoundDouble);
        return Scale(Vector512<double>.One + ReducedExpm1(Reduce(x, n)), n);
    }

    /// <summary>exp(x + low) where |low| is at most an ulp of x: keeps the bits that a computed exponent such as −a²/2 has lost.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x, Vector512<float> low)
    {
        x = Clamp(x, -104f, 89f);
        var n = Fma(x, Vector512.Create(Log2E), RoundSingle) - Vector512.Create(RoundSingle);
        return Scale(Vector512<float>.One + ReducedExpm1(Reduce(x, n) + low), n);
    }

    /// <summary>exp(x + low) where |low| is at most an ulp of x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Exp(Vector512<double> x, Vector512<double> low)
    {
        x = Clamp(x, -746.0, 710.0);
        var n = Fma(x, Vector512.Create(Log2EDouble), RoundDouble) - Vector512.Create(RoundDouble);
        return Scale(Vector512<double>.One + ReducedExpm1(Reduce(x, n) + low), n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp2(Vector512<float> x)
    {
        x = Clamp(x, -152f, 129f);
        var n = (x + Vector512.Create(RoundSingle)) - Vector512.Create(RoundSingle);
        return Scale(Vector512<float>.One + ReducedExpm1((x - n) * Vector512.Create(Ln2High)), n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Exp2(Vector512<double> x)
    {
        x = Clamp(x, -1077.0, 1025.0);
        var n = (x + Vector512.Create(RoundDouble)) - Vector512.Create(RoundDouble);
        return Scale(Vector512<double>.One + ReducedExpm1((x - n) * Vector512.Create(Ln2HighDouble)), n);
    }

    /// <summary>e^x − 1 = 2·(2^(n−1)·(e^r − 1) + (2^(n−1) − ½)): no cancellation near 0, no overflow before the result's own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Expm1(Vector512<float> x)
    {
        var sign = x;
        x = Clamp(x, -20f, 89f);
        var n = Fma(x, Vector512.Create(Log2E), RoundSingle) - Vector512.Create(RoundSingle);
        var half = PowerOfTwo(n - Vector512<float>.One);
        var y = Fma(half, ReducedExpm1(Reduce(x, n)), half - Vector512.Create(0.5f));
        return WithSign(y + y, sign);
    }

    /// <summary>As the <see cref="float"/> version.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Expm1(Vector512<double> x)
    {
        var sign = x;
        x = Clamp(x, -40.0, 710.0);
        var n = Fma(x, Vector512.Create(Log2EDouble), RoundDouble) - Vector512.Create(RoundDouble);
        var half = PowerOfTwo(n - Vector512<double>.One);
        var y = Fma(half, ReducedExpm1(Reduce(x, n)), half - Vector512.Create(0.5));
        return WithSign(y + y, sign);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Reduce(Vector512<float> x, Vector512<float> n) =>
        Fma(n, Vector512.Create(-Ln2Low), Fma(n, Vector512.Create(-Ln2High), x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Reduce(Vector512<double> x, Vector512<double> n) =>
        Fma(n, Vector512.Create(-Ln2LowDouble), Fma(n, Vector512.Create(-Ln2HighDouble), x));

    // Minimax for the relative error of e^r − 1 on |r| ≤ ln 2 / 2: 2^-26.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ReducedExpm1(Vector512<float> r)
    {
        var q = Fma(r, Vector512.Create(0.00139469409f), 0.00836670771f);
        q = Fma(q, r, 0.041666273f);
        q = Fma(q, r, 0.16666542f);
        q = Fma(q, r, 0.5f);
        return Fma(q, r * r, r);
    }

    // Minimax for the relative error of e^r − 1 on |r| ≤ ln 2 / 2: 2^-55.6. Even and odd terms apart, for a shorter chain.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> ReducedExpm1(Vector512<double> r)
    {
        var s = r * r;
        var odd = Fma(s, Vector512.Create(2.5114689367554281e-08), 2.7557227322964285e-06);
        var even = Fma(s, Vector512.Create(2.7626589961264101e-07), 2.48015038121747e-05);
        odd = Fma(odd, s, 0.00019841269903667368);
        even = Fma(even, s, 0.001388888893287887);
        odd = Fma(odd, s, 0.0083333333333143363);
        even = Fma(even, s, 0.041666666666572198);
        odd = Fma(odd, s, 0.16666666666666685);
        even = Fma(even, s, 0.50000000000000056);
        return Fma(Fma(odd, r, even), s, r);
    }
}
