using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StateSpace.Tensors.Cpu.Gemm;

/// <summary>
/// What one run of the micro-kernel works on. A and B are packed or as they lie in memory: A's element (row, depth) is at
/// A + row·RowStrideOfA + depth·DepthStrideOfA, B's element (depth, column) at B + depth·DepthStrideOfB + column.
/// </summary>
internal unsafe struct TileRun<T>
    where T : unmanaged
{
    public nint Depth;
    public T* A;
    public nint RowStrideOfA;
    public nint DepthStrideOfA;
    public T* B;
    public nint DepthStrideOfB;
    public T* C;
    public nint RowStrideOfC;

    /// <summary>Whether the tile is added to C or replaces it.</summary>
    public bool Accumulate;

    /// <summary>What later tiles need of A, fetched into L2 meanwhile: a cache line every <see cref="StepsPerFetch"/> steps.</summary>
    public byte* NextA;
    public byte* NextB;

    public const int StepsPerFetch = 8;

    private T* _nextC;
    private int _rowsToFetch;
    private int _lastColumn;

    /// <summary>
    /// Starts to fetch the tile of C, which is needed after the loop over the depth and lies anywhere in memory: at once if the
    /// loop is short, else a row at a time, because a burst of requests would occupy the buffers of the loop's own loads.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StartFetch(int rows, int columns)
    {
        _nextC = C;
        _lastColumn = columns - 1;
        _rowsToFetch = rows;
        if (!Sse.IsSupported || Depth >= rows * StepsPerFetch) return;
        _rowsToFetch = 0;
        var row = C;
        for (var i = 0; i < rows; i++, row += RowStrideOfC)
        {
            Sse.Prefetch0(row);
            Sse.Prefetch0(row + (columns - 1));
        }
    }

    /// <summary>To be called every <see cref="StepsPerFetch"/> steps of the depth.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Fetch()
    {
        if (!Sse.IsSupported) return;
        Sse.Prefetch1(NextA);
        Sse.Prefetch1(NextB);
        NextA += 64;
        NextB += 64;
        if (_rowsToFetch <= 0) return;
        Sse.Prefetch0(_nextC);
        Sse.Prefetch0(_nextC + _lastColumn);
        _nextC += RowStrideOfC;
        _rowsToFetch--;
    }
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
    /// <param name="run">The operands; its fetching state changes.</param>
    static abstract void Run(int rows, int columns, TileRun<T>* run);
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

    public static int MaxDepth => 2048 / sizeof(T);

    public static void Run(int rows, int columns, TileRun<T>* run)
    {
        if (columns == Columns) Run<WideRowPair<T, Vector512<T>, Simd512<T>>>(rows, run);
        else Run<NarrowRowPair<T, Vector512<T>, Simd512<T>>>(rows, run);
    }

    private static void Run<TRowPair>(int rows, TileRun<T>* run)
        where TRowPair : struct, IRowPair<T, Vector512<T>>
    {
        if (rows == 12) TileKernel<T, Vector512<T>, Simd512<T>, TRowPair, TwelveRows<T, Vector512<T>, TRowPair>>.Run(run);
        else if (rows == 8) TileKernel<T, Vector512<T>, Simd512<T>, TRowPair, EightRows<T, Vector512<T>, TRowPair>>.Run(run);
        else TileKernel<T, Vector512<T>, Simd512<T>, TRowPair, FourRows<T, Vector512<T>, TRowPair>>.Run(run);
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

    public static void Run(int rows, int columns, TileRun<T>* run)
    {
        if (columns == Columns) Run<WideRowPair<T, Vector256<T>, Simd256<T>>>(rows, run);
        else Run<NarrowRowPair<T, Vector256<T>, Simd256<T>>>(rows, run);
    }

    private static void Run<TRowPair>(int rows, TileRun<T>* run)
        where TRowPair : struct, IRowPair<T, Vector256<T>>
    {
        if (rows == 6) TileKernel<T, Vector256<T>, Simd256<T>, TRowPair, SixRows<T, Vector256<T>, TRowPair>>.Run(run);
        else if (rows == 4) TileKernel<T, Vector256<T>, Simd256<T>, TRowPair, FourRows<T, Vector256<T>, TRowPair>>.Run(run);
        else TileKernel<T, Vector256<T>, Simd256<T>, TRowPair, TwoRows<T, Vector256<T>, TRowPair>>.Run(run);
    }
}
