using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.VectorMath;

namespace StateSpace.Tensors.Operations.Softmax;

/// <summary>Exponentials of a row relative to its largest element, which cannot overflow. A NaN makes the row's sum NaN.</summary>
internal static unsafe class SoftmaxRow
{
    /// <summary>Terms that are summed in T before the sum goes on in double, 16 kB of floats: a second pass finds them in the L1 cache.</summary>
    private const long Chunk = 4096;

    /// <summary>Rows of a parallel piece.</summary>
    public static long RowsPerBlock(long length) => Math.Max(1, (1 << 15) / Math.Max(1, length));

    /// <summary>The largest element; −∞ for an empty row. A NaN may be passed over.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static T Maximum<T>(T* x, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> lowest = Vector512.Create(T.NegativeInfinity), first = lowest, second = lowest;
        long lanes = Vector512<T>.Count, i = 0;
        for (; i <= length - (2 * lanes); i += 2 * lanes)
        {
            first = Vector512.MaxNative(first, Vector512.Load(x + i));
            second = Vector512.MaxNative(second, Vector512.Load(x + i + lanes));
        }

        for (; i < length; i += lanes) first = Vector512.MaxNative(first, Lanes.Load(x + i, length - i, lowest));
        first = Vector512.MaxNative(first, second);
        var maximum = first[0];
        for (var lane = 1; lane < lanes; lane++) maximum = T.MaxNative(maximum, first[lane]);
        return maximum;
    }

    /// <summary>
    /// The largest element m and Σ e^(x − m) in one pass through memory: chunk by chunk, the sum is rescaled where the maximum moves. m is
    /// −∞ for a row of nothing else, and its sum 0.
    /// </summary>
    public static (T Maximum, double Sum) MaximumAndSumExp<T>(T* x, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (maximum, total) = (T.NegativeInfinity, 0.0);
        for (long start = 0; start < length; start += Chunk)
        {
            var count = Math.Min(Chunk, length - start);
            var next = T.MaxNative(maximum, Maximum(x + start, count));

            // −∞ less itself would be NaN.
            var shift = T.IsNegativeInfinity(next) ? T.Zero : next;
            if (next != maximum) total *= Math.Exp(double.CreateTruncating(maximum) - double.CreateTruncating(shift));
            total += double.CreateTruncating(SumExpOfChunk(x + start, shift, count, null));
            maximum = next;
        }

        return (maximum, total);
    }

    /// <summary>Σ e^(x − maximum), and the terms, where they are wanted. The order of the additions depends on the length alone.</summary>
    public static double SumExp<T>(T* x, T maximum, long length, T* terms = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var total = 0.0;
        for (long start = 0; start < length; start += Chunk)
        {
            total += double.CreateTruncating(SumExpOfChunk(x + start, maximum, Math.Min(Chunk, length - start), terms == null ? null : terms + start));
        }

        return total;
    }

    /// <summary>y = e^(x − shift) · factor.</summary>
    public static void Exp<T>(T* x, T shift, T factor, T* y, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var whole = length - (length % Vector512<T>.Count);
        ExpOfWhole(x, shift, factor, y, whole);
        if (whole == length) return;
        var term = UnaryDriver.Invoke<T, ExpOperator>(Lanes.Load(x + whole, length - whole) - Vector512.Create(shift));
        Lanes.Store(term * Vector512.Create(factor), y + whole, length - whole);
    }

    private static T SumExpOfChunk<T>(T* x, T shift, long length, T* terms)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var whole = length - (length % Vector512<T>.Count);
        var sum = terms == null ? SumExpOfWhole(x, shift, whole) : SumExpOfWhole(x, shift, whole, terms);
        if (whole < length)
        {
            var term = UnaryDriver.Invoke<T, ExpOperator>(Lanes.Load(x + whole, length - whole, Vector512.Create(T.NegativeInfinity)) - Vector512.Create(shift));
            if (terms != null) Lanes.Store(term, terms + whole, length - whole);
            sum += term;
        }

        return Vector512.Sum(sum);
    }

    // The loops are methods of their own with one exponential each: without AVX-512 an operation on 512 bits is a method to inline, and the
    // compiler inlines only so much into one.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ExpOfWhole<T>(T* x, T shift, T factor, T* y, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> s = Vector512.Create(shift), f = Vector512.Create(factor);
        for (long i = 0; i < length; i += Vector512<T>.Count) Vector512.Store(UnaryDriver.Invoke<T, ExpOperator>(Vector512.Load(x + i) - s) * f, y + i);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector512<T> SumExpOfWhole<T>(T* x, T shift, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> s = Vector512.Create(shift), sum = Vector512<T>.Zero;
        for (long i = 0; i < length; i += Vector512<T>.Count)
        {
            // The next chunk comes from memory meanwhile; its maximum alone would wait for it.
            if (Sse.IsSupported) Sse.Prefetch1(x + i + Chunk);
            sum += UnaryDriver.Invoke<T, ExpOperator>(Vector512.Load(x + i) - s);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector512<T> SumExpOfWhole<T>(T* x, T shift, long length, T* terms)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> s = Vector512.Create(shift), sum = Vector512<T>.Zero;
        for (long i = 0; i < length; i += Vector512<T>.Count)
        {
            var term = UnaryDriver.Invoke<T, ExpOperator>(Vector512.Load(x + i) - s);
            Vector512.Store(term, terms + i);
            sum += term;
        }

        return sum;
    }
}
