using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static StateSpace.Tensors.Operations.SelectiveScan.ScanPolynomials;

namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>16 floats, for processors with AVX-512F.</summary>
internal readonly unsafe struct ScanSimd512Single : IScanSimd<float, Vector512<float>>
{
    public static int Count => Vector512<float>.Count;

    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    public static void Store(Vector512<float> value, float* target) => value.Store(target);

    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    public static Vector512<float> Add(Vector512<float> x, Vector512<float> y) => x + y;

    public static Vector512<float> Multiply(Vector512<float> x, Vector512<float> y) => x * y;

    public static Vector512<float> MultiplyAdd(Vector512<float> x, Vector512<float> y, Vector512<float> z) => Vector512.FusedMultiplyAdd(x, y, z);

    public static Vector512<float> SubtractProduct(Vector512<float> x, Vector512<float> y, Vector512<float> z) => Avx512F.FusedMultiplyAddNegated(x, y, z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp2<TRange>(Vector512<float> x)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) x = Vector512.MinNative(Vector512.Create(129f), Vector512.MaxNative(Vector512.Create(-152f), x));
        var n = Avx512F.RoundScale(x, 0);
        var f = x - n;
        var q = MultiplyAdd(Vector512.Create(Q4), f, Vector512.Create(Q3));
        q = MultiplyAdd(q, f, Vector512.Create(Q2));
        q = MultiplyAdd(q, f, Vector512.Create(Q1));
        q = MultiplyAdd(q, f, Vector512.Create(Q0));
        q = MultiplyAdd(q, f, Vector512<float>.One);
        return Avx512F.Scale(q, n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Re, Vector512<float> Im) Polar<TRange>(Vector512<float> x, Vector512<float> phi)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) phi -= Vector512.Create(2f) * Vector512.Round(phi * Vector512.Create(0.5f));
        var shifted = phi + Vector512.Create(Round);
        var f = phi - (shifted - Vector512.Create(Round));
        var square = f * f;
        var sin = MultiplyAdd(Vector512.Create(S4), square, Vector512.Create(S3));
        sin = MultiplyAdd(sin, square, Vector512.Create(S2));
        sin = MultiplyAdd(sin, square, Vector512.Create(S1));
        sin = MultiplyAdd(sin, square, Vector512.Create(S0));
        var cos = MultiplyAdd(Vector512.Create(C3), square, Vector512.Create(C2));
        cos = MultiplyAdd(cos, square, Vector512.Create(C1));
        cos = MultiplyAdd(cos, square, Vector512.Create(C0));
        cos = MultiplyAdd(cos, square, Vector512<float>.One);

        // Each half turn changes the sign of both.
        var magnitude = (Exp2<TRange>(x).AsInt32() ^ (shifted.AsInt32() << 31)).AsSingle();
        return (magnitude * cos, magnitude * (f * sin));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* target) =>
        ScanSimd256Single.StoreSums(a.GetLower() + a.GetUpper(), b.GetLower() + b.GetUpper(), c.GetLower() + c.GetUpper(), d.GetLower() + d.GetUpper(), target);
}

/// <summary>8 doubles, for processors with AVX-512F.</summary>
internal readonly unsafe struct ScanSimd512Double : IScanSimd<double, Vector512<double>>
{
    public static int Count => Vector512<double>.Count;

    public static Vector512<double> Load(double* source) => Vector512.Load(source);

    public static void Store(Vector512<double> value, double* target) => value.Store(target);

    public static Vector512<double> Broadcast(double value) => Vector512.Create(value);

    public static Vector512<double> Add(Vector512<double> x, Vector512<double> y) => x + y;

    public static Vector512<double> Multiply(Vector512<double> x, Vector512<double> y) => x * y;

    public static Vector512<double> MultiplyAdd(Vector512<double> x, Vector512<double> y, Vector512<double> z) => Vector512.FusedMultiplyAdd(x, y, z);

    public static Vector512<double> SubtractProduct(Vector512<double> x, Vector512<double> y, Vector512<double> z) => Avx512F.FusedMultiplyAddNegated(x, y, z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Exp2<TRange>(Vector512<double> x)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) x = Vector512.MinNative(Vector512.Create(1025.0), Vector512.MaxNative(Vector512.Create(-1077.0), x));
        var n = Avx512F.RoundScale(x, 0);
        var f = x - n;
        var q = MultiplyAdd(Vector512.Create(QD10), f, Vector512.Create(QD9));
        q = MultiplyAdd(q, f, Vector512.Create(QD8));
        q = MultiplyAdd(q, f, Vector512.Create(QD7));
        q = MultiplyAdd(q, f, Vector512.Create(QD6));
        q = MultiplyAdd(q, f, Vector512.Create(QD5));
        q = MultiplyAdd(q, f, Vector512.Create(QD4));
        q = MultiplyAdd(q, f, Vector512.Create(QD3));
        q = MultiplyAdd(q, f, Vector512.Create(QD2));
        q = MultiplyAdd(q, f, Vector512.Create(QD1));
        q = MultiplyAdd(q, f, Vector512.Create(QD0));
        q = MultiplyAdd(q, f, Vector512<double>.One);
        return Avx512F.Scale(q, n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<double> Re, Vector512<double> Im) Polar<TRange>(Vector512<double> x, Vector512<double> phi)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) phi -= Vector512.Create(2.0) * Vector512.Round(phi * Vector512.Create(0.5));
        var shifted = phi + Vector512.Create(RoundDouble);
        var f = phi - (shifted - Vector512.Create(RoundDouble));
        var square = f * f;
        var sin = MultiplyAdd(Vector512.Create(SD7), square, Vector512.Create(SD6));
        sin = MultiplyAdd(sin, square, Vector512.Create(SD5));
        sin = MultiplyAdd(sin, square, Vector512.Create(SD4));
        sin = MultiplyAdd(sin, square, Vector512.Create(SD3));
        sin = MultiplyAdd(sin, square, Vector512.Create(SD2));
        sin = MultiplyAdd(sin, square, Vector512.Create(SD1));
        sin = MultiplyAdd(sin, square, Vector512.Create(SD0));
        var cos = MultiplyAdd(Vector512.Create(CD7), square, Vector512.Create(CD6));
        cos = MultiplyAdd(cos, square, Vector512.Create(CD5));
        cos = MultiplyAdd(cos, square, Vector512.Create(CD4));
        cos = MultiplyAdd(cos, square, Vector512.Create(CD3));
        cos = MultiplyAdd(cos, square, Vector512.Create(CD2));
        cos = MultiplyAdd(cos, square, Vector512.Create(CD1));
        cos = MultiplyAdd(cos, square, Vector512.Create(CD0));
        cos = MultiplyAdd(cos, square, Vector512<double>.One);

        // Each half turn changes the sign of both.
        var magnitude = (Exp2<TRange>(x).AsInt64() ^ (shifted.AsInt64() << 63)).AsDouble();
        return (magnitude * cos, magnitude * (f * sin));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(Vector512<double> a, Vector512<double> b, Vector512<double> c, Vector512<double> d, double* target) =>
        ScanSimd256Double.StoreSums(a.GetLower() + a.GetUpper(), b.GetLower() + b.GetUpper(), c.GetLower() + c.GetUpper(), d.GetLower() + d.GetUpper(), target);
}
