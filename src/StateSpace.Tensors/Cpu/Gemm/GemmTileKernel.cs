using System.Runtime.CompilerServices;

namespace StateSpace.Tensors.Cpu.Gemm;

/// <summary>
/// The loop of the micro-kernel over the depth. Each element is one chain of multiply-adds in the order of the depth, whatever the
/// number of rows, so that the bits of an element do not depend on the tile that it falls into.
/// </summary>
/// <remarks>
/// The accumulators are fields of a local struct, which the compiler promotes to registers (neither arrays nor loops over registers
/// would be). What the loop needs only now and then stays behind the one pointer <c>run</c>, so that the general registers suffice
/// for the rest.
/// </remarks>
internal static unsafe class TileKernel<T, V, S, TRowPair, TRows>
    where T : unmanaged
    where V : struct
    where S : ISimd<T, V>
    where TRowPair : struct, IRowPair<T, V>
    where TRows : struct, ITileRows<T, V>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(TileRun<T>* run)
    {
        run->StartFetch(TRows.Count, TRowPair.Columns);
        TRows rows = default;
        var two = 2 * run->RowStrideOfA * sizeof(T);
        var four = 2 * two;
        var six = 3 * two;
        var eight = 4 * two;
        var ten = 5 * two;
        var stepA = run->DepthStrideOfA * sizeof(T);
        var stepB = run->DepthStrideOfB * sizeof(T);
        var even = (byte*)run->A;
        var odd = (byte*)(run->A + run->RowStrideOfA);
        var row = (byte*)run->B;
        var depth = run->Depth;
        for (; depth >= TileRun<T>.StepsPerFetch; depth -= TileRun<T>.StepsPerFetch)
        {
            run->Fetch();
            for (var pairs = TileRun<T>.StepsPerFetch / 2; pairs > 0; pairs--)
            {
                rows.Step(even, odd, two, four, six, eight, ten, S.Load((T*)row), TRowPair.LoadRight((T*)row));
                even += stepA;
                odd += stepA;
                row += stepB;
                rows.Step(even, odd, two, four, six, eight, ten, S.Load((T*)row), TRowPair.LoadRight((T*)row));
                even += stepA;
                odd += stepA;
                row += stepB;
            }
        }

        for (; depth > 0; depth--)
        {
            rows.Step(even, odd, two, four, six, eight, ten, S.Load((T*)row), TRowPair.LoadRight((T*)row));
            even += stepA;
            odd += stepA;
            row += stepB;
        }

        rows.Store(run);
    }
}
