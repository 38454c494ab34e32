using System.Numerics;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Operations.Reduction;

namespace StateSpace.Tensors.Operations.Indexing;

/// <summary>Elements moved by number along an axis of a tensor seen as (outer, axis, inner).</summary>
internal static unsafe class IndexingCpu
{
    /// <summary>Elements of a parallel piece.</summary>
    private const long Grain = 1 << 14;

    public static void Gather<T>(Tensor x, int axis, Tensor index, Tensor y)
        where T : unmanaged
    {
        var (_, length, inner) = ReductionLayout.Over(x.Shape, axis, axis + 1);
        var picks = index.Shape[axis];
        T* source = (T*)x.Bytes(), target = (T*)y.Bytes();
        var number = index.Pointer<long>();
        CpuTeam.ForBlocks(y.Count, Grain, (start, end) =>
        {
            var (row, column) = (start / inner, start % inner);
            var pick = row % picks;
            var from = source + (row / picks * length * inner);
            for (var i = start; i < end; i++)
            {
                target[i] = from[(number[i] * inner) + column];
                if (++column < inner) continue;
                column = 0;
                if (++pick < picks) continue;
                pick = 0;
                from += length * inner;
            }
        });
    }

    /// <summary>Each piece holds all additions to its elements, so that their order is that of the axis.</summary>
    public static void ScatterAdd<T>(int axis, Tensor index, Tensor source, Tensor y)
        where T : unmanaged, INumber<T>
    {
        var (outer, length, inner) = ReductionLayout.Over(y.Shape, axis, axis + 1);
        if (index.Count == 0) return;
        var picks = index.Shape[axis];
        T* from = source.Pointer<T>(), to = y.Pointer<T>();
        var number = index.Pointer<long>();
        var columns = Math.Min(inner, Math.Max(16, Grain / picks));
        var blocks = (inner + columns - 1) / columns;
        CpuTeam.ForBlocks(outer * blocks, Math.Max(1, Grain / (picks * columns)), (start, end) =>
        {
            for (var piece = start; piece < end; piece++)
            {
                var (plane, first) = (piece / blocks, piece % blocks * columns);
                var last = Math.Min(inner, first + columns);
                for (long pick = 0; pick < picks; pick++)
                {
                    var row = ((plane * picks) + pick) * inner;
                    for (var column = first; column < last; column++)
                    {
                        to[(((plane * length) + number[row + column]) * inner) + column] += from[row + column];
                    }
                }
            }
        });
    }
}
