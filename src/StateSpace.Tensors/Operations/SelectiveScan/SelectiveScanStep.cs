using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>The rows of a block's channels in arrays (D, N) and (B, D, N), and the step's B and C (N); imaginary parts only where complex, an initial state only where there is one.</summary>
internal unsafe struct ScanRows<T>
    where T : unmanaged
{
    public T* ARe;
    public T* AIm;
    public T* BRe;
    public T* BIm;
    public T* CRe;
    public T* CIm;
    public T* InitialRe;
    public T* InitialIm;
    public T* FinalRe;
    public T* FinalIm;
    public long States;
}

/// <summary>A single step, as in generation: states across lanes, so that A and the states are read and written as they lie, without a transposition.</summary>
internal static unsafe class SelectiveScanStep
{
    /// <summary>Whether the states fill vectors.</summary>
    public static bool Serves(ScanTensors x) =>
        x.Input.Shape[1] == 1 && x.IsBPerStep && x.IsCPerStep && x.ARe.Shape[1] > 0 && x.ARe.Shape[1] % (32 / x.Input.DType.Size()) == 0;

    /// <param name="rows">What to read and write.</param>
    /// <param name="channels">Channels of the block.</param>
    /// <param name="delta">Δ, one for each channel.</param>
    /// <param name="input">Δ u, likewise.</param>
    /// <param name="sum">Where Re Σ C h goes, for a block's lanes.</param>
    public static void Run<T>(in ScanRows<T> rows, int channels, T* delta, T* input, T* sum)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (typeof(T) == typeof(float)) Run<float, Vector256<float>, ScanSimd256Single>(Unsafe.As<ScanRows<T>, ScanRows<float>>(ref Unsafe.AsRef(in rows)), channels, (float*)delta, (float*)input, (float*)sum);
        else Run<double, Vector256<double>, ScanSimd256Double>(Unsafe.As<ScanRows<T>, ScanRows<double>>(ref Unsafe.AsRef(in rows)), channels, (double*)delta, (double*)input, (double*)sum);
    }

    private static void Run<T, V, TSimd>(in ScanRows<T> rows, int channels, T* delta, T* input, T* sum)
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : struct
        where TSimd : struct, IScanSimd<T, V>
    {
        for (var d = 0; d < channels; d += 4)
        {
            // Rows past the end are computed twice and not used.
            int last = channels - 1, d1 = Math.Min(d + 1, last), d2 = Math.Min(d + 2, last), d3 = Math.Min(d + 3, last);
            TSimd.StoreSums(
                Row<T, V, TSimd>(rows, d, delta, input), Row<T, V, TSimd>(rows, d1, delta, input), Row<T, V, TSimd>(rows, d2, delta, input), Row<T, V, TSimd>(rows, d3, delta, input), sum + d);
        }
    }

    private static V Row<T, V, TSimd>(in ScanRows<T> rows, int d, T* delta, T* input)
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : struct
        where TSimd : struct, IScanSimd<T, V> =>
        rows.AIm == null
            ? RealRow<T, V, TSimd>(rows, d * rows.States, TSimd.Broadcast(delta[d] * T.CreateTruncating(ScanPolynomials.Log2EDouble)), TSimd.Broadcast(input[d]))
            : ComplexRow<T, V, TSimd>(
                rows,
                d * rows.States,
                TSimd.Broadcast(delta[d] * T.CreateTruncating(ScanPolynomials.Log2EDouble)),
                TSimd.Broadcast(delta[d] * T.CreateTruncating(1 / Math.PI)),
                TSimd.Broadcast(input[d]));

    private static V RealRow<T, V, TSimd>(in ScanRows<T> rows, long row, V step, V x)
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : struct
        where TSimd : struct, IScanSimd<T, V>
    {
        var sum = TSimd.Broadcast(T.Zero);
        for (long n = 0; n < rows.States; n += TSimd.Count)
        {
            var h = TSimd.Multiply(x, TSimd.Load(rows.BRe + n));
            if (rows.InitialRe != null) h = TSimd.MultiplyAdd(Exp2<T, V, TSimd>(TSimd.Multiply(step, TSimd.Load(rows.ARe + row + n))), TSimd.Load(rows.InitialRe + row + n), h);
            h = EndDecay<T, V, TSimd>(h);
            TSimd.Store(h, rows.FinalRe + row + n);
            sum = TSimd.MultiplyAdd(h, TSimd.Load(rows.CRe + n), sum);
        }

        return sum;
    }

    private static V ComplexRow<T, V, TSimd>(in ScanRows<T> rows, long row, V step, V turns, V x)
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : struct
        where TSimd : struct, IScanSimd<T, V>
    {
        var sum = TSimd.Broadcast(T.Zero);
        for (long n = 0; n < rows.States; n += TSimd.Count)
        {
            V re = TSimd.Multiply(x, TSimd.Load(rows.BRe + n)), im = TSimd.Multiply(x, TSimd.Load(rows.BIm + n));
            if (rows.InitialRe != null)
            {
                var (decayRe, decayIm) = TSimd.Polar<AnyExponents>(
                    TSimd.Multiply(step, TSimd.Load(rows.ARe + row + n)), TSimd.Multiply(turns, TSimd.Load(rows.AIm + row + n)));
                V beforeRe = TSimd.Load(rows.InitialRe + row + n), beforeIm = TSimd.Load(rows.InitialIm + row + n);
                re = TSimd.SubtractProduct(decayIm, beforeIm, TSimd.MultiplyAdd(decayRe, beforeRe, re));
                im = TSimd.MultiplyAdd(decayIm, beforeRe, TSimd.MultiplyAdd(decayRe, beforeIm, im));
            }

            (re, im) = (EndDecay<T, V, TSimd>(re), EndDecay<T, V, TSimd>(im));
            TSimd.Store(re, rows.FinalRe + row + n);
            TSimd.Store(im, rows.FinalIm + row + n);
            sum = TSimd.MultiplyAdd(re, TSimd.Load(rows.CRe + n), sum);
            sum = TSimd.SubtractProduct(im, TSimd.Load(rows.CIm + n), sum);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Exp2<T, V, TSimd>(V x)
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : struct
        where TSimd : struct, IScanSimd<T, V>
    {
        var isNormal = TSimd.AreAtMost(TSimd.LargerMagnitude(TSimd.Broadcast(T.Zero), x), T.CreateTruncating(NormalExponents.Limit));
        return isNormal ? TSimd.Exp2<NormalExponents>(x) : TSimd.Exp2<AnyExponents>(x);
    }

    /// <summary>As <see cref="Decay"/>: what has decayed becomes zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V EndDecay<T, V, TSimd>(V x)
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : struct
        where TSimd : struct, IScanSimd<T, V>
    {
        var limit = typeof(T) == typeof(float) ? T.CreateTruncating(Decay.SmallestSingle) : T.CreateTruncating(Decay.SmallestDouble);
        var zero = TSimd.Broadcast(T.Zero);
        return TSimd.SelectNegative(TSimd.Add(TSimd.LargerMagnitude(zero, x), TSimd.Broadcast(-limit)), zero, x);
    }
}
