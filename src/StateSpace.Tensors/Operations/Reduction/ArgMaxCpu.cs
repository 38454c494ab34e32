using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.Reduction;

/// <summary>Index of the first largest element along an axis; a NaN counts as larger than any number.</summary>
internal static unsafe class ArgMaxCpu
{
    /// <summary>Elements of a parallel piece.</summary>
    private const long Grain = 1 << 15;

    public static void Run(Tensor x, int axis, Tensor index)
    {
        var layout = ReductionLayout.Over(x.Shape, axis, axis + 1);
        if (index.Count == 0) return;
        if (x.DType == DType.Float32) Run(x.Pointer<float>(), layout, index.Pointer<long>());
        else Run(x.Pointer<double>(), layout, index.Pointer<long>());
    }

    private static void Run<T>(T* x, ReductionLayout layout, long* index)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (outer, length, inner) = layout;
        if (inner == 1)
        {
            CpuTeam.ForBlocks(outer, Math.Max(1, Grain / length), (start, end) =>
            {
                for (var row = start; row < end; row++) index[row] = Row(x + (row * length), length);
            });
            return;
        }

        ColumnBlocks.For(layout, (offset, width) =>
        {
            // What the rows so far have left: the largest elements and their rows.
            T* best = stackalloc T[ColumnBlocks.Width], at = stackalloc T[ColumnBlocks.Width];
            new Span<T>(at, ColumnBlocks.Width).Clear();
            new ReadOnlySpan<T>(x + offset, (int)width).CopyTo(new Span<T>(best, ColumnBlocks.Width));
            for (long first = 1; first < length; first += ColumnBlocks.Rows)
            {
                var rows = Math.Min(ColumnBlocks.Rows, length - first);
                for (long column = 0; column < width; column += Vector512<T>.Count)
                {
                    Column(x + offset + (first * inner) + column, first, rows, inner, width - column, best + column, at + column);
                }
            }

            var target = index + (offset / (length * inner) * inner) + (offset % inner);
            for (var column = 0; column < width; column++) target[column] = sizeof(T) == 4 ? ((int*)at)[column] : ((long*)at)[column];
        });
    }

    private static long Row<T>(T* x, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        long lanes = Vector512<T>.Count, i = lanes;
        if (length < lanes) return Scalar(x, 1, length, x[0], 0);
        Vector512<T> best = Vector512.Load(x), at = Sequence<T>(), index = at, step = Numbers<T>(lanes);
        for (; i <= length - lanes; i += lanes)
        {
            index = AddNumbers(index, step);
            (best, at) = Larger(Vector512.Load(x + i), index, best, at);
        }

        // The lanes in the order of their numbers, so that the first of equals wins.
        var (value, number) = (best[0], Number(at, 0));
        for (var lane = 1; lane < lanes; lane++)
        {
            var other = Number(at, lane);
            if (IsLarger(best[lane], value) || (other < number && !IsLarger(value, best[lane]))) (value, number) = (best[lane], other);
        }

        return Scalar(x, i, length, value, number);
    }

    private static long Scalar<T>(T* x, long start, long end, T best, long at)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (var i = start; i < end; i++)
        {
            if (IsLarger(x[i], best)) (best, at) = (x[i], i);
        }

        return at;
    }

    /// <summary>One vector of columns, down some rows.</summary>
    private static void Column<T>(T* x, long first, long rows, long stride, long left, T* largest, T* numbers)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> best = Vector512.Load(largest), at = Vector512.Load(numbers), index = Numbers<T>(first), step = Numbers<T>(1);
        for (long row = 0; row < rows; row++)
        {
            (best, at) = Larger(Lanes.Load(x + (row * stride), left), index, best, at);
            index = AddNumbers(index, step);
        }

        Vector512.Store(best, largest);
        Vector512.Store(at, numbers);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<T> Best, Vector512<T> At) Larger<T>(Vector512<T> x, Vector512<T> index, Vector512<T> best, Vector512<T> at)
    {
        var larger = ~Vector512.LessThanOrEqual(x, best) & Vector512.Equals(best, best);
        return (Vector512.ConditionalSelect(larger, x, best), Vector512.ConditionalSelect(larger, index, at));
    }

    private static bool IsLarger<T>(T x, T best)
        where T : IFloatingPointIeee754<T> => !(x <= best) && !T.IsNaN(best);

    // Numbers of elements are integers of the width of T in the bits of its lanes.
    private static Vector512<T> Numbers<T>(long value) =>
        typeof(T) == typeof(float) ? Vector512.Create((int)value).As<int, T>() : Vector512.Create(value).As<long, T>();

    private static Vector512<T> Sequence<T>() =>
        typeof(T) == typeof(float) ? Vector512<int>.Indices.As<int, T>() : Vector512<long>.Indices.As<long, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> AddNumbers<T>(Vector512<T> index, Vector512<T> step) =>
        typeof(T) == typeof(float) ? (index.AsInt32() + step.AsInt32()).As<int, T>() : (index.AsInt64() + step.AsInt64()).As<long, T>();

    private static long Number<T>(Vector512<T> at, int lane) => typeof(T) == typeof(float) ? at.AsInt32()[lane] : at.AsInt64()[lane];
}
