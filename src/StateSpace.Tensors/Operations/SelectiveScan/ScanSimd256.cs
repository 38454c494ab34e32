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

    public static Vector256<float> Divide(Vector256<float> x, Vector256<float> y) => x / y;

    // The native maximum returns its second operand where one is NaN.
    public static Vector256<float> Positive(Vector256<float> x) => Vector256.MaxNative(Vector256<float>.Zero, x);

    public static Vector256<float> SelectNegative(Vector256<float> x, Vector256<float> a, Vector256<float> b) => Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256<float>.Zero), a, b);

    // As integers, magnitudes are in the same order, with NaN above infinity.
    public static Vector256<float> LargerMagnitude(Vector256<float> magnitude, Vector256<float> x) => Vector256.Max(magnitude.AsInt32(), Vector256.Abs(x).AsInt32()).AsSingle();

    public static bool AreAtMost(Vector256<float> x, float limit) => Vector256.LessThanOrEqualAll(x, Vector256.Create(limit));

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
    public static Vector256<float> ExpOfMinusMagnitude(Vector256<float> x)
    {
        x = Vector256.MaxNative(Vector256.Create(Smallest), -Vector256.Abs(x));
        var shifted = MultiplyAdd(x, Vector256.Create(Log2E), Vector256.Create(Round));
        var n = shifted - Vector256.Create(Round);
        var f = MultiplyAdd(x, Vector256.Create(Log2E), -n);
        f = MultiplyAdd(x, Vector256.Create(Log2ELow), f);
        var q = MultiplyAdd(Vector256.Create(Q4), f, Vector256.Create(Q3));
        q = MultiplyAdd(q, f, Vector256.Create(Q2));
        q = MultiplyAdd(q, f, Vector256.Create(Q1));
        q = MultiplyAdd(q, f, Vector256.Create(Q0));
        q = MultiplyAdd(q, f, Vector256<float>.One);
        return (q.AsInt32() + (shifted.AsInt32() << 23)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ArtanhTail(Vector256<float> square)
    {
        var l = MultiplyAdd(Vector256.Create(L3), square, Vector256.Create(L2));
        l = MultiplyAdd(l, square, Vector256.Create(L1));
        return MultiplyAdd(l, square, Vector256.Create(L0));
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

    public static Vector256<double> Divide(Vector256<double> x, Vector256<double> y) => x / y;

    // The native maximum returns its second operand where one is NaN.
    public static Vector256<double> Positive(Vector256<double> x) => Vector256.MaxNative(Vector256<double>.Zero, x);

    public static Vector256<double> SelectNegative(Vector256<double> x, Vector256<double> a, Vector256<double> b) => Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256<double>.Zero), a, b);

    // As integers, magnitudes are in the same order, with NaN above infinity.
    public static Vector256<double> LargerMagnitude(Vector256<double> magnitude, Vector256<double> x) => Vector256.Max(magnitude.AsInt64(), Vector256.Abs(x).AsInt64()).AsDouble();

    public static bool AreAtMost(Vector256<double> x, double limit) => Vector256.LessThanOrEqualAll(x, Vector256.Create(limit));

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
    public static Vector256<double> ExpOfMinusMagnitude(Vector256<double> x)
    {
        x = Vector256.MaxNative(Vector256.Create(SmallestDouble), -Vector256.Abs(x));
        var shifted = MultiplyAdd(x, Vector256.Create(Log2EDouble), Vector256.Create(RoundDouble));
        var n = shifted - Vector256.Create(RoundDouble);
        var f = MultiplyAdd(x, Vector256.Create(Log2EDouble), -n);
        f = MultiplyAdd(x, Vector256.Create(Log2ELowDouble), f);
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
        return (q.AsInt64() + (shifted.AsInt64() << 52)).AsDouble();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> ArtanhTail(Vector256<double> square)
    {
        var l = MultiplyAdd(Vector256.Create(LD9), square, Vector256.Create(LD8));
        l = MultiplyAdd(l, square, Vector256.Create(LD7));
        l = MultiplyAdd(l, square, Vector256.Create(LD6));
        l = MultiplyAdd(l, square, Vector256.Create(LD5));
        l = MultiplyAdd(l, square, Vector256.Create(LD4));
        l = MultiplyAdd(l, square, Vector256.Create(LD3));
        l = MultiplyAdd(l, square, Vector256.Create(LD2));
        l = MultiplyAdd(l, square, Vector256.Create(LD1));
        return MultiplyAdd(l, square, Vector256.Create(LD0));
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
