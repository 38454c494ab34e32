using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.Reduction;

/// <summary>Cumulative sums, in double and rounded at each element.</summary>
internal static unsafe class CumulativeSumCpu
{
    /// <summary>Over the last axis: eight elements at a time are summed among themselves before the sum so far is added.</summary>
    public static void Rows<T>(Tensor x, Tensor y, ReductionLayout layout, bool reverse)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* source = x.Pointer<T>(), target = y.Pointer<T>();
        var length = layout.Length;
        CpuTeam.ForBlocks(layout.Outer, Math.Max(1, (1 << 15) / length), (start, end) =>
        {
            for (var row = start; row < end; row++)
            {
                if (reverse) FromEnd(source + (row * length), target + (row * length), length);
                else FromStart(source + (row * length), target + (row * length), length);
            }
        });
    }

    /// <summary>Over another axis: columns side by side in lanes.</summary>
    public static void Columns<T>(Tensor x, Tensor y, ReductionLayout layout, bool reverse)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* source = x.Pointer<T>(), target = y.Pointer<T>();
        var stride = reverse ? -layout.Inner : layout.Inner;
        var origin = reverse ? (layout.Length - 1) * layout.Inner : 0;
        ColumnBlocks.For(layout, (offset, width) =>
        {
            var sums = stackalloc double[ColumnBlocks.Width];
            new Span<double>(sums, ColumnBlocks.Width).Clear();
            for (long first = 0; first < layout.Length; first += ColumnBlocks.Rows)
            {
                var rows = Math.Min(ColumnBlocks.Rows, layout.Length - first);
                var position = offset + origin + (first * stride);
                for (long column = 0; column < width; column += Vector512<T>.Count)
                {
                    T* from = source + position + column, to = target + position + column;
                    if (sizeof(T) == 4) Column((float*)from, (float*)to, sums + column, rows, stride, width - column);
                    else Column((double*)from, (double*)to, sums + column, rows, stride, width - column);
                }
            }
        });
    }

    private static void FromStart<T>(T* x, T* y, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var sum = Vector256<double>.Zero;
        long i = 0;
        for (; i <= length - 8; i += 8)
        {
            var (lower, upper) = LoadEight(x + i);
            lower = SumFromStart(lower) + sum;
            upper = SumFromStart(upper) + Vector256.Shuffle(lower, Vector256.Create(3L, 3, 3, 3));
            sum = Vector256.Shuffle(upper, Vector256.Create(3L, 3, 3, 3));
            StoreEight(lower, upper, y + i);
        }

        var total = sum[0];
        for (; i < length; i++) y[i] = T.CreateTruncating(total += double.CreateTruncating(x[i]));
    }

    private static void FromEnd<T>(T* x, T* y, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var sum = Vector256<double>.Zero;
        var i = length;
        for (; i >= 8; i -= 8)
        {
            var (lower, upper) = LoadEight(x + i - 8);
            upper = SumFromEnd(upper) + sum;
            lower = SumFromEnd(lower) + Vector256.Shuffle(upper, Vector256<long>.Zero);
            sum = Vector256.Shuffle(lower, Vector256<long>.Zero);
            StoreEight(lower, upper, y + i - 8);
        }

        var total = sum[0];
        for (; i > 0; i--) y[i - 1] = T.CreateTruncating(total += double.CreateTruncating(x[i - 1]));
    }

    // Lanes move by one, then by two; number 4 is no lane and gives 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> SumFromStart(Vector256<double> x)
    {
        x += Vector256.Shuffle(x, Vector256.Create(4L, 0, 1, 2));
        return x + Vector256.Shuffle(x, Vector256.Create(4L, 4, 0, 1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> SumFromEnd(Vector256<double> x)
    {
        x += Vector256.Shuffle(x, Vector256.Create(1L, 2, 3, 4));
        return x + Vector256.Shuffle(x, Vector256.Create(2L, 3, 4, 4));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<double> Lower, Vector256<double> Upper) LoadEight<T>(T* x)
        where T : unmanaged =>
        sizeof(T) == 4 ? Vector256.Widen(Vector256.Load((float*)x)) : (Vector256.Load((double*)x), Vector256.Load((double*)x + 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreEight<T>(Vector256<double> lower, Vector256<double> upper, T* y)
        where T : unmanaged
    {
        if (sizeof(T) == 4)
        {
            Vector256.Store(Vector256.Narrow(lower, upper), (float*)y);
        }
        else
        {
            Vector256.Store(lower, (double*)y);
            Vector256.Store(upper, (double*)y + 4);
        }
    }

    private static void Column(float* x, float* y, double* sums, long rows, long stride, long left)
    {
        Vector512<double> lower = Vector512.Load(sums), upper = Vector512.Load(sums + 8);
        for (long row = 0; row < rows; row++)
        {
            var (a, b) = Vector512.Widen(Lanes.Load(x + (row * stride), left));
            lower += a;
            upper += b;
            Lanes.Store(Vector512.Narrow(lower, upper), y + (row * stride), left);
        }

        Vector512.Store(lower, sums);
        Vector512.Store(upper, sums + 8);
    }

    private static void Column(double* x, double* y, double* sums, long rows, long stride, long left)
    {
        var sum = Vector512.Load(sums);
        for (long row = 0; row < rows; row++)
        {
            sum += Lanes.Load(x + (row * stride), left);
            Lanes.Store(sum, y + (row * stride), left);
        }

        Vector512.Store(sum, sums);
    }
}
