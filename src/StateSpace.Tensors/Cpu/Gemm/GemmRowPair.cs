using System.Runtime.CompilerServices;

namespace StateSpace.Tensors.Cpu.Gemm;

/// <summary>Two rows of accumulators of a tile.</summary>
internal unsafe interface IRowPair<T, V>
    where T : unmanaged
    where V : struct
{
    static abstract int Columns { get; }

    /// <summary>The second vector of a row of B, if the tile has one.</summary>
    static abstract V LoadRight(T* row);

    /// <summary>Adds one step of the depth: an element of A per row times the vectors of B.</summary>
    void Step(T* upper, T* lower, V left, V right);

    /// <summary>Writes or adds the rows <paramref name="row"/> and row + 1 of the tile.</summary>
    void Store(TileRun<T>* run, int row);
}

/// <summary>Two rows of two vectors.</summary>
internal unsafe struct WideRowPair<T, V, S> : IRowPair<T, V>
    where T : unmanaged
    where V : struct
    where S : ISimd<T, V>
{
    private V _upperLeft;
    private V _upperRight;
    private V _lowerLeft;
    private V _lowerRight;

    public static int Columns => 2 * S.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V LoadRight(T* row) => S.Load(row + S.Count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step(T* upper, T* lower, V left, V right)
    {
        var value = S.Broadcast(*upper);
        _upperLeft = S.MultiplyAdd(value, left, _upperLeft);
        _upperRight = S.MultiplyAdd(value, right, _upperRight);
        value = S.Broadcast(*lower);
        _lowerLeft = S.MultiplyAdd(value, left, _lowerLeft);
        _lowerRight = S.MultiplyAdd(value, right, _lowerRight);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(TileRun<T>* run, int row)
    {
        var c = run->C + (row * run->RowStrideOfC);
        var next = c + run->RowStrideOfC;
        if (run->Accumulate)
        {
            S.Store(S.Add(S.Load(c), _upperLeft), c);
            S.Store(S.Add(S.Load(c + S.Count), _upperRight), c + S.Count);
            S.Store(S.Add(S.Load(next), _lowerLeft), next);
            S.Store(S.Add(S.Load(next + S.Count), _lowerRight), next + S.Count);
        }
        else
        {
            S.Store(_upperLeft, c);
            S.Store(_upperRight, c + S.Count);
            S.Store(_lowerLeft, next);
            S.Store(_lowerRight, next + S.Count);
        }
    }
}

/// <summary>Two rows of one vector, for a right edge of at most half a tile.</summary>
internal unsafe struct NarrowRowPair<T, V, S> : IRowPair<T, V>
    where T : unmanaged
    where V : struct
    where S : ISimd<T, V>
{
    private V _upper;
    private V _lower;

    public static int Columns => S.Count;

    public static V LoadRight(T* row) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step(T* upper, T* lower, V left, V right)
    {
        _upper = S.MultiplyAdd(S.Broadcast(*upper), left, _upper);
        _lower = S.MultiplyAdd(S.Broadcast(*lower), left, _lower);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(TileRun<T>* run, int row)
    {
        var c = run->C + (row * run->RowStrideOfC);
        var next = c + run->RowStrideOfC;
        S.Store(run->Accumulate ? S.Add(S.Load(c), _upper) : _upper, c);
        S.Store(run->Accumulate ? S.Add(S.Load(next), _lower) : _lower, next);
    }
}
