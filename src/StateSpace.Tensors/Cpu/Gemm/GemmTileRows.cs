using System.Runtime.CompilerServices;

namespace StateSpace.Tensors.Cpu.Gemm;

/// <summary>
/// The accumulators of a tile, by pairs of rows. Rows of A are addressed as even + offset and odd + offset, with offsets that are
/// constant over the depth: two pointers to advance for up to twelve rows, so packed panels and matrices as they lie in memory run
/// through the same loop.
/// </summary>
internal unsafe interface ITileRows<T, V>
    where T : unmanaged
    where V : struct
{
    static abstract int Count { get; }

    /// <summary>Adds one step of the depth.</summary>
    /// <param name="even">The step's element of row 0.</param>
    /// <param name="odd">The step's element of row 1.</param>
    /// <param name="two">Bytes from row 0 to row 2, from row 1 to row 3, and so on; not a struct, or they would not fold into addresses.</param>
    /// <param name="four">Bytes to row 4, if the tile has one.</param>
    /// <param name="six">Bytes to row 6.</param>
    /// <param name="eight">Bytes to row 8.</param>
    /// <param name="ten">Bytes to row 10.</param>
    /// <param name="left">First vector of the step's row of B.</param>
    /// <param name="right">Second vector, if the tile has one.</param>
    void Step(byte* even, byte* odd, nint two, nint four, nint six, nint eight, nint ten, V left, V right);

    void Store(TileRun<T>* run);
}

// The accumulators change through methods of a type parameter, which the compiler does not count as assignments.
#pragma warning disable CS0649

internal unsafe struct TwelveRows<T, V, TRowPair> : ITileRows<T, V>
    where T : unmanaged
    where V : struct
    where TRowPair : struct, IRowPair<T, V>
{
    private TRowPair _r0;
    private TRowPair _r2;
    private TRowPair _r4;
    private TRowPair _r6;
    private TRowPair _r8;
    private TRowPair _r10;

    public static int Count => 12;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step(byte* even, byte* odd, nint two, nint four, nint six, nint eight, nint ten, V left, V right)
    {
        _r0.Step((T*)even, (T*)odd, left, right);
        _r2.Step((T*)(even + two), (T*)(odd + two), left, right);
        _r4.Step((T*)(even + four), (T*)(odd + four), left, right);
        _r6.Step((T*)(even + six), (T*)(odd + six), left, right);
        _r8.Step((T*)(even + eight), (T*)(odd + eight), left, right);
        _r10.Step((T*)(even + ten), (T*)(odd + ten), left, right);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(TileRun<T>* run)
    {
        _r0.Store(run, 0);
        _r2.Store(run, 2);
        _r4.Store(run, 4);
        _r6.Store(run, 6);
        _r8.Store(run, 8);
        _r10.Store(run, 10);
    }
}

internal unsafe struct EightRows<T, V, TRowPair> : ITileRows<T, V>
    where T : unmanaged
    where V : struct
    where TRowPair : struct, IRowPair<T, V>
{
    private TRowPair _r0;
    private TRowPair _r2;
    private TRowPair _r4;
    private TRowPair _r6;

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step(byte* even, byte* odd, nint two, nint four, nint six, nint eight, nint ten, V left, V right)
    {
        _r0.Step((T*)even, (T*)odd, left, right);
        _r2.Step((T*)(even + two), (T*)(odd + two), left, right);
        _r4.Step((T*)(even + four), (T*)(odd + four), left, right);
        _r6.Step((T*)(even + six), (T*)(odd + six), left, right);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(TileRun<T>* run)
    {
        _r0.Store(run, 0);
        _r2.Store(run, 2);
        _r4.Store(run, 4);
        _r6.Store(run, 6);
    }
}

internal unsafe struct SixRows<T, V, TRowPair> : ITileRows<T, V>
    where T : unmanaged
    where V : struct
    where TRowPair : struct, IRowPair<T, V>
{
    private TRowPair _r0;
    private TRowPair _r2;
    private TRowPair _r4;

    public static int Count => 6;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step(byte* even, byte* odd, nint two, nint four, nint six, nint eight, nint ten, V left, V right)
    {
        _r0.Step((T*)even, (T*)odd, left, right);
        _r2.Step((T*)(even + two), (T*)(odd + two), left, right);
        _r4.Step((T*)(even + four), (T*)(odd + four), left, right);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(TileRun<T>* run)
    {
        _r0.Store(run, 0);
        _r2.Store(run, 2);
        _r4.Store(run, 4);
    }
}

internal unsafe struct FourRows<T, V, TRowPair> : ITileRows<T, V>
    where T : unmanaged
    where V : struct
    where TRowPair : struct, IRowPair<T, V>
{
    private TRowPair _r0;
    private TRowPair _r2;

    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step(byte* even, byte* odd, nint two, nint four, nint six, nint eight, nint ten, V left, V right)
    {
        _r0.Step((T*)even, (T*)odd, left, right);
        _r2.Step((T*)(even + two), (T*)(odd + two), left, right);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(TileRun<T>* run)
    {
        _r0.Store(run, 0);
        _r2.Store(run, 2);
    }
}

internal unsafe struct TwoRows<T, V, TRowPair> : ITileRows<T, V>
    where T : unmanaged
    where V : struct
    where TRowPair : struct, IRowPair<T, V>
{
    private TRowPair _r0;

    public static int Count => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step(byte* even, byte* odd, nint two, nint four, nint six, nint eight, nint ten, V left, V right)
    {
        _r0.Step((T*)even, (T*)odd, left, right);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(TileRun<T>* run)
    {
        _r0.Store(run, 0);
    }
}
