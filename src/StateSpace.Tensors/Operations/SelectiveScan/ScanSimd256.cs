using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static StateSpace.Tensors.Operations.SelectiveScan.ScanPolynomials;

namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>8 floats: AVX2, and through halves every other processor.</summary>
internal readonly unsafe struct ScanSimd256Single : IScanSimd<float, Vector256<float>>
{
    public static int Count => Vector256<float>.Count;

    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    public static void Store(Vector256<float> value, float* target) => value.Store(target);

    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    public static Vector256<float> Add(Vector256<float> x, Vector256<float> y) => x + y;

    public static Vector256<float> Multiply(Vector256<float> x, Vector256<float> y) => x * y;

    public static Vector256<float> MultiplyAdd(Vector256<float> x, Vector256<float> y, Vector256<float> z) => Vector256.FusedMultiplyAdd(x, y, z);

    public static Vector256<float> SubtractProduct(Vector256<float> x, Vector256<float> y, Vector256<float> z) => Fma.IsSupported ? Fma.MultiplyAddNegated(x, y, z) : Vector256.FusedMultiplyAdd(-x, y, z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp2<TRange>(Vector256<float> x)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) x = Vector256.MinNative(Vector256.Create(129f), Vector256.MaxNative(Vector256.Create(-152f), x));
        var shifted = x + Vector256.Create(Round);
        var n = shifted - Vector256.Create(Round);
        var f = x - n;
        var q = MultiplyAdd(Vector256.Create(Q4), f, Vector256.Create(Q3));
        q = MultiplyAdd(q, f, Vector256.Create(Q2));
        q = MultiplyAdd(q, f, Vector256.Create(Q1));
        q = MultiplyAdd(q, f, Vector256.Create(Q0));
        q = MultiplyAdd(q, f, Vector256<float>.One);
        return TRange.IsNormal ? (q.AsInt32() + (shifted.AsInt32() << 23)).AsSingle() : Scale(q, n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float> Re, Vector256<float> Im) Polar<TRange>(Vector256<float> x, Vector256<float> phi)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) phi -= Vector256.Create(2f) * Vector256.Round(phi * Vector256.Create(0.5f));
        var shifted = phi + Vector256.Create(Round);
        var f = phi - (shifted - Vector256.Create(Round));
        var square = f * f;
        var sin = MultiplyAdd(Vector256.Create(S4), square, Vector256.Create(S3));
        sin = MultiplyAdd(sin, square, Vector256.Create(S2));
        sin = MultiplyAdd(sin, square, Vector256.Create(S1));
        sin = MultiplyAdd(sin, square, Vector256.Create(S0));
        var cos = MultiplyAdd(Vector256.Create(C3), square, Vector256.Create(C2));
        cos = MultiplyAdd(cos, square, Vector256.Create(C1));
        cos = MultiplyAdd(cos, square, Vector256.Create(C0));
        cos = MultiplyAdd(cos, square, Vector256<float>.One);

        // Each half turn changes the sign of both.
        var magnitude = (Exp2<TRange>(x).AsInt32() ^ (shifted.AsInt32() << 31)).AsSingle();
        return (magnitude * cos, magnitude * (f * sin));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, float* target)
    {
        Vector128<float> a4 = a.GetLower() + a.GetUpper(), b4 = b.GetLower() + b.GetUpper(), c4 = c.GetLower() + c.GetUpper(), d4 = d.GetLower() + d.GetUpper();
        if (Sse3.IsSupported)
        {
            Sse3.HorizontalAdd(Sse3.HorizontalAdd(a4, b4), Sse3.HorizontalAdd(c4, d4)).Store(target);
            return;
        }

        Vector128.Create(Vector128.Sum(a4), Vector128.Sum(b4), Vector128.Sum(c4), Vector128.Sum(d4)).Store(target);
    }

    /// <summary>p 2^n, rounded once: the first of the two products is exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Scale(Vector256<float> p, Vector256<float> n)
    {
        var half = Vector256.Floor(n * Vector256.Create(0.5f));
        return p * PowerOfTwo(half) * PowerOfTwo(n - half);
    }

    private static Vector256<float> PowerOfTwo(Vector256<float> n) => ((n + Vector256.Create(Round + 127f)).AsInt32() << 23).AsSingle();
}

/// <summary>4 doubles: AVX2, and through halves every other processor.</summary>
internal readonly unsafe struct ScanSimd256Double : IScanSimd<double, Vector256<double>>
{
    public static int Count => Vector256<double>.Count;

    public static Vector256<double> Load(double* source) => Vector256.Load(source);

    public static void Store(Vector256<double> value, double* target) => value.Store(target);

    public static Vector256<double> Broadcast(double value) => Vector256.Create(value);

    public static Vector256<double> Add(Vector256<double> x, Vector256<double> y) => x + y;

    public static Vector256<double> Multiply(Vector256<double> x, Vector256<double> y) => x * y;

    public static Vector256<double> MultiplyAdd(Vector256<double> x, Vector256<double> y, Vector256<double> z) => Vector256.FusedMultiplyAdd(x, y, z);

    public static Vector256<double> SubtractProduct(Vector256<double> x, Vector256<double> y, Vector256<double> z) => Fma.IsSupported ? Fma.MultiplyAddNegated(x, y, z) : Vector256.FusedMultiplyAdd(-x, y, z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Exp2<TRange>(Vector256<double> x)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) x = Vector256.MinNative(Vector256.Create(1025.0), Vector256.MaxNative(Vector256.Create(-1077.0), x));
        var shifted = x + Vector256.Create(RoundDouble);
        var n = shifted - Vector256.Create(RoundDouble);
        var f = x - n;
        var q = MultiplyAdd(Vector256.Create(QD10), f, Vector256.Create(QD9));
        q = MultiplyAdd(q, f, Vector256.Create(QD8));
        q = MultiplyAdd(q, f, Vector256.Create(QD7));
        q = MultiplyAdd(q, f, Vector256.Create(QD6));
        q = MultiplyAdd(q, f, Vector256.Create(QD5));
        q = MultiplyAdd(q, f, Vector256.Create(QD4));
        q = MultiplyAdd(q, f, Vector256.Create(QD3));
        q = MultiplyAdd(q, f, Vector256.Create(QD2));
        q = MultiplyAdd(q, f, Vector256.Create(QD1));
        q = MultiplyAdd(q, f, Vector256.Create(QD0));
        q = MultiplyAdd(q, f, Vector256<double>.One);
        return TRange.IsNormal ? (q.AsInt64() + (shifted.AsInt64() << 52)).AsDouble() : Scale(q, n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<double> Re, Vector256<double> Im) Polar<TRange>(Vector256<double> x, Vector256<double> phi)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) phi -= Vector256.Create(2.0) * Vector256.Round(phi * Vector256.Create(0.5));
        var shifted = phi + Vector256.Create(RoundDouble);
        var f = phi - (shifted - Vector256.Create(RoundDouble));
        var square = f * f;
        var sin = MultiplyAdd(Vector256.Create(SD7), square, Vector256.Create(SD6));
        sin = MultiplyAdd(sin, square, Vector256.Create(SD5));
        sin = MultiplyAdd(sin, square, Vector256.Create(SD4));
        sin = MultiplyAdd(sin, square, Vector256.Create(SD3));
        sin = MultiplyAdd(sin, square, Vector256.Create(SD2));
        sin = MultiplyAdd(sin, square, Vector256.Create(SD1));
        sin = MultiplyAdd(sin, square, Vector256.Create(SD0));
        var cos = MultiplyAdd(Vector256.Create(CD7), square, Vector256.Create(CD6));
        cos = MultiplyAdd(cos, square, Vector256.Create(CD5));
        cos = MultiplyAdd(cos, square, Vector256.Create(CD4));
        cos = MultiplyAdd(cos, square, Vector256.Create(CD3));
        cos = MultiplyAdd(cos, square, Vector256.Create(CD2));
        cos = MultiplyAdd(cos, square, Vector256.Create(CD1));
        cos = MultiplyAdd(cos, square, Vector256.Create(CD0));
        cos = MultiplyAdd(cos, square, Vector256<double>.One);

        // Each half turn changes the sign of both.
        var magnitude = (Exp2<TRange>(x).AsInt64() ^ (shifted.AsInt64() << 63)).AsDouble();
        return (magnitude * cos, magnitude * (f * sin));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(Vector256<double> a, Vector256<double> b, Vector256<double> c, Vector256<double> d, double* target) =>
        Vector256.Create(Vector256.Sum(a), Vector256.Sum(b), Vector256.Sum(c), Vector256.Sum(d)).Store(target);

    /// <summary>p 2^n, rounded once: the first of the two products is exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Scale(Vector256<double> p, Vector256<double> n)
    {
        var half = Vector256.Floor(n * Vector256.Create(0.5));
        return p * PowerOfTwo(half) * PowerOfTwo(n - half);
    }

    private static Vector256<double> PowerOfTwo(Vector256<double> n) => ((n + Vector256.Create(RoundDouble + 1023.0)).AsInt64() << 52).AsDouble();
}
