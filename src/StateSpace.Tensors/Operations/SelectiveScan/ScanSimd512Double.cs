using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static StateSpace.Tensors.Operations.SelectiveScan.ScanPolynomials;

namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>8 doubles, for processors with AVX-512F.</summary>
internal readonly unsafe struct ScanSimd512Double : IScanSimd<double, Vector512<double>>
{
    public static int Count => Vector512<double>.Count;

    public static Vector512<double> Load(double* source) => Vector512.Load(source);

    public static void Store(Vector512<double> value, double* target) => value.Store(target);

    public static Vector512<double> Broadcast(double value) => Vector512.Create(value);

    public static Vector512<double> Add(Vector512<double> x, Vector512<double> y) => x + y;

    public static Vector512<double> Multiply(Vector512<double> x, Vector512<double> y) => x * y;

    public static Vector512<double> Divide(Vector512<double> x, Vector512<double> y) => x / y;

    // The native maximum returns its second operand where one is NaN.
    public static Vector512<double> Positive(Vector512<double> x) => Vector512.MaxNative(Vector512<double>.Zero, x);

    public static Vector512<double> SelectNegative(Vector512<double> x, Vector512<double> a, Vector512<double> b) => Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<double>.Zero), a, b);

    // As integers, magnitudes are in the same order, with NaN above infinity.
    public static Vector512<double> LargerMagnitude(Vector512<double> magnitude, Vector512<double> x) => Vector512.Max(magnitude.AsInt64(), Vector512.Abs(x).AsInt64()).AsDouble();

    public static bool AreAtMost(Vector512<double> x, double limit) => Vector512.LessThanOrEqualAll(x, Vector512.Create(limit));

    public static Vector512<double> MultiplyAdd(Vector512<double> x, Vector512<double> y, Vector512<double> z) => Avx512F.FusedMultiplyAdd(x, y, z);

    public static Vector512<double> SubtractProduct(Vector512<double> x, Vector512<double> y, Vector512<double> z) => Avx512F.FusedMultiplyAddNegated(x, y, z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Exp2<TRange>(Vector512<double> x)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) x = Limit(x);
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
    public static void StoreExp2<TRange>(Vector512<double> a, Vector512<double> b, Vector512<double> c, Vector512<double> d, double* target)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) (a, b, c, d) = (Limit(a), Limit(b), Limit(c), Limit(d));
        Vector512<double> aN = Avx512F.RoundScale(a, 0), bN = Avx512F.RoundScale(b, 0), cN = Avx512F.RoundScale(c, 0), dN = Avx512F.RoundScale(d, 0);
        (a, b, c, d) = (a - aN, b - bN, c - cN, d - dN);
        Vector512<double> high = Vector512.Create(QD10), next = Vector512.Create(QD9);
        Vector512<double> aQ = MultiplyAdd(high, a, next), bQ = MultiplyAdd(high, b, next), cQ = MultiplyAdd(high, c, next), dQ = MultiplyAdd(high, d, next);
        next = Vector512.Create(QD8);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512.Create(QD7);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512.Create(QD6);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512.Create(QD5);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512.Create(QD4);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512.Create(QD3);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512.Create(QD2);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512.Create(QD1);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512.Create(QD0);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512<double>.One;
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        Store(Avx512F.Scale(aQ, aN), target);
        Store(Avx512F.Scale(bQ, bN), target + Count);
        Store(Avx512F.Scale(cQ, cN), target + (2 * Count));
        Store(Avx512F.Scale(dQ, dN), target + (3 * Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePolar<TRange>(Vector512<double> x0, Vector512<double> x1, Vector512<double> phi0, Vector512<double> phi1, double* target)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) (x0, x1, phi0, phi1) = (Limit(x0), Limit(x1), ReduceTurns(phi0), ReduceTurns(phi1));
        var round = Vector512.Create(RoundDouble);
        Vector512<double> turns0 = phi0 + round, turns1 = phi1 + round;
        Vector512<double> n0 = Avx512F.RoundScale(x0, 0), n1 = Avx512F.RoundScale(x1, 0);
        (phi0, phi1, x0, x1) = (phi0 - (turns0 - round), phi1 - (turns1 - round), x0 - n0, x1 - n1);
        Vector512<double> square0 = phi0 * phi0, square1 = phi1 * phi1;
        var q0 = MultiplyAdd(Vector512.Create(QD10), x0, Vector512.Create(QD9));
        var q1 = MultiplyAdd(Vector512.Create(QD10), x1, Vector512.Create(QD9));
        var sin0 = MultiplyAdd(Vector512.Create(SD7), square0, Vector512.Create(SD6));
        var sin1 = MultiplyAdd(Vector512.Create(SD7), square1, Vector512.Create(SD6));
        var cos0 = MultiplyAdd(Vector512.Create(CD7), square0, Vector512.Create(CD6));
        var cos1 = MultiplyAdd(Vector512.Create(CD7), square1, Vector512.Create(CD6));
        q0 = MultiplyAdd(q0, x0, Vector512.Create(QD8));
        q1 = MultiplyAdd(q1, x1, Vector512.Create(QD8));
        sin0 = MultiplyAdd(sin0, square0, Vector512.Create(SD5));
        sin1 = MultiplyAdd(sin1, square1, Vector512.Create(SD5));
        cos0 = MultiplyAdd(cos0, square0, Vector512.Create(CD5));
        cos1 = MultiplyAdd(cos1, square1, Vector512.Create(CD5));
        q0 = MultiplyAdd(q0, x0, Vector512.Create(QD7));
        q1 = MultiplyAdd(q1, x1, Vector512.Create(QD7));
        sin0 = MultiplyAdd(sin0, square0, Vector512.Create(SD4));
        sin1 = MultiplyAdd(sin1, square1, Vector512.Create(SD4));
        cos0 = MultiplyAdd(cos0, square0, Vector512.Create(CD4));
        cos1 = MultiplyAdd(cos1, square1, Vector512.Create(CD4));
        q0 = MultiplyAdd(q0, x0, Vector512.Create(QD6));
        q1 = MultiplyAdd(q1, x1, Vector512.Create(QD6));
        sin0 = MultiplyAdd(sin0, square0, Vector512.Create(SD3));
        sin1 = MultiplyAdd(sin1, square1, Vector512.Create(SD3));
        cos0 = MultiplyAdd(cos0, square0, Vector512.Create(CD3));
        cos1 = MultiplyAdd(cos1, square1, Vector512.Create(CD3));
        q0 = MultiplyAdd(q0, x0, Vector512.Create(QD5));
        q1 = MultiplyAdd(q1, x1, Vector512.Create(QD5));
        sin0 = MultiplyAdd(sin0, square0, Vector512.Create(SD2));
        sin1 = MultiplyAdd(sin1, square1, Vector512.Create(SD2));
        cos0 = MultiplyAdd(cos0, square0, Vector512.Create(CD2));
        cos1 = MultiplyAdd(cos1, square1, Vector512.Create(CD2));
        q0 = MultiplyAdd(q0, x0, Vector512.Create(QD4));
        q1 = MultiplyAdd(q1, x1, Vector512.Create(QD4));
        sin0 = MultiplyAdd(sin0, square0, Vector512.Create(SD1));
        sin1 = MultiplyAdd(sin1, square1, Vector512.Create(SD1));
        cos0 = MultiplyAdd(cos0, square0, Vector512.Create(CD1));
        cos1 = MultiplyAdd(cos1, square1, Vector512.Create(CD1));
        q0 = MultiplyAdd(q0, x0, Vector512.Create(QD3));
        q1 = MultiplyAdd(q1, x1, Vector512.Create(QD3));
        sin0 = MultiplyAdd(sin0, square0, Vector512.Create(SD0));
        sin1 = MultiplyAdd(sin1, square1, Vector512.Create(SD0));
        cos0 = MultiplyAdd(cos0, square0, Vector512.Create(CD0));
        cos1 = MultiplyAdd(cos1, square1, Vector512.Create(CD0));
        q0 = MultiplyAdd(q0, x0, Vector512.Create(QD2));
        q1 = MultiplyAdd(q1, x1, Vector512.Create(QD2));
        cos0 = MultiplyAdd(cos0, square0, Vector512<double>.One);
        cos1 = MultiplyAdd(cos1, square1, Vector512<double>.One);
        q0 = MultiplyAdd(q0, x0, Vector512.Create(QD1));
        q1 = MultiplyAdd(q1, x1, Vector512.Create(QD1));
        q0 = MultiplyAdd(q0, x0, Vector512.Create(QD0));
        q1 = MultiplyAdd(q1, x1, Vector512.Create(QD0));
        q0 = MultiplyAdd(q0, x0, Vector512<double>.One);
        q1 = MultiplyAdd(q1, x1, Vector512<double>.One);

        // Each half turn changes the sign of both.
        q0 = (Avx512F.Scale(q0, n0).AsInt64() ^ (turns0.AsInt64() << 63)).AsDouble();
        q1 = (Avx512F.Scale(q1, n1).AsInt64() ^ (turns1.AsInt64() << 63)).AsDouble();
        Store(q0 * cos0, target);
        Store(q1 * cos1, target + Count);
        Store(q0 * (phi0 * sin0), target + (2 * Count));
        Store(q1 * (phi1 * sin1), target + (3 * Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<double> Re, Vector512<double> Im) Polar<TRange>(Vector512<double> x, Vector512<double> phi)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) phi = ReduceTurns(phi);
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
    public static Vector512<double> ExpOfMinusMagnitude(Vector512<double> x)
    {
        x = Vector512.MaxNative(Vector512.Create(SmallestDouble), -Vector512.Abs(x));
        var shifted = MultiplyAdd(x, Vector512.Create(Log2EDouble), Vector512.Create(RoundDouble));
        var n = shifted - Vector512.Create(RoundDouble);
        var f = MultiplyAdd(x, Vector512.Create(Log2EDouble), -n);
        f = MultiplyAdd(x, Vector512.Create(Log2ELowDouble), f);
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
        return (q.AsInt64() + (shifted.AsInt64() << 52)).AsDouble();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreExpOfMinusMagnitude(Vector512<double> a, Vector512<double> b, Vector512<double> c, Vector512<double> d, double* target)
    {
        Vector512<double> smallest = Vector512.Create(SmallestDouble), factor = Vector512.Create(Log2EDouble), low = Vector512.Create(Log2ELowDouble), round = Vector512.Create(RoundDouble);
        a = Vector512.MaxNative(smallest, -Vector512.Abs(a));
        b = Vector512.MaxNative(smallest, -Vector512.Abs(b));
        c = Vector512.MaxNative(smallest, -Vector512.Abs(c));
        d = Vector512.MaxNative(smallest, -Vector512.Abs(d));
        Vector512<double> aShifted = MultiplyAdd(a, factor, round), bShifted = MultiplyAdd(b, factor, round), cShifted = MultiplyAdd(c, factor, round), dShifted = MultiplyAdd(d, factor, round);
        Vector512<double> aN = aShifted - round, bN = bShifted - round, cN = cShifted - round, dN = dShifted - round;
        a = MultiplyAdd(a, low, MultiplyAdd(a, factor, -aN));
        b = MultiplyAdd(b, low, MultiplyAdd(b, factor, -bN));
        c = MultiplyAdd(c, low, MultiplyAdd(c, factor, -cN));
        d = MultiplyAdd(d, low, MultiplyAdd(d, factor, -dN));
        Vector512<double> high = Vector512.Create(QD10), next = Vector512.Create(QD9);
        Vector512<double> aQ = MultiplyAdd(high, a, next), bQ = MultiplyAdd(high, b, next), cQ = MultiplyAdd(high, c, next), dQ = MultiplyAdd(high, d, next);
        next = Vector512.Create(QD8);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512.Create(QD7);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512.Create(QD6);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512.Create(QD5);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512.Create(QD4);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512.Create(QD3);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512.Create(QD2);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512.Create(QD1);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512.Create(QD0);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512<double>.One;
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        Store((aQ.AsInt64() + (aShifted.AsInt64() << 52)).AsDouble(), target);
        Store((bQ.AsInt64() + (bShifted.AsInt64() << 52)).AsDouble(), target + Count);
        Store((cQ.AsInt64() + (cShifted.AsInt64() << 52)).AsDouble(), target + (2 * Count));
        Store((dQ.AsInt64() + (dShifted.AsInt64() << 52)).AsDouble(), target + (3 * Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> ArtanhTail(Vector512<double> square)
    {
        var l = MultiplyAdd(Vector512.Create(LD9), square, Vector512.Create(LD8));
        l = MultiplyAdd(l, square, Vector512.Create(LD7));
        l = MultiplyAdd(l, square, Vector512.Create(LD6));
        l = MultiplyAdd(l, square, Vector512.Create(LD5));
        l = MultiplyAdd(l, square, Vector512.Create(LD4));
        l = MultiplyAdd(l, square, Vector512.Create(LD3));
        l = MultiplyAdd(l, square, Vector512.Create(LD2));
        l = MultiplyAdd(l, square, Vector512.Create(LD1));
        return MultiplyAdd(l, square, Vector512.Create(LD0));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(Vector512<double> a, Vector512<double> b, Vector512<double> c, Vector512<double> d, double* target) =>
        ScanSimd256Double.StoreSums(a.GetLower() + a.GetUpper(), b.GetLower() + b.GetUpper(), c.GetLower() + c.GetUpper(), d.GetLower() + d.GetUpper(), target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Limit(Vector512<double> x) => Vector512.MinNative(Vector512.Create(1025.0), Vector512.MaxNative(Vector512.Create(-1077.0), x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> ReduceTurns(Vector512<double> phi) => phi - (Vector512.Create(2.0) * Vector512.Round(phi * Vector512.Create(0.5)));
}
