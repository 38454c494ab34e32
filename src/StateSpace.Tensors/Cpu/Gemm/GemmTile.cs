using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StateSpace.Tensors.Cpu.Gemm;

/// <summary>
/// The micro-kernel: a tile of C that lives in registers while it runs over the whole depth of two packed panels. A panel of
/// A holds the tile's rows of one column of A next to each other, a panel of B the tile's columns of one row of B.
/// </summary>
internal unsafe interface ITile<T>
    where T : unmanaged
{
    /// <summary>Rows of a full tile. A tile at the lower edge has a smaller multiple of <see cref="RowStep"/>.</summary>
    static abstract int Rows { get; }

    static abstract int RowStep { get; }

    static abstract int Columns { get; }

    /// <summary>C (+)= A·B for one tile.</summary>
    /// <param name="rows">Rows of the tile and of the panel of A: Rows or a smaller multiple of RowStep.</param>
    /// <param name="depth">Products summed per element.</param>
    /// <param name="a">Panel of A, (depth, rows).</param>
    /// <param name="b">Panel of B, (depth, Columns).</param>
    /// <param name="c">First element of the tile in C.</param>
    /// <param name="ldc">Elements from one row of C to the next.</param>
    /// <param name="accumulate">Whether the tile is added to C or replaces it.</param>
    static abstract void Run(int rows, nint depth, T* a, T* b, T* c, nint ldc, bool accumulate);
}

/// <summary>
/// 12 rows × 2 vectors of 512 bits. 24 accumulators, 2 vectors of B and 1 broadcast of A use 27 of the 32 registers. A step of
/// the depth is 24 multiply-adds (12 cycles on two ports) for 14 loads (7 cycles on two ports), and every dimension of the
/// common models (768, 1536, 3072) is a multiple of 12.
/// </summary>
internal readonly unsafe struct Tile512<T> : ITile<T>
    where T : unmanaged
{
    public static int Rows => 12;

    public static int RowStep => 4;

    public static int Columns => 2 * Vector512<T>.Count;

    public static void Run(int rows, nint depth, T* a, T* b, T* c, nint ldc, bool accumulate)
    {
        if (rows == 12) TileKernels<T, Vector512<T>, Simd512<T>>.Rows12(depth, a, b, c, ldc, accumulate);
        else if (rows == 8) TileKernels<T, Vector512<T>, Simd512<T>>.Rows8(depth, a, b, c, ldc, accumulate);
        else TileKernels<T, Vector512<T>, Simd512<T>>.Rows4(depth, a, b, c, ldc, accumulate);
    }
}

/// <summary>
/// 6 rows × 2 vectors of 256 bits. 12 accumulators, 2 vectors of B and 1 broadcast of A use 15 of the 16 registers of AVX2.
/// </summary>
internal readonly unsafe struct Tile256<T> : ITile<T>
    where T : unmanaged
{
    public static int Rows => 6;

    public static int RowStep => 2;

    public static int Columns => 2 * Vector256<T>.Count;

    public static void Run(int rows, nint depth, T* a, T* b, T* c, nint ldc, bool accumulate)
    {
        if (rows == 6) TileKernels<T, Vector256<T>, Simd256<T>>.Rows6(depth, a, b, c, ldc, accumulate);
        else if (rows == 4) TileKernels<T, Vector256<T>, Simd256<T>>.Rows4(depth, a, b, c, ldc, accumulate);
        else TileKernels<T, Vector256<T>, Simd256<T>>.Rows2(depth, a, b, c, ldc, accumulate);
    }
}

/// <summary>
/// The loops over the depth. The accumulators are fields of local structs, which the compiler promotes to registers, because
/// neither arrays nor loops over registers would be. Each element is one chain of multiply-adds in the order of the depth,
/// whatever the number of rows, so an element's bits do not depend on the tile that it falls into.
/// </summary>
internal static unsafe class TileKernels<T, V, S>
    where T : unmanaged
    where V : struct
    where S : ISimd<T, V>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows12(nint depth, T* a, T* b, T* c, nint ldc, bool accumulate)
    {
        Prefetch(c, ldc, 12);
        RowPair r0 = default, r2 = default, r4 = default, r6 = default, r8 = default, r10 = default;
        for (; depth >= 2; depth -= 2)
        {
            var (b0, b1) = (S.Load(b), S.Load(b + S.Count));
            r0.Step(a, b0, b1);
            r2.Step(a + 2, b0, b1);
            r4.Step(a + 4, b0, b1);
            r6.Step(a + 6, b0, b1);
            r8.Step(a + 8, b0, b1);
            r10.Step(a + 10, b0, b1);
            (b0, b1) = (S.Load(b + (2 * S.Count)), S.Load(b + (3 * S.Count)));
            r0.Step(a + 12, b0, b1);
            r2.Step(a + 14, b0, b1);
            r4.Step(a + 16, b0, b1);
            r6.Step(a + 18, b0, b1);
            r8.Step(a + 20, b0, b1);
            r10.Step(a + 22, b0, b1);
            a += 24;
            b += 4 * S.Count;
        }

        if (depth > 0)
        {
            var (b0, b1) = (S.Load(b), S.Load(b + S.Count));
            r0.Step(a, b0, b1);
            r2.Step(a + 2, b0, b1);
            r4.Step(a + 4, b0, b1);
            r6.Step(a + 6, b0, b1);
            r8.Step(a + 8, b0, b1);
            r10.Step(a + 10, b0, b1);
        }

        r0.Store(c, ldc, accumulate);
        r2.Store(c + (2 * ldc), ldc, accumulate);
        r4.Store(c + (4 * ldc), ldc, accumulate);
        r6.Store(c + (6 * ldc), ldc, accumulate);
        r8.Store(c + (8 * ldc), ldc, accumulate);
        r10.Store(c + (10 * ldc), ldc, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows8(nint depth, T* a, T* b, T* c, nint ldc, bool accumulate)
    {
        Prefetch(c, ldc, 8);
        RowPair r0 = default, r2 = default, r4 = default, r6 = default;
        for (; depth > 0; depth--)
        {
            var (b0, b1) = (S.Load(b), S.Load(b + S.Count));
            r0.Step(a, b0, b1);
            r2.Step(a + 2, b0, b1);
            r4.Step(a + 4, b0, b1);
            r6.Step(a + 6, b0, b1);
            a += 8;
            b += 2 * S.Count;
        }

        r0.Store(c, ldc, accumulate);
        r2.Store(c + (2 * ldc), ldc, accumulate);
        r4.Store(c + (4 * ldc), ldc, accumulate);
        r6.Store(c + (6 * ldc), ldc, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows6(nint depth, T* a, T* b, T* c, nint ldc, bool accumulate)
    {
        Prefetch(c, ldc, 6);
        RowPair r0 = default, r2 = default, r4 = default;
        for (; depth > 0; depth--)
        {
            var (b0, b1) = (S.Load(b), S.Load(b + S.Count));
            r0.Step(a, b0, b1);
            r2.Step(a + 2, b0, b1);
            r4.Step(a + 4, b0, b1);
            a += 6;
            b += 2 * S.Count;
        }

        r0.Store(c, ldc, accumulate);
        r2.Store(c + (2 * ldc), ldc, accumulate);
        r4.Store(c + (4 * ldc), ldc, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows4(nint depth, T* a, T* b, T* c, nint ldc, bool accumulate)
    {
        Prefetch(c, ldc, 4);
        RowPair r0 = default, r2 = default;
        for (; depth > 0; depth--)
        {
            var (b0, b1) = (S.Load(b), S.Load(b + S.Count));
            r0.Step(a, b0, b1);
            r2.Step(a + 2, b0, b1);
            a += 4;
            b += 2 * S.Count;
        }

        r0.Store(c, ldc, accumulate);
        r2.Store(c + (2 * ldc), ldc, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows2(nint depth, T* a, T* b, T* c, nint ldc, bool accumulate)
    {
        Prefetch(c, ldc, 2);
        RowPair r0 = default;
        for (; depth > 0; depth--)
        {
            r0.Step(a, S.Load(b), S.Load(b + S.Count));
            a += 2;
            b += 2 * S.Count;
        }

        r0.Store(c, ldc, accumulate);
    }

    /// <summary>Fetches the tile of C, which is needed after the loop over the depth and lies anywhere in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(T* c, nint ldc, int rows)
    {
        if (!Sse.IsSupported) return;
        for (var row = 0; row < rows; row++, c += ldc)
        {
            Sse.Prefetch0(c);
            Sse.Prefetch0((byte*)c + 64);
        }
    }

    /// <summary>Two rows of the tile, two vectors each.</summary>
    private struct RowPair
    {
        private V _upperLeft;
        private V _upperRight;
        private V _lowerLeft;
        private V _lowerRight;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step(T* a, V left, V right)
        {
            var upper = S.Broadcast(a[0]);
            _upperLeft = S.MultiplyAdd(upper, left, _upperLeft);
            _upperRight = S.MultiplyAdd(upper, right, _upperRight);
            var lower = S.Broadcast(a[1]);
            _lowerLeft = S.MultiplyAdd(lower, left, _lowerLeft);
            _lowerRight = S.MultiplyAdd(lower, right, _lowerRight);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store(T* c, nint ldc, bool accumulate)
        {
            if (accumulate)
            {
                S.Store(S.Add(S.Load(c), _upperLeft), c);
                S.Store(S.Add(S.Load(c + S.Count), _upperRight), c + S.Count);
                S.Store(S.Add(S.Load(c + ldc), _lowerLeft), c + ldc);
                S.Store(S.Add(S.Load(c + ldc + S.Count), _lowerRight), c + ldc + S.Count);
            }
            else
            {
                S.Store(_upperLeft, c);
                S.Store(_upperRight, c + S.Count);
                S.Store(_lowerLeft, c + ldc);
                S.Store(_lowerRight, c + ldc + S.Count);
            }
        }
    }
}
