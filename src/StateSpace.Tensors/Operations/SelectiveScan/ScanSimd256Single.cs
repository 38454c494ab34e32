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
        if (!TRange.IsNormal) x = Limit(x);
        var shifted = x + Vector256.Create(Round);
        var n = shifted - Vector256.Create(Round);
        var f = x - n;
        var q = MultiplyAdd(Vector256.Create(Q4), f, Vector256.Create(Q3));
        q = MultiplyAdd(q, f, Vector256.Create(Q2));
        q = MultiplyAdd(q, f, Vector256.Create(Q1));
        q = MultiplyAdd(q, f, Vector256.Create(Q0));
        q = MultiplyAdd(q, f, Vector256<float>.One);
        return Raise<TRange>(q, shifted, n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreExp2<TRange>(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, float* target)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) (a, b, c, d) = (Limit(a), Limit(b), Limit(c), Limit(d));
        var round = Vector256.Create(Round);
        Vector256<float> aShifted = a + round, bShifted = b + round, cShifted = c + round, dShifted = d + round;
        Vector256<float> aN = aShifted - round, bN = bShifted - round, cN = cShifted - round, dN = dShifted - round;
        (a, b, c, d) = (a - aN, b - bN, c - cN, d - dN);
        Vector256<float> high = Vector256.Create(Q4), next = Vector256.Create(Q3);
        Vector256<float> aQ = MultiplyAdd(high, a, next), bQ = MultiplyAdd(high, b, next), cQ = MultiplyAdd(high, c, next), dQ = MultiplyAdd(high, d, next);
        next = Vector256.Create(Q2);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256.Create(Q1);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256.Create(Q0);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256<float>.One;
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
    public static void StorePolar<TRange>(Vector256<float> x0, Vector256<float> x1, Vector256<float> phi0, Vector256<float> phi1, float* target)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) (x0, x1, phi0, phi1) = (Limit(x0), Limit(x1), ReduceTurns(phi0), ReduceTurns(phi1));
        var round = Vector256.Create(Round);
        Vector256<float> turns0 = phi0 + round, turns1 = phi1 + round;
        Vector256<float> shifted0 = x0 + round, shifted1 = x1 + round, n0 = shifted0 - round, n1 = shifted1 - round;
        (phi0, phi1, x0, x1) = (phi0 - (turns0 - round), phi1 - (turns1 - round), x0 - n0, x1 - n1);
        Vector256<float> square0 = phi0 * phi0, square1 = phi1 * phi1;
        var q0 = MultiplyAdd(Vector256.Create(Q4), x0, Vector256.Create(Q3));
        var q1 = MultiplyAdd(Vector256.Create(Q4), x1, Vector256.Create(Q3));
        var sin0 = MultiplyAdd(Vector256.Create(S4), square0, Vector256.Create(S3));
        var sin1 = MultiplyAdd(Vector256.Create(S4), square1, Vector256.Create(S3));
        var cos0 = MultiplyAdd(Vector256.Create(C3), square0, Vector256.Create(C2));
        var cos1 = MultiplyAdd(Vector256.Create(C3), square1, Vector256.Create(C2));
        q0 = MultiplyAdd(q0, x0, Vector256.Create(Q2));
        q1 = MultiplyAdd(q1, x1, Vector256.Create(Q2));
        sin0 = MultiplyAdd(sin0, square0, Vector256.Create(S2));
        sin1 = MultiplyAdd(sin1, square1, Vector256.Create(S2));
        cos0 = MultiplyAdd(cos0, square0, Vector256.Create(C1));
        cos1 = MultiplyAdd(cos1, square1, Vector256.Create(C1));
        q0 = MultiplyAdd(q0, x0, Vector256.Create(Q1));
        q1 = MultiplyAdd(q1, x1, Vector256.Create(Q1));
        sin0 = MultiplyAdd(sin0, square0, Vector256.Create(S1));
        sin1 = MultiplyAdd(sin1, square1, Vector256.Create(S1));
        cos0 = MultiplyAdd(cos0, square0, Vector256.Create(C0));
        cos1 = MultiplyAdd(cos1, square1, Vector256.Create(C0));
        q0 = MultiplyAdd(q0, x0, Vector256.Create(Q0));
        q1 = MultiplyAdd(q1, x1, Vector256.Create(Q0));
        sin0 = MultiplyAdd(sin0, square0, Vector256.Create(S0));
        sin1 = MultiplyAdd(sin1, square1, Vector256.Create(S0));
        cos0 = MultiplyAdd(cos0, square0, Vector256<float>.One);
        cos1 = MultiplyAdd(cos1, square1, Vector256<float>.One);
        q0 = MultiplyAdd(q0, x0, Vector256<float>.One);
        q1 = MultiplyAdd(q1, x1, Vector256<float>.One);

        // Each half turn changes the sign of both.
        q0 = (Raise<TRange>(q0, shifted0, n0).AsInt32() ^ (turns0.AsInt32() << 31)).AsSingle();
        q1 = (Raise<TRange>(q1, shifted1, n1).AsInt32() ^ (turns1.AsInt32() << 31)).AsSingle();
        Store(q0 * cos0, target);
        Store(q1 * cos1, target + Count);
        Store(q0 * (phi0 * sin0), target + (2 * Count));
        Store(q1 * (phi1 * sin1), target + (3 * Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float> Re, Vector256<float> Im) Polar<TRange>(Vector256<float> x, Vector256<float> phi)
        where TRange : struct, IExponentRange
    {
        if (!TRange.IsNormal) phi = ReduceTurns(phi);
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
    public static void StoreExpOfMinusMagnitude(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, float* target)
    {
        Vector256<float> smallest = Vector256.Create(Smallest), factor = Vector256.Create(Log2E), low = Vector256.Create(Log2ELow), round = Vector256.Create(Round);
        a = Vector256.MaxNative(smallest, -Vector256.Abs(a));
        b = Vector256.MaxNative(smallest, -Vector256.Abs(b));
        c = Vector256.MaxNative(smallest, -Vector256.Abs(c));
        d = Vector256.MaxNative(smallest, -Vector256.Abs(d));
        Vector256<float> aShifted = MultiplyAdd(a, factor, round), bShifted = MultiplyAdd(b, factor, round), cShifted = MultiplyAdd(c, factor, round), dShifted = MultiplyAdd(d, factor, round);
        Vector256<float> aN = aShifted - round, bN = bShifted - round, cN = cShifted - round, dN = dShifted - round;
        a = MultiplyAdd(a, low, MultiplyAdd(a, factor, -aN));
        b = MultiplyAdd(b, low, MultiplyAdd(b, factor, -bN));
        c = MultiplyAdd(c, low, MultiplyAdd(c, factor, -cN));
        d = MultiplyAdd(d, low, MultiplyAdd(d, factor, -dN));
        Vector256<float> high = Vector256.Create(Q4), next = Vector256.Create(Q3);
        Vector256<float> aQ = MultiplyAdd(high, a, next), bQ = MultiplyAdd(high, b, next), cQ = MultiplyAdd(high, c, next), dQ = MultiplyAdd(high, d, next);
        next = Vector256.Create(Q2);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256.Create(Q1);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256.Create(Q0);
        aQ = MultiplyAdd(aQ, a, next);
        bQ = MultiplyAdd(bQ, b, next);
        cQ = MultiplyAdd(cQ, c, next);
        dQ = MultiplyAdd(dQ, d, next);
        next = Vector256<float>.One;
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Limit(Vector256<float> x) => Vector256.MinNative(Vector256.Create(129f), Vector256.MaxNative(Vector256.Create(-152f), x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> ReduceTurns(Vector256<float> phi) => phi - (Vector256.Create(2f) * Vector256.Round(phi * Vector256.Create(0.5f)));

    /// <summary>p 2^n, n being what was rounded in the low bits of a shifted number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Raise<TRange>(Vector256<float> p, Vector256<float> shifted, Vector256<float> n)
        where TRange : struct, IExponentRange => TRange.IsNormal ? (p.AsInt32() + (shifted.AsInt32() << 23)).AsSingle() : Scale(p, n);

    /// <summary>p 2^n, rounded once: the first of the two products is exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Scale(Vector256<float> p, Vector256<float> n)
    {
        var half = Vector256.Floor(n * Vector256.Create(0.5f));
        return p * PowerOfTwo(half) * PowerOfTwo(n - half);
    }

    private static Vector256<float> PowerOfTwo(Vector256<float> n) => ((n + Vector256.Create(Round + 127f)).AsInt32() << 23).AsSingle();
}
