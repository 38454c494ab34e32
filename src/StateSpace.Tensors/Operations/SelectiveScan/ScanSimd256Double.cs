using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static StateSpace.Tensors.Operations.SelectiveScan.ScanPolynomials;

namespace StateSpace.Tensors.Operations.SelectiveScan;

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
        if (!TRange.IsNormal) x = Limit(x);
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
        return Raise<TRange>(q, shifted, n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreExp2<TRange>(Vector256<double> a, Vector256<double> b, Vector256<double> c, Vector256<double> d, double* target)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) (a, b, c, d) = (Limit(a), Limit(b), Limit(c), Limit(d));
        var round = Vector256.Create(RoundDouble);
        Vector256<double> aShifted = a + round, bShifted = b + round, cShifted = c + round, dShifted = d + round;
        Vector256<double> aN = aShifted - round, bN = bShifted - round, cN = cShifted - round, dN = dShifted - round;
        (a, b, c, d) = (a - aN, b - bN, c - cN, d - dN);
        Vector256<double> high = Vector256.Create(QD10), next = Vector256.Create(QD9);
        Vector256<double> aQ = MultiplyAdd(high, a, next), bQ = MultiplyAdd(high, b, next), cQ = MultiplyAdd(high, c, next), dQ = MultiplyAdd(high, d, next);
        next = Vector256.Create(QD8);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256.Create(QD7);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256.Create(QD6);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256.Create(QD5);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256.Create(QD4);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256.Create(QD3);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256.Create(QD2);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256.Create(QD1);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256.Create(QD0);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256<double>.One;
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        Store(Raise<TRange>(aQ, aShifted, aN), target);
        Store(Raise<TRange>(bQ, bShifted, bN), target + Count);
        Store(Raise<TRange>(cQ, cShifted, cN), target + (2 * Count));
        Store(Raise<TRange>(dQ, dShifted, dN), target + (3 * Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePolar<TRange>(Vector256<double> x0, Vector256<double> x1, Vector256<double> phi0, Vector256<double> phi1, double* target)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) (x0, x1, phi0, phi1) = (Limit(x0), Limit(x1), ReduceTurns(phi0), ReduceTurns(phi1));
        var round = Vector256.Create(RoundDouble);
        Vector256<double> turns0 = phi0 + round, turns1 = phi1 + round;
        Vector256<double> shifted0 = x0 + round, shifted1 = x1 + round, n0 = shifted0 - round, n1 = shifted1 - round;
        (phi0, phi1, x0, x1) = (phi0 - (turns0 - round), phi1 - (turns1 - round), x0 - n0, x1 - n1);
        Vector256<double> square0 = phi0 * phi0, square1 = phi1 * phi1;
        var q0 = MultiplyAdd(Vector256.Create(QD10), x0, Vector256.Create(QD9));
        var q1 = MultiplyAdd(Vector256.Create(QD10), x1, Vector256.Create(QD9));
        var sin0 = MultiplyAdd(Vector256.Create(SD7), square0, Vector256.Create(SD6));
        var sin1 = MultiplyAdd(Vector256.Create(SD7), square1, Vector256.Create(SD6));
        var cos0 = MultiplyAdd(Vector256.Create(CD7), square0, Vector256.Create(CD6));
        var cos1 = MultiplyAdd(Vector256.Create(CD7), square1, Vector256.Create(CD6));
        q0 = MultiplyAdd(q0, x0, Vector256.Create(QD8));
        q1 = MultiplyAdd(q1, x1, Vector256.Create(QD8));
        sin0 = MultiplyAdd(sin0, square0, Vector256.Create(SD5));
        sin1 = MultiplyAdd(sin1, square1, Vector256.Create(SD5));
        cos0 = MultiplyAdd(cos0, square0, Vector256.Create(CD5));
        cos1 = MultiplyAdd(cos1, square1, Vector256.Create(CD5));
        q0 = MultiplyAdd(q0, x0, Vector256.Create(QD7));
        q1 = MultiplyAdd(q1, x1, Vector256.Create(QD7));
        sin0 = MultiplyAdd(sin0, square0, Vector256.Create(SD4));
        sin1 = MultiplyAdd(sin1, square1, Vector256.Create(SD4));
        cos0 = MultiplyAdd(cos0, square0, Vector256.Create(CD4));
        cos1 = MultiplyAdd(cos1, square1, Vector256.Create(CD4));
        q0 = MultiplyAdd(q0, x0, Vector256.Create(QD6));
        q1 = MultiplyAdd(q1, x1, Vector256.Create(QD6));
        sin0 = MultiplyAdd(sin0, square0, Vector256.Create(SD3));
        sin1 = MultiplyAdd(sin1, square1, Vector256.Create(SD3));
        cos0 = MultiplyAdd(cos0, square0, Vector256.Create(CD3));
        cos1 = MultiplyAdd(cos1, square1, Vector256.Create(CD3));
        q0 = MultiplyAdd(q0, x0, Vector256.Create(QD5));
        q1 = MultiplyAdd(q1, x1, Vector256.Create(QD5));
        sin0 = MultiplyAdd(sin0, square0, Vector256.Create(SD2));
        sin1 = MultiplyAdd(sin1, square1, Vector256.Create(SD2));
        cos0 = MultiplyAdd(cos0, square0, Vector256.Create(CD2));
        cos1 = MultiplyAdd(cos1, square1, Vector256.Create(CD2));
        q0 = MultiplyAdd(q0, x0, Vector256.Create(QD4));
        q1 = MultiplyAdd(q1, x1, Vector256.Create(QD4));
        sin0 = MultiplyAdd(sin0, square0, Vector256.Create(SD1));
        sin1 = MultiplyAdd(sin1, square1, Vector256.Create(SD1));
        cos0 = MultiplyAdd(cos0, square0, Vector256.Create(CD1));
        cos1 = MultiplyAdd(cos1, square1, Vector256.Create(CD1));
        q0 = MultiplyAdd(q0, x0, Vector256.Create(QD3));
        q1 = MultiplyAdd(q1, x1, Vector256.Create(QD3));
        sin0 = MultiplyAdd(sin0, square0, Vector256.Create(SD0));
        sin1 = MultiplyAdd(sin1, square1, Vector256.Create(SD0));
        cos0 = MultiplyAdd(cos0, square0, Vector256.Create(CD0));
        cos1 = MultiplyAdd(cos1, square1, Vector256.Create(CD0));
        q0 = MultiplyAdd(q0, x0, Vector256.Create(QD2));
        q1 = MultiplyAdd(q1, x1, Vector256.Create(QD2));
        cos0 = MultiplyAdd(cos0, square0, Vector256<double>.One);
        cos1 = MultiplyAdd(cos1, square1, Vector256<double>.One);
        q0 = MultiplyAdd(q0, x0, Vector256.Create(QD1));
        q1 = MultiplyAdd(q1, x1, Vector256.Create(QD1));
        q0 = MultiplyAdd(q0, x0, Vector256.Create(QD0));
        q1 = MultiplyAdd(q1, x1, Vector256.Create(QD0));
        q0 = MultiplyAdd(q0, x0, Vector256<double>.One);
        q1 = MultiplyAdd(q1, x1, Vector256<double>.One);

        // Each half turn changes the sign of both.
        q0 = (Raise<TRange>(q0, shifted0, n0).AsInt64() ^ (turns0.AsInt64() << 63)).AsDouble();
        q1 = (Raise<TRange>(q1, shifted1, n1).AsInt64() ^ (turns1.AsInt64() << 63)).AsDouble();
        Store(q0 * cos0, target);
        Store(q1 * cos1, target + Count);
        Store(q0 * (phi0 * sin0), target + (2 * Count));
        Store(q1 * (phi1 * sin1), target + (3 * Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<double> Re, Vector256<double> Im) Polar<TRange>(Vector256<double> x, Vector256<double> phi)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) phi = ReduceTurns(phi);
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
    public static void StoreExpOfMinusMagnitude(Vector256<double> a, Vector256<double> b, Vector256<double> c, Vector256<double> d, double* target)
    {
        Vector256<double> smallest = Vector256.Create(SmallestDouble), factor = Vector256.Create(Log2EDouble), low = Vector256.Create(Log2ELowDouble), round = Vector256.Create(RoundDouble);
        a = Vector256.MaxNative(smallest, -Vector256.Abs(a));
        b = Vector256.MaxNative(smallest, -Vector256.Abs(b));
        c = Vector256.MaxNative(smallest, -Vector256.Abs(c));
        d = Vector256.MaxNative(smallest, -Vector256.Abs(d));
        Vector256<double> aShifted = MultiplyAdd(a, factor, round), bShifted = MultiplyAdd(b, factor, round), cShifted = MultiplyAdd(c, factor, round), dShifted = MultiplyAdd(d, factor, round);
        Vector256<double> aN = aShifted - round, bN = bShifted - round, cN = cShifted - round, dN = dShifted - round;
        a = MultiplyAdd(a, low, MultiplyAdd(a, factor, -aN));
        b = MultiplyAdd(b, low, MultiplyAdd(b, factor, -bN));
        c = MultiplyAdd(c, low, MultiplyAdd(c, factor, -cN));
        d = MultiplyAdd(d, low, MultiplyAdd(d, factor, -dN));
        Vector256<double> high = Vector256.Create(QD10), next = Vector256.Create(QD9);
        Vector256<double> aQ = MultiplyAdd(high, a, next), bQ = MultiplyAdd(high, b, next), cQ = MultiplyAdd(high, c, next), dQ = MultiplyAdd(high, d, next);
        next = Vector256.Create(QD8);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256.Create(QD7);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256.Create(QD6);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256.Create(QD5);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256.Create(QD4);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256.Create(QD3);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256.Create(QD2);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256.Create(QD1);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256.Create(QD0);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256<double>.One;
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Limit(Vector256<double> x) => Vector256.MinNative(Vector256.Create(1025.0), Vector256.MaxNative(Vector256.Create(-1077.0), x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> ReduceTurns(Vector256<double> phi) => phi - (Vector256.Create(2.0) * Vector256.Round(phi * Vector256.Create(0.5)));

    /// <summary>p 2^n, n being what was rounded in the low bits of a shifted number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Raise<TRange>(Vector256<double> p, Vector256<double> shifted, Vector256<double> n)
        where TRange : struct, IExponentRange => TRange.IsNormal ? (p.AsInt64() + (shifted.AsInt64() << 52)).AsDouble() : Scale(p, n);

    /// <summary>p 2^n, rounded once: the first of the two products is exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Scale(Vector256<double> p, Vector256<double> n)
    {
        var half = Vector256.Floor(n * Vector256.Create(0.5));
        return p * PowerOfTwo(half) * PowerOfTwo(n - half);
    }

    private static Vector256<double> PowerOfTwo(Vector256<double> n) => ((n + Vector256.Create(RoundDouble + 1023.0)).AsInt64() << 52).AsDouble();
}
