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

    public static Vector512<float> Divide(Vector512<float> x, Vector512<float> y) => x / y;

    // The native maximum returns its second operand where one is NaN.
    public static Vector512<float> Positive(Vector512<float> x) => Vector512.MaxNative(Vector512<float>.Zero, x);

    public static Vector512<float> SelectNegative(Vector512<float> x, Vector512<float> a, Vector512<float> b) => Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), a, b);

    // As integers, magnitudes are in the same order, with NaN above infinity.
    public static Vector512<float> LargerMagnitude(Vector512<float> magnitude, Vector512<float> x) => Vector512.Max(magnitude.AsInt32(), Vector512.Abs(x).AsInt32()).AsSingle();

    public static bool AreAtMost(Vector512<float> x, float limit) => Vector512.LessThanOrEqualAll(x, Vector512.Create(limit));

    public static Vector512<float> MultiplyAdd(Vector512<float> x, Vector512<float> y, Vector512<float> z) => Avx512F.FusedMultiplyAdd(x, y, z);

    public static Vector512<float> SubtractProduct(Vector512<float> x, Vector512<float> y, Vector512<float> z) => Avx512F.FusedMultiplyAddNegated(x, y, z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp2<TRange>(Vector512<float> x)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) x = Limit(x);
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
    public static void StoreExp2<TRange>(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* target)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) (a, b, c, d) = (Limit(a), Limit(b), Limit(c), Limit(d));
        Vector512<float> aN = Avx512F.RoundScale(a, 0), bN = Avx512F.RoundScale(b, 0), cN = Avx512F.RoundScale(c, 0), dN = Avx512F.RoundScale(d, 0);
        (a, b, c, d) = (a - aN, b - bN, c - cN, d - dN);
        Vector512<float> high = Vector512.Create(Q4), next = Vector512.Create(Q3);
        Vector512<float> aQ = MultiplyAdd(high, a, next), bQ = MultiplyAdd(high, b, next), cQ = MultiplyAdd(high, c, next), dQ = MultiplyAdd(high, d, next);
        next = Vector512.Create(Q2);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512.Create(Q1);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512.Create(Q0);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512<float>.One;
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
    public static void StorePolar<TRange>(Vector512<float> x0, Vector512<float> x1, Vector512<float> phi0, Vector512<float> phi1, float* target)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) (x0, x1, phi0, phi1) = (Limit(x0), Limit(x1), ReduceTurns(phi0), ReduceTurns(phi1));
        var round = Vector512.Create(Round);
        Vector512<float> turns0 = phi0 + round, turns1 = phi1 + round;
        Vector512<float> n0 = Avx512F.RoundScale(x0, 0), n1 = Avx512F.RoundScale(x1, 0);
        (phi0, phi1, x0, x1) = (phi0 - (turns0 - round), phi1 - (turns1 - round), x0 - n0, x1 - n1);
        Vector512<float> square0 = phi0 * phi0, square1 = phi1 * phi1;
        var q0 = MultiplyAdd(Vector512.Create(Q4), x0, Vector512.Create(Q3));
        var q1 = MultiplyAdd(Vector512.Create(Q4), x1, Vector512.Create(Q3));
        var sin0 = MultiplyAdd(Vector512.Create(S4), square0, Vector512.Create(S3));
        var sin1 = MultiplyAdd(Vector512.Create(S4), square1, Vector512.Create(S3));
        var cos0 = MultiplyAdd(Vector512.Create(C3), square0, Vector512.Create(C2));
        var cos1 = MultiplyAdd(Vector512.Create(C3), square1, Vector512.Create(C2));
        q0 = MultiplyAdd(q0, x0, Vector512.Create(Q2));
        q1 = MultiplyAdd(q1, x1, Vector512.Create(Q2));
        sin0 = MultiplyAdd(sin0, square0, Vector512.Create(S2));
        sin1 = MultiplyAdd(sin1, square1, Vector512.Create(S2));
        cos0 = MultiplyAdd(cos0, square0, Vector512.Create(C1));
        cos1 = MultiplyAdd(cos1, square1, Vector512.Create(C1));
        q0 = MultiplyAdd(q0, x0, Vector512.Create(Q1));
        q1 = MultiplyAdd(q1, x1, Vector512.Create(Q1));
        sin0 = MultiplyAdd(sin0, square0, Vector512.Create(S1));
        sin1 = MultiplyAdd(sin1, square1, Vector512.Create(S1));
        cos0 = MultiplyAdd(cos0, square0, Vector512.Create(C0));
        cos1 = MultiplyAdd(cos1, square1, Vector512.Create(C0));
        q0 = MultiplyAdd(q0, x0, Vector512.Create(Q0));
        q1 = MultiplyAdd(q1, x1, Vector512.Create(Q0));
        sin0 = MultiplyAdd(sin0, square0, Vector512.Create(S0));
        sin1 = MultiplyAdd(sin1, square1, Vector512.Create(S0));
        cos0 = MultiplyAdd(cos0, square0, Vector512<float>.One);
        cos1 = MultiplyAdd(cos1, square1, Vector512<float>.One);
        q0 = MultiplyAdd(q0, x0, Vector512<float>.One);
        q1 = MultiplyAdd(q1, x1, Vector512<float>.One);

        // Each half turn changes the sign of both.
        q0 = (Avx512F.Scale(q0, n0).AsInt32() ^ (turns0.AsInt32() << 31)).AsSingle();
        q1 = (Avx512F.Scale(q1, n1).AsInt32() ^ (turns1.AsInt32() << 31)).AsSingle();
        Store(q0 * cos0, target);
        Store(q1 * cos1, target + Count);
        Store(q0 * (phi0 * sin0), target + (2 * Count));
        Store(q1 * (phi1 * sin1), target + (3 * Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Re, Vector512<float> Im) Polar<TRange>(Vector512<float> x, Vector512<float> phi)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) phi = ReduceTurns(phi);
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
    public static Vector512<float> ExpOfMinusMagnitude(Vector512<float> x)
    {
        x = Vector512.MaxNative(Vector512.Create(Smallest), -Vector512.Abs(x));
        var shifted = MultiplyAdd(x, Vector512.Create(Log2E), Vector512.Create(Round));
        var n = shifted - Vector512.Create(Round);
        var f = MultiplyAdd(x, Vector512.Create(Log2E), -n);
        f = MultiplyAdd(x, Vector512.Create(Log2ELow), f);
        var q = MultiplyAdd(Vector512.Create(Q4), f, Vector512.Create(Q3));
        q = MultiplyAdd(q, f, Vector512.Create(Q2));
        q = MultiplyAdd(q, f, Vector512.Create(Q1));
        q = MultiplyAdd(q, f, Vector512.Create(Q0));
        q = MultiplyAdd(q, f, Vector512<float>.One);
        return (q.AsInt32() + (shifted.AsInt32() << 23)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreExpOfMinusMagnitude(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* target)
    {
        Vector512<float> smallest = Vector512.Create(Smallest), factor = Vector512.Create(Log2E), low = Vector512.Create(Log2ELow), round = Vector512.Create(Round);
        a = Vector512.MaxNative(smallest, -Vector512.Abs(a));
        b = Vector512.MaxNative(smallest, -Vector512.Abs(b));
        c = Vector512.MaxNative(smallest, -Vector512.Abs(c));
        d = Vector512.MaxNative(smallest, -Vector512.Abs(d));
        Vector512<float> aShifted = MultiplyAdd(a, factor, round), bShifted = MultiplyAdd(b, factor, round), cShifted = MultiplyAdd(c, factor, round), dShifted = MultiplyAdd(d, factor, round);
        Vector512<float> aN = aShifted - round, bN = bShifted - round, cN = cShifted - round, dN = dShifted - round;
        a = MultiplyAdd(a, low, MultiplyAdd(a, factor, -aN));
        b = MultiplyAdd(b, low, MultiplyAdd(b, factor, -bN));
        c = MultiplyAdd(c, low, MultiplyAdd(c, factor, -cN));
        d = MultiplyAdd(d, low, MultiplyAdd(d, factor, -dN));
        Vector512<float> high = Vector512.Create(Q4), next = Vector512.Create(Q3);
        Vector512<float> aQ = MultiplyAdd(high, a, next), bQ = MultiplyAdd(high, b, next), cQ = MultiplyAdd(high, c, next), dQ = MultiplyAdd(high, d, next);
        next = Vector512.Create(Q2);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512.Create(Q1);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512.Create(Q0);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector512<float>.One;
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        Store((aQ.AsInt32() + (aShifted.AsInt32() << 23)).AsSingle(), target);
        Store((bQ.AsInt32() + (bShifted.AsInt32() << 23)).AsSingle(), target + Count);
        Store((cQ.AsInt32() + (cShifted.AsInt32() << 23)).AsSingle(), target + (2 * Count));
        Store((dQ.AsInt32() + (dShifted.AsInt32() << 23)).AsSingle(), target + (3 * Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ArtanhTail(Vector512<float> square)
    {
        var l = MultiplyAdd(Vector512.Create(L3), square, Vector512.Create(L2));
        l = MultiplyAdd(l, square, Vector512.Create(L1));
        return MultiplyAdd(l, square, Vector512.Create(L0));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* target) =>
        ScanSimd256Single.StoreSums(a.GetLower() + a.GetUpper(), b.GetLower() + b.GetUpper(), c.GetLower() + c.GetUpper(), d.GetLower() + d.GetUpper(), target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Limit(Vector512<float> x) => Vector512.MinNative(Vector512.Create(129f), Vector512.MaxNative(Vector512.Create(-152f), x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ReduceTurns(Vector512<float> phi) => phi - (Vector512.Create(2f) * Vector512.Round(phi * Vector512.Create(0.5f)));
}
