using System.Runtime.CompilerServices;

namespace StateSpace.Tensors.Cpu.Gemm;

/// <summary>
/// The loops of the micro-kernel over the depth. The accumulators are fields of local structs, which the compiler promotes to
/// registers (neither arrays nor loops over registers would be). Each element is one chain of multiply-adds in the order of the
/// depth, whatever the number of rows, so that the bits of an element do not depend on the tile that it falls into.
/// </summary>
/// <remarks>
/// Rows of A are addressed as even + offset and odd + offset with offsets that are constant over the loop: two pointers to
/// advance for up to twelve rows, so packed panels and matrices as they lie in memory run through the same loop. What the loop
/// needs only now and then stays behind the one pointer <c>run</c>: the general registers suffice for the rest.
/// </remarks>
internal static unsafe class TileKernels<T, V, S, TRowPair>
    where T : unmanaged
    where V : struct
    where S : ISimd<T, V>
    where TRowPair : struct, IRowPair<T, V>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows12(TileRun<T>* run)
    {
        run->StartFetch(12, TRowPair.Columns);
        TRowPair r0 = default, r2 = default, r4 = default, r6 = default, r8 = default, r10 = default;
        var (rowStride, step, stepB) = (run->RowStrideOfA, run->DepthStrideOfA, run->DepthStrideOfB);
        var (o2, o4, o6, o8, o10) = (2 * rowStride, 4 * rowStride, 6 * rowStride, 8 * rowStride, 10 * rowStride);
        var even = run->A;
        var odd = even + rowStride;
        var row = run->B;
        for (var depth = run->Depth; depth > 0; depth--)
        {
            run->Fetch(depth);
            var (left, right) = (S.Load(row), TRowPair.LoadRight(row));
            r0.Step(even, odd, left, right);
            r2.Step(even + o2, odd + o2, left, right);
            r4.Step(even + o4, odd + o4, left, right);
            r6.Step(even + o6, odd + o6, left, right);
            r8.Step(even + o8, odd + o8, left, right);
            r10.Step(even + o10, odd + o10, left, right);
            even += step;
            odd += step;
            row += stepB;
        }

        r0.Store(run, 0);
        r2.Store(run, 2);
        r4.Store(run, 4);
        r6.Store(run, 6);
        r8.Store(run, 8);
        r10.Store(run, 10);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows8(TileRun<T>* run)
    {
        run->StartFetch(8, TRowPair.Columns);
        TRowPair r0 = default, r2 = default, r4 = default, r6 = default;
        var (rowStride, step, stepB) = (run->RowStrideOfA, run->DepthStrideOfA, run->DepthStrideOfB);
        var (o2, o4, o6) = (2 * rowStride, 4 * rowStride, 6 * rowStride);
        var even = run->A;
        var odd = even + rowStride;
        var row = run->B;
        for (var depth = run->Depth; depth > 0; depth--)
        {
            run->Fetch(depth);
            var (left, right) = (S.Load(row), TRowPair.LoadRight(row));
            r0.Step(even, odd, left, right);
            r2.Step(even + o2, odd + o2, left, right);
            r4.Step(even + o4, odd + o4, left, right);
            r6.Step(even + o6, odd + o6, left, right);
            even += step;
            odd += step;
            row += stepB;
        }

        r0.Store(run, 0);
        r2.Store(run, 2);
        r4.Store(run, 4);
        r6.Store(run, 6);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows6(TileRun<T>* run)
    {
        run->StartFetch(6, TRowPair.Columns);
        TRowPair r0 = default, r2 = default, r4 = default;
        var (rowStride, step, stepB) = (run->RowStrideOfA, run->DepthStrideOfA, run->DepthStrideOfB);
        var (o2, o4) = (2 * rowStride, 4 * rowStride);
        var even = run->A;
        var odd = even + rowStride;
        var row = run->B;
        for (var depth = run->Depth; depth > 0; depth--)
        {
            run->Fetch(depth);
            var (left, right) = (S.Load(row), TRowPair.LoadRight(row));
            r0.Step(even, odd, left, right);
            r2.Step(even + o2, odd + o2, left, right);
            r4.Step(even + o4, odd + o4, left, right);
            even += step;
            odd += step;
            row += stepB;
        }

        r0.Store(run, 0);
        r2.Store(run, 2);
        r4.Store(run, 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows4(TileRun<T>* run)
    {
        run->StartFetch(4, TRowPair.Columns);
        TRowPair r0 = default, r2 = default;
        var (rowStride, step, stepB) = (run->RowStrideOfA, run->DepthStrideOfA, run->DepthStrideOfB);
        var o2 = 2 * rowStride;
        var even = run->A;
        var odd = even + rowStride;
        var row = run->B;
        for (var depth = run->Depth; depth > 0; depth--)
        {
            run->Fetch(depth);
            var (left, right) = (S.Load(row), TRowPair.LoadRight(row));
            r0.Step(even, odd, left, right);
            r2.Step(even + o2, odd + o2, left, right);
            even += step;
            odd += step;
            row += stepB;
        }

        r0.Store(run, 0);
        r2.Store(run, 2);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows2(TileRun<T>* run)
    {
        run->StartFetch(2, TRowPair.Columns);
        TRowPair r0 = default;
        var (rowStride, step, stepB) = (run->RowStrideOfA, run->DepthStrideOfA, run->DepthStrideOfB);
        var even = run->A;
        var odd = even + rowStride;
        var row = run->B;
        for (var depth = run->Depth; depth > 0; depth--)
        {
            run->Fetch(depth);
            var (left, right) = (S.Load(row), TRowPair.LoadRight(row));
            r0.Step(even, odd, left, right);
            even += step;
            odd += step;
            row += stepB;
        }

        r0.Store(run, 0);
    }
}
