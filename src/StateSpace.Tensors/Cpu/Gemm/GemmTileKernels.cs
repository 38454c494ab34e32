using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace StateSpace.Tensors.Cpu.Gemm;

/// <summary>
/// The loops of the micro-kernel over the depth. The accumulators are fields of local structs, which the compiler promotes to
/// registers (neither arrays nor loops over registers would be). Each element is one chain of multiply-adds in the order of the
/// depth, whatever the number of rows, so that the bits of an element do not depend on the tile that it falls into.
/// </summary>
/// <remarks>
/// Rows of A are addressed as even + offset and odd + offset with offsets that are constant over the loop: two pointers to
/// advance for up to twelve rows, so packed panels and matrices as they lie in memory run through the same loop.
/// </remarks>
internal static unsafe class TileKernels<T, V, S, TRowPair>
    where T : unmanaged
    where V : struct
    where S : ISimd<T, V>
    where TRowPair : struct, IRowPair<T, V>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows12(nint depth, in RowsOfA<T> a, in ColumnsOfB<T> b, in BlockOfC<T> c, bool accumulate)
    {
        TRowPair r0 = default, r2 = default, r4 = default, r6 = default, r8 = default, r10 = default;
        var (rowStride, step, stepB) = (a.RowStride, a.DepthStride, b.DepthStride);
        var (o2, o4, o6, o8, o10) = (2 * rowStride, 4 * rowStride, 6 * rowStride, 8 * rowStride, 10 * rowStride);
        var even = a.Origin;
        var odd = even + rowStride;
        var row = b.Origin;
        var ahead = new Ahead(a, b, c, 12, depth);
        while (depth > 0)
        {
            ahead.Fetch();
            var end = depth > Ahead.Steps ? depth - Ahead.Steps : 0;
            for (; depth > end; depth--)
            {
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
        }

        var ldc = c.RowStride;
        r0.Store(c.Origin, ldc, accumulate);
        r2.Store(c.Origin + (2 * ldc), ldc, accumulate);
        r4.Store(c.Origin + (4 * ldc), ldc, accumulate);
        r6.Store(c.Origin + (6 * ldc), ldc, accumulate);
        r8.Store(c.Origin + (8 * ldc), ldc, accumulate);
        r10.Store(c.Origin + (10 * ldc), ldc, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows8(nint depth, in RowsOfA<T> a, in ColumnsOfB<T> b, in BlockOfC<T> c, bool accumulate)
    {
        TRowPair r0 = default, r2 = default, r4 = default, r6 = default;
        var (rowStride, step, stepB) = (a.RowStride, a.DepthStride, b.DepthStride);
        var (o2, o4, o6) = (2 * rowStride, 4 * rowStride, 6 * rowStride);
        var even = a.Origin;
        var odd = even + rowStride;
        var row = b.Origin;
        Ahead.FetchTile(c, 8);
        for (; depth > 0; depth--)
        {
            var (left, right) = (S.Load(row), TRowPair.LoadRight(row));
            r0.Step(even, odd, left, right);
            r2.Step(even + o2, odd + o2, left, right);
            r4.Step(even + o4, odd + o4, left, right);
            r6.Step(even + o6, odd + o6, left, right);
            even += step;
            odd += step;
            row += stepB;
        }

        var ldc = c.RowStride;
        r0.Store(c.Origin, ldc, accumulate);
        r2.Store(c.Origin + (2 * ldc), ldc, accumulate);
        r4.Store(c.Origin + (4 * ldc), ldc, accumulate);
        r6.Store(c.Origin + (6 * ldc), ldc, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows6(nint depth, in RowsOfA<T> a, in ColumnsOfB<T> b, in BlockOfC<T> c, bool accumulate)
    {
        TRowPair r0 = default, r2 = default, r4 = default;
        var (rowStride, step, stepB) = (a.RowStride, a.DepthStride, b.DepthStride);
        var (o2, o4) = (2 * rowStride, 4 * rowStride);
        var even = a.Origin;
        var odd = even + rowStride;
        var row = b.Origin;
        var ahead = new Ahead(a, b, c, 6, depth);
        while (depth > 0)
        {
            ahead.Fetch();
            var end = depth > Ahead.Steps ? depth - Ahead.Steps : 0;
            for (; depth > end; depth--)
            {
                var (left, right) = (S.Load(row), TRowPair.LoadRight(row));
                r0.Step(even, odd, left, right);
                r2.Step(even + o2, odd + o2, left, right);
                r4.Step(even + o4, odd + o4, left, right);
                even += step;
                odd += step;
                row += stepB;
            }
        }

        var ldc = c.RowStride;
        r0.Store(c.Origin, ldc, accumulate);
        r2.Store(c.Origin + (2 * ldc), ldc, accumulate);
        r4.Store(c.Origin + (4 * ldc), ldc, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows4(nint depth, in RowsOfA<T> a, in ColumnsOfB<T> b, in BlockOfC<T> c, bool accumulate)
    {
        TRowPair r0 = default, r2 = default;
        var (rowStride, step, stepB) = (a.RowStride, a.DepthStride, b.DepthStride);
        var o2 = 2 * rowStride;
        var even = a.Origin;
        var odd = even + rowStride;
        var row = b.Origin;
        Ahead.FetchTile(c, 4);
        for (; depth > 0; depth--)
        {
            var (left, right) = (S.Load(row), TRowPair.LoadRight(row));
            r0.Step(even, odd, left, right);
            r2.Step(even + o2, odd + o2, left, right);
            even += step;
            odd += step;
            row += stepB;
        }

        var ldc = c.RowStride;
        r0.Store(c.Origin, ldc, accumulate);
        r2.Store(c.Origin + (2 * ldc), ldc, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows2(nint depth, in RowsOfA<T> a, in ColumnsOfB<T> b, in BlockOfC<T> c, bool accumulate)
    {
        TRowPair r0 = default;
        var (rowStride, step, stepB) = (a.RowStride, a.DepthStride, b.DepthStride);
        var even = a.Origin;
        var odd = even + rowStride;
        var row = b.Origin;
        Ahead.FetchTile(c, 2);
        for (; depth > 0; depth--)
        {
            var (left, right) = (S.Load(row), TRowPair.LoadRight(row));
            r0.Step(even, odd, left, right);
            even += step;
            odd += step;
            row += stepB;
        }

        var ldc = c.RowStride;
        r0.Store(c.Origin, ldc, accumulate);
    }

    /// <summary>
    /// What a tile fetches while it computes: its block of C, which it needs at the end, and what later tiles need of A and B. The
    /// requests are spread over the depth, because a burst would occupy the buffers that the loop's own loads go through.
    /// </summary>
    private struct Ahead
    {
        public const int Steps = 8;

        private readonly nint _ldc;
        private readonly T* _lastC;
        private T* _c;
        private byte* _a;
        private byte* _b;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Ahead(in RowsOfA<T> a, in ColumnsOfB<T> b, in BlockOfC<T> c, int rows, nint depth)
        {
            _ldc = c.RowStride;
            _c = c.Origin;
            _lastC = _c + ((rows - 1) * _ldc);
            _a = (byte*)a.Ahead;
            _b = (byte*)b.Ahead;
            if (depth >= rows * Steps) return;
            FetchTile(c, rows);
            _c = _lastC;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void FetchTile(in BlockOfC<T> c, int rows)
        {
            if (!Sse.IsSupported) return;
            var row = c.Origin;
            for (var i = 0; i < rows; i++, row += c.RowStride)
            {
                Sse.Prefetch0(row);
                Sse.Prefetch0(row + (TRowPair.Columns - 1));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Fetch()
        {
            if (!Sse.IsSupported) return;
            Sse.Prefetch0(_c);
            Sse.Prefetch0(_c + (TRowPair.Columns - 1));
            Sse.Prefetch1(_a);
            Sse.Prefetch1(_b);
            _c = _c == _lastC ? _c : _c + _ldc;
            _a += 64;
            _b += 64;
        }
    }
}
