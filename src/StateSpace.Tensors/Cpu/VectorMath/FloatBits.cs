using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StateSpace.Tensors.Cpu.VectorMath;

/// <summary>Work on the exponent and sign fields of IEEE numbers that the vector functions share.</summary>
internal static class FloatBits
{
    // Adding 1.5·2^23 (1.5·2^52) rounds a small number to the nearest integer and leaves that integer in the low bits.
    public const float RoundSingle = 12582912f;
    public const double RoundDouble = 6755399441055744.0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Fma(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Avx512F.IsSupported
        ? Avx512F.FusedMultiplyAdd(a, b, c)
        : Vector512.Create(Vector256.FusedMultiplyAdd(a.GetLower(), b.GetLower(), c.GetLower()), Vector256.FusedMultiplyAdd(a.GetUpper(), b.GetUpper(), c.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Fma(Vector512<double> a, Vector512<double> b, Vector512<double> c) => Avx512F.IsSupported
        ? Avx512F.FusedMultiplyAdd(a, b, c)
        : Vector512.Create(Vector256.FusedMultiplyAdd(a.GetLower(), b.GetLower(), c.GetLower()), Vector256.FusedMultiplyAdd(a.GetUpper(), b.GetUpper(), c.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Fma(Vector512<float> a, Vector512<float> b, float c) => Fma(a, b, Vector512.Create(c));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Fma(Vector512<double> a, Vector512<double> b, double c) => Fma(a, b, Vector512.Create(c));

    /// <summary>x limited to [low, high]; a NaN passes, because the native minimum and maximum return their second operand then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Clamp(Vector512<float> x, float low, float high) =>
        Vector512.MinNative(Vector512.Create(high), Vector512.MaxNative(Vector512.Create(low), x));

    /// <summary>x limited to [low, high]; a NaN passes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Clamp(Vector512<double> x, double low, double high) =>
        Vector512.MinNative(Vector512.Create(high), Vector512.MaxNative(Vector512.Create(low), x));

    /// <summary>max(low, x); a NaN passes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AtLeast(Vector512<float> x, float low) => Vector512.MaxNative(Vector512.Create(low), x);

    /// <summary>max(low, x); a NaN passes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> AtLeast(Vector512<double> x, double low) => Vector512.MaxNative(Vector512.Create(low), x);

    /// <summary>magnitude ≥ 0 (or of the sign of x) with the sign of x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> WithSign(Vector512<float> magnitude, Vector512<float> x) =>
        magnitude | (x & Vector512.Create(-0f));

    /// <summary>magnitude ≥ 0 (or of the sign of x) with the sign of x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> WithSign(Vector512<double> magnitude, Vector512<double> x) =>
        magnitude | (x & Vector512.Create(-0d));

    /// <summary>2^k for integer-valued k in [−126, 127].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> PowerOfTwo(Vector512<float> k) => ((k + Vector512.Create(RoundSingle + 127f)).AsInt32() << 23).AsSingle();

    /// <summary>2^k for integer-valued k in [−1022, 1023].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> PowerOfTwo(Vector512<double> k) => ((k + Vector512.Create(RoundDouble + 1023.0)).AsInt64() << 52).AsDouble();

    /// <summary>p · 2^n for p in [0.5, 2) and integer-valued n in [−160, 129], rounded once, into the subnormals and to infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(Vector512<float> p, Vector512<float> n)
    {
        if (Avx512F.IsSupported) return Avx512F.Scale(p, n);
        // Two factors: the first product is exact, so the bits are those of the instruction above.
        var half = Vector512.Floor(n * Vector512.Create(0.5f));
        return p * PowerOfTwo(half) * PowerOfTwo(n - half);
    }

    /// <summary>p · 2^n for p in [0.5, 2) and integer-valued n in [−1100, 1025], rounded once, into the subnormals and to infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Scale(Vector512<double> p, Vector512<double> n)
    {
        if (Avx512F.IsSupported) return Avx512F.Scale(p, n);
        var half = Vector512.Floor(n * Vector512.Create(0.5));
        return p * PowerOfTwo(half) * PowerOfTwo(n - half);
    }
}
