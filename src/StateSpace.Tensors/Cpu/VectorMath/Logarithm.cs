using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static StateSpace.Tensors.Cpu.VectorMath.FloatBits;

namespace StateSpace.Tensors.Cpu.VectorMath;

/// <summary>
/// log and its relatives: x = 2^e·m with m near 1, log x = e·ln 2 + log(1 + f), f = m − 1. In <see cref="float"/>
/// log(1 + f) = f − f²/2 + f³·P(f); in <see cref="double"/> it is 2·artanh(s), s = f/(2 + f), as f − (f²/2 − s·(f²/2 + s²·Q(s²))).
/// </summary>
internal static class Logarithm
{
    private const float Ln2High = 0.693147182f;
    private const float Ln2Low = -1.90465421e-09f;
    private const double Ln2HighDouble = 0.69314718055994529;
    private const double Ln2LowDouble = 2.3190468138462996e-17;
    private const float SmallestNormal = 1.17549435e-38f;
    private const double SmallestNormalDouble = 2.2250738585072014e-308;

    // m starts at 2/3 (float) and √½ (double); the bits of these numbers.
    private const int MantissaStart = 0x3f2aaaab;
    private const long MantissaStartDouble = 0x3fe6a09e667f3bcd;
    private const long BitsOfTwo = 0x4000000000000000;
    private const long BitsOfOne = 0x3ff0000000000000;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Log(Vector512<float> x)
    {
        var subnormal = Vector512.LessThan(x, Vector512.Create(SmallestNormal));
        var scaled = Vector512.ConditionalSelect(subnormal, x * Vector512.Create(8388608f), x);
        var (e, f, _) = Split(scaled);
        e -= Vector512.Create(23f) & subnormal;
        return Specials(x, x, Combine(e, f));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Log(Vector512<double> x)
    {
        var subnormal = Vector512.LessThan(x, Vector512.Create(SmallestNormalDouble));
        var scaled = Vector512.ConditionalSelect(subnormal, x * Vector512.Create(4503599627370496.0), x);
        var (e, f, _) = Split(scaled);
        e -= Vector512.Create(52.0) & subnormal;
        return Specials(x, x, Combine(e, f));
    }

    /// <summary>log(1 + x): the rounding error c of u = 1 + x comes back as f + c·2^−e.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Log1p(Vector512<float> x)
    {
        var u = Vector512<float>.One + x;
        var b = u - Vector512<float>.One;
        var c = (Vector512<float>.One - (u - b)) + (x - b);
        var (e, f, scale) = Split(u);
        var y = Combine(e, Fma(c, scale * Vector512.Create(0.5f), f));
        return WithSign(Specials(u, x, y), x);
    }

    /// <summary>As the <see cref="float"/> version.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Log1p(Vector512<double> x)
    {
        var u = Vector512<double>.One + x;
        var b = u - Vector512<double>.One;
        var c = (Vector512<double>.One - (u - b)) + (x - b);
        var (e, f, scale) = Split(u);
        var y = Combine(e, Fma(c, scale * Vector512.Create(0.5), f));
        return WithSign(Specials(u, x, y), x);
    }

    /// <summary>log(1 + x) for x in [0, 1] (or NaN), without the special cases.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Log1pOfUnit(Vector512<float> x)
    {
        var u = Vector512<float>.One + x;
        var c = x - (u - Vector512<float>.One);
        var (e, f, scale) = Split(u);
        return Combine(e, Fma(c, scale * Vector512.Create(0.5f), f));
    }

    /// <summary>log(1 + x) for x in [0, 1] (or NaN), without the special cases.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Log1pOfUnit(Vector512<double> x)
    {
        var u = Vector512<double>.One + x;
        var c = x - (u - Vector512<double>.One);
        var (e, f, scale) = Split(u);
        return Combine(e, Fma(c, scale * Vector512.Create(0.5), f));
    }

    // x = 2^e (1 + f); scale = 2^(1−e), which is 0 at the largest exponent and never infinite for x > 2^-100.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> E, Vector512<float> F, Vector512<float> Scale) Split(Vector512<float> x)
    {
        var bits = x.AsInt32();
        var exponent = (bits - Vector512.Create(MantissaStart)) & Vector512.Create(unchecked((int)0xff800000));
        var m = (bits - exponent).AsSingle();
        var e = Vector512.ConvertToSingle(exponent >> 23);
        return (e, m - Vector512<float>.One, (Vector512.Create(0x40000000) - exponent).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<double> E, Vector512<double> F, Vector512<double> Scale) Split(Vector512<double> x)
    {
        var bits = x.AsInt64();
        var biased = bits + Vector512.Create(BitsOfOne - MantissaStartDouble);
        var exponent = (biased & Vector512.Create(unchecked((long)0xfff0000000000000))) - Vector512.Create(BitsOfOne);
        var m = (bits - exponent).AsDouble();
        // A biased exponent in the low bits of 2^52 reads as 2^52 + exponent: the way from integer to double on every machine.
        var e = ((biased >>> 52) | Vector512.Create(0x4330000000000000)).AsDouble() - Vector512.Create(4503599627370496.0 + 1023.0);
        return (e, m - Vector512<double>.One, (Vector512.Create(BitsOfTwo) - exponent).AsDouble());
    }

    // Minimax for the relative error of log(1 + f) on |f| ≤ 1/3: 2^-27.6.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Combine(Vector512<float> e, Vector512<float> f)
    {
        var p = Fma(f, Vector512.Create(-0.131934896f), 0.139622688f);
        p = Fma(p, f, -0.121146463f);
        p = Fma(p, f, 0.140109748f);
        p = Fma(p, f, -0.166855067f);
        p = Fma(p, f, 0.200100392f);
        p = Fma(p, f, -0.249996871f);
        p = Fma(p, f, 0.333332241f);
        p = Fma(p, f, -0.5f);
        var tail = Fma(p, f * f, e * Vector512.Create(Ln2Low));
        return Fma(e, Vector512.Create(Ln2High), f + tail);
    }

    // Minimax for the relative error of 2·artanh(s) on |s| ≤ 0.1716: 2^-58.5.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Combine(Vector512<double> e, Vector512<double> f)
    {
        var s = f / (f + Vector512.Create(2.0));
        var z = s * s;
        var w = z * z;
        var even = Fma(w, Vector512.Create(0.1479906489414485), 0.18183575160876958);
        var odd = Fma(w, Vector512.Create(0.15313755878846502), 0.22222198378566527);
        even = Fma(even, w, 0.28571428744140476);
        odd = Fma(odd, w, 0.39999999999407493);
        even = Fma(even, w, 0.66666666666667351);
        var q = Fma(odd, z, even);
        var half = f * f * Vector512.Create(0.5);
        var tail = Fma(s, Fma(q, z, half), e * Vector512.Create(Ln2LowDouble));
        return Fma(e, Vector512.Create(Ln2HighDouble), f - (half - tail));
    }

    // u is the argument of the logarithm; an infinite or NaN x is its own logarithm.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Specials(Vector512<float> u, Vector512<float> x, Vector512<float> y)
    {
        y = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(float.PositiveInfinity)), y, x);
        y = Vector512.ConditionalSelect(Vector512.Equals(u, Vector512<float>.Zero), Vector512.Create(float.NegativeInfinity), y);
        return Vector512.ConditionalSelect(Vector512.LessThan(u, Vector512<float>.Zero), Vector512.Create(float.NaN), y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Specials(Vector512<double> u, Vector512<double> x, Vector512<double> y)
    {
        y = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(double.PositiveInfinity)), y, x);
        y = Vector512.ConditionalSelect(Vector512.Equals(u, Vector512<double>.Zero), Vector512.Create(double.NegativeInfinity), y);
        return Vector512.ConditionalSelect(Vector512.LessThan(u, Vector512<double>.Zero), Vector512.Create(double.NaN), y);
    }
}
