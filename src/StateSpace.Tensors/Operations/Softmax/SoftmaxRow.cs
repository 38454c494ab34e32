using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.VectorMath;

namespace StateSpace.Tensors.Operations.Softmax;

/// <summary>Exponentials of a row relative to its largest element, which cannot overflow. A NaN makes the row's sum NaN.</summary>
internal static unsafe class SoftmaxRow
{
    /// <summary>Terms that are summed in T before the sum goes on in double.</summary>
    private const long Chunk = 4096;

    /// <summary>Rows of a parallel piece.</summary>
    public static long RowsPerBlock(long length) => Math.Max(1, (1 << 15) / Math.Max(1, length));

    /// <summary>The largest element; −∞ for an empty row. A NaN may be passed over.</summary>
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

    /// <summary>Σ e^(x − maximum), and the terms, where they are wanted. The order of the additions depends on the length alone.</summary>
    public static double SumExp<T>(T* x, T maximum, long length, T* terms = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> m = Vector512.Create(maximum), outside = Vector512.Create(T.NegativeInfinity);
        var total = 0.0;
        for (long start = 0; start < length; start += Chunk)
        {
            var end = Math.Min(length, start + Chunk);
            var sum = Vector512<T>.Zero;
            for (var i = start; i < end; i += Vector512<T>.Count)
            {
                var term = UnaryDriver.Invoke<T, ExpOperator>(Lanes.Load(x + i, end - i, outside) - m);
                if (terms != null) Lanes.Store(term, terms + i, end - i);
                sum += term;
            }

            total += double.CreateTruncating(Vector512.Sum(sum));
        }

        return total;
    }

    /// <summary>y = e^(x − shift) · factor.</summary>
    public static void Exp<T>(T* x, T shift, T factor, T* y, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> s = Vector512.Create(shift), f = Vector512.Create(factor);
        for (long i = 0; i < length; i += Vector512<T>.Count)
        {
            Lanes.Store(UnaryDriver.Invoke<T, ExpOperator>(Lanes.Load(x + i, length - i) - s) * f, y + i, length - i);
        }
    }
}
