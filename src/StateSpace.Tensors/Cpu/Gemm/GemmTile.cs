using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StateSpace.Tensors.Cpu.Gemm;

/// <summary>Rows of op(A) for a tile, packed or as they lie in memory: element (row, depth) is at Origin + row·RowStride + depth·DepthStride.</summary>
/// <param name="origin">First element.</param>
/// <param name="rowStride">Elements from one row to the next.</param>
/// <param name="depthStride">Elements from one step of the depth to the next.</param>
/// <param name="ahead">Memory to fetch into L2 meanwhile, a cache line every 8 steps of the depth.</param>
internal readonly unsafe struct RowsOfA<T>(T* origin, nint rowStride, nint depthStride, T* ahead)
    where T : unmanaged
{
    public readonly T* Origin = origin;
    public readonly nint RowStride = rowStride;
    public readonly nint DepthStride = depthStride;
    public readonly T* Ahead = ahead;
}

/// <summary>Columns of op(B) for a tile, packed or as they lie in memory: element (depth, column) is at Origin + depth·DepthStride + column.</summary>
/// <param name="origin">First element.</param>
/// <param name="depthStride">Elements from one step of the depth to the next.</param>
/// <param name="ahead">Memory to fetch into L2 meanwhile, a cache line every 8 steps of the depth.</param>
internal readonly unsafe struct ColumnsOfB<T>(T* origin, nint depthStride, T* ahead)
    where T : unmanaged
{
    public readonly T* Origin = origin;
    public readonly nint DepthStride = depthStride;
    public readonly T* Ahead = ahead;
}

/// <summary>A block of C: element (row, column) is at Origin + row·RowStride + column.</summary>
internal readonly unsafe struct BlockOfC<T>(T* origin, nint rowStride)
    where T : unmanaged
{
    public readonly T* Origin = origin;
    public readonly nint RowStride = rowStride;
}

/// <summary>The micro-kernel: a tile of C that lives in registers while it runs over the depth of its rows of A and columns of B.</summary>
internal unsafe interface ITile<T>
    where T : unmanaged
{
    /// <summary>Rows of a full tile. A tile at the lower edge has a smaller multiple of <see cref="RowStep"/>.</summary>
    static abstract int Rows { get; }

    static abstract int RowStep { get; }

    /// <summary>Columns of a full tile. A tile at the right edge may be half as wide.</summary>
    static abstract int Columns { get; }

    /// <summary>Longest depth of one run, so that the rows of A stay in L1 and a task's block of B in L2.</summary>
    static abstract int MaxDepth { get; }

    /// <summary>C (+)= A·B for one tile.</summary>
    /// <param name="rows">Rows of the tile: <see cref="Rows"/> or a smaller multiple of <see cref="RowStep"/>.</param>
    /// <param name="columns">Columns of the tile: <see cref="Columns"/> or half of that.</param>
    /// <param name="depth">Products summed per element.</param>
    /// <param name="a">The tile's rows of A.</param>
    /// <param name="b">The tile's columns of B.</param>
    /// <param name="c">The tile in C.</param>
    /// <param name="accumulate">Whether the tile is added to C or replaces it.</param>
    static abstract void Run(int rows, int columns, nint depth, in RowsOfA<T> a, in ColumnsOfB<T> b, in BlockOfC<T> c, bool accumulate);
}

/// <summary>
/// 12 rows × 2 vectors of 512 bits: 24 accumulators, 2 vectors of B and 1 broadcast of A use 27 of the 32 registers. A step of
/// the depth is 24 multiply-adds (12 cycles on two ports) for 14 loads (7 cycles on two ports). 12 divides the dimensions of
/// the common models (768, 1536, 3072).
/// </summary>
internal readonly unsafe struct Tile512<T> : ITile<T>
    where T : unmanaged
{
    public static int Rows => 12;

    public static int RowStep => 4;

    public static int Columns => 2 * Vector512<T>.Count;

    public static int MaxDepth => 1536 / sizeof(T);

    public static void Run(int rows, int columns, nint depth, in RowsOfA<T> a, in ColumnsOfB<T> b, in BlockOfC<T> c, bool accumulate)
    {
        if (columns == Columns)
        {
            if (rows == 12) TileKernels<T, Vector512<T>, Simd512<T>, WideRowPair<T, Vector512<T>, Simd512<T>>>.Rows12(depth, a, b, c, accumulate);
            else if (rows == 8) TileKernels<T, Vector512<T>, Simd512<T>, WideRowPair<T, Vector512<T>, Simd512<T>>>.Rows8(depth, a, b, c, accumulate);
            else TileKernels<T, Vector512<T>, Simd512<T>, WideRowPair<T, Vector512<T>, Simd512<T>>>.Rows4(depth, a, b, c, accumulate);
        }
        else
        {
            if (rows == 12) TileKernels<T, Vector512<T>, Simd512<T>, NarrowRowPair<T, Vector512<T>, Simd512<T>>>.Rows12(depth, a, b, c, accumulate);
            else if (rows == 8) TileKernels<T, Vector512<T>, Simd512<T>, NarrowRowPair<T, Vector512<T>, Simd512<T>>>.Rows8(depth, a, b, c, accumulate);
            else TileKernels<T, Vector512<T>, Simd512<T>, NarrowRowPair<T, Vector512<T>, Simd512<T>>>.Rows4(depth, a, b, c, accumulate);
        }
    }
}

/// <summary>
/// 6 rows × 2 vectors of 256 bits: 12 accumulators, 2 vectors of B and 1 broadcast of A use 15 of the 16 registers of AVX2.
/// </summary>
internal readonly unsafe struct Tile256<T> : ITile<T>
    where T : unmanaged
{
    public static int Rows => 6;

    public static int RowStep => 2;

    public static int Columns => 2 * Vector256<T>.Count;

    public static int MaxDepth => 1024 / sizeof(T);

    public static void Run(int rows, int columns, nint depth, in RowsOfA<T> a, in ColumnsOfB<T> b, in BlockOfC<T> c, bool accumulate)
    {
        if (columns == Columns)
        {
            if (rows == 6) TileKernels<T, Vector256<T>, Simd256<T>, WideRowPair<T, Vector256<T>, Simd256<T>>>.Rows6(depth, a, b, c, accumulate);
            else if (rows == 4) TileKernels<T, Vector256<T>, Simd256<T>, WideRowPair<T, Vector256<T>, Simd256<T>>>.Rows4(depth, a, b, c, accumulate);
            else TileKernels<T, Vector256<T>, Simd256<T>, WideRowPair<T, Vector256<T>, Simd256<T>>>.Rows2(depth, a, b, c, accumulate);
        }
        else
        {
            if (rows == 6) TileKernels<T, Vector256<T>, Simd256<T>, NarrowRowPair<T, Vector256<T>, Simd256<T>>>.Rows6(depth, a, b, c, accumulate);
            else if (rows == 4) TileKernels<T, Vector256<T>, Simd256<T>, NarrowRowPair<T, Vector256<T>, Simd256<T>>>.Rows4(depth, a, b, c, accumulate);
            else TileKernels<T, Vector256<T>, Simd256<T>, NarrowRowPair<T, Vector256<T>, Simd256<T>>>.Rows2(depth, a, b, c, accumulate);
        }
    }
}
