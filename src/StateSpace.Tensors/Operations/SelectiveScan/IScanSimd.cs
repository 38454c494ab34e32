namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>The vector operations of the scan's inner loops, so that one source serves every width and type.</summary>
/// <typeparam name="T">Element: float or double.</typeparam>
/// <typeparam name="V">Vector of <see cref="Count"/> elements.</typeparam>
internal unsafe interface IScanSimd<T, V>
    where T : unmanaged
    where V : struct
{
    static abstract int Count { get; }

    static abstract V Load(T* source);

    static abstract void Store(V value, T* target);

    static abstract V Broadcast(T value);

    static abstract V Add(V x, V y);

    static abstract V Multiply(V x, V y);

    static abstract V Divide(V x, V y);

    /// <summary>max(x, 0); NaN passes.</summary>
    static abstract V Positive(V x);

    /// <summary>For each lane a where x is negative, else b.</summary>
    static abstract V SelectNegative(V x, V a, V b);

    /// <summary>max(magnitude, |x|) for magnitude ≥ 0; NaN where either is.</summary>
    static abstract V LargerMagnitude(V magnitude, V x);

    /// <summary>Whether every lane is at most a limit; false where one is NaN.</summary>
    static abstract bool AreAtMost(V x, T limit);

    /// <summary>x y + z with one rounding.</summary>
    static abstract V MultiplyAdd(V x, V y, V z);

    /// <summary>z − x y with one rounding.</summary>
    static abstract V SubtractProduct(V x, V y, V z);

    /// <summary>2^x; relative error 1.5e-7 (4e-16 in double), and much less of 1 − 2^x where x is small.</summary>
    static abstract V Exp2<TRange>(V x)
        where TRange : struct, IExponentRange;

    /// <summary>
    /// 2^x of four vectors, one after another in memory. Their instructions are interleaved: each is a chain of a dozen dependent ones, and what a
    /// processor looks ahead is a few chains that follow each other, too few to keep it busy.
    /// </summary>
    static abstract void StoreExp2<TRange>(V a, V b, V c, V d, T* target)
        where TRange : struct, IExponentRange;

    /// <summary>2^x (cos πφ + i sin πφ) of two vectors, interleaved: re, re, im, im.</summary>
    static abstract void StorePolar<TRange>(V x0, V x1, V phi0, V phi1, T* target)
        where TRange : struct, IExponentRange;

    /// <summary>2^x (cos πφ + i sin πφ).</summary>
    static abstract (V Re, V Im) Polar<TRange>(V x, V phi)
        where TRange : struct, IExponentRange;

    /// <summary>e^−|x|, at least the smallest normal number: relative error 1.5e-7 (4e-16 in double); NaN passes.</summary>
    static abstract V ExpOfMinusMagnitude(V x);

    /// <summary>The same of four vectors, interleaved, one after another in memory.</summary>
    static abstract void StoreExpOfMinusMagnitude(V a, V b, V c, V d, T* target);

    /// <summary>(2 artanh(s) / s − 2) / s² as a polynomial of s², for |s| ≤ 1/3.</summary>
    static abstract V ArtanhTail(V square);

    /// <summary>The sum of the elements of each of four vectors.</summary>
    static abstract void StoreSums(V a, V b, V c, V d, T* target);
}

/// <summary>What is known of an exponent, as a type argument.</summary>
internal interface IExponentRange
{
    /// <summary>Whether |x|, |φ| ≤ 120, so that 2^x is a normal number.</summary>
    static abstract bool IsNormal { get; }
}

/// <summary>|x|, |φ| ≤ 120: nothing to check.</summary>
internal readonly struct NormalExponents : IExponentRange
{
    public const double Limit = 120;

    public static bool IsNormal => true;
}

/// <summary>Anything: overflow gives infinity, underflow is gradual, NaN passes.</summary>
internal readonly struct AnyExponents : IExponentRange
{
    public static bool IsNormal => false;
}

/// <summary>
/// Minimax polynomials on |f| ≤ ½: 2^f = 1 + f q(f), sin πf = f s(f²), cos πf = 1 + f² c(f²). Relative errors in float: 2^f 9.1e-8, sin 5.3e-9, cos
/// 5.3e-8; in double 3.4e-18, 1.4e-16, 4.2e-18. All are exact at f = 0: a decay near 1 keeps 1 − 2^f. And 2 artanh s = 2 s + s³ l(s²) on |s| ≤ ⅓: 4.5e-9,
/// 1.3e-18.
/// </summary>
internal static class ScanPolynomials
{
    public const float Q0 = 0.693147004f, Q1 = 0.240222424f, Q2 = 0.0555073358f, Q3 = 0.00967151299f, Q4 = 0.00132647273f;
    public const float S0 = 3.14159274f, S1 = -5.16770983f, S2 = 2.55006981f, S3 = -0.598242104f, S4 = 0.0775603876f;
    public const float C0 = -4.93479538f, C1 = 4.05845118f, C2 = -1.33209383f, C3 = 0.220080659f;

    public const double QD0 = 0.6931471805599453, QD1 = 0.2402265069591013, QD2 = 0.055504108664820084, QD3 = 0.00961812910759412;
    public const double QD4 = 0.00133335581467746, QD5 = 0.00015403530457112034, QD6 = 1.5252733493145615e-05, QD7 = 1.3215435282319338e-06;
    public const double QD8 = 1.017819956459777e-07, QD9 = 7.073783248611113e-09, QD10 = 4.434772339783737e-10;
    public const double SD0 = 3.1415926535897927, SD1 = -5.167712780049753, SD2 = 2.550164039859776, SD3 = -0.5992645287757045;
    public const double SD4 = 0.0821458782565199, SD5 = -0.007370361071598511, SD6 = 0.00046597761700174723, SD7 = -2.1122953151430347e-05;
    public const double CD0 = -4.934802200544677, CD1 = 4.058712126416545, CD2 = -1.3352627688446648, CD3 = 0.23533063014599392;
    public const double CD4 = -0.02580688886274189, CD5 = 0.0019295568182002502, CD6 = -0.00010456780813236724, CD7 = 4.150750964705874e-06;

    public const float L0 = 0.666664124f, L1 = 0.40021697f, L2 = 0.279991418f, L3 = 0.280244589f;
    public const double LD0 = 0.6666666666666631, LD1 = 0.40000000000157226, LD2 = 0.2857142854785547, LD3 = 0.22222223969647492, LD4 = 0.18181743927458774;
    public const double LD5 = 0.15386559875998043, LD6 = 0.13300974133575091, LD7 = 0.12106082359772764, LD8 = 0.08340117021456504, LD9 = 0.17018548772859066;

    /// <summary>log₂ e in two parts.</summary>
    public const float Log2E = 1.44269502f, Log2ELow = 1.92596303e-08f;

    public const double Log2EDouble = 1.4426950408889634, Log2ELowDouble = 2.0355273740931033e-17;

    /// <summary>Below it e^x is no normal number.</summary>
    public const float Smallest = -87f;

    public const double SmallestDouble = -708;

    /// <summary>Adding 1.5·2^23 rounds a small number to the nearest integer and leaves that integer in the low bits.</summary>
    public const float Round = 12582912f;

    /// <summary>1.5·2^52, likewise.</summary>
    public const double RoundDouble = 6755399441055744.0;
}
