using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.Attention;

/// <summary>
/// Which keys of a block the rows of a block see. Scores are kept as (keys, rows), with as many rows to a vector as it has lanes, so that
/// a softmax adds and compares whole vectors; a row number stands for a column of the scores here. Keys are counted from the block's first.
/// </summary>
internal unsafe struct VisibleKeys<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Rows of a block: a multiple of the rows and of the columns of every micro-kernel of the matrix multiply.</summary>
    public const int LargestRows = 96;

    /// <summary>Keys of a block. The scores of a block, 36 kB of floats, stay in L2 with the rows and keys themselves.</summary>
    public const int LargestKeys = 96;

    private const int LargestVectors = LargestRows / 8;

    private readonly int _rows;
    private int _block;
    private int _keys;

    private fixed int _low[LargestRows];
    private fixed int _high[LargestRows];
    private fixed int _from[LargestVectors];
    private fixed int _to[LargestVectors];
    private fixed int _allFrom[LargestVectors];
    private fixed int _allTo[LargestVectors];

    /// <param name="call">The call.</param>
    /// <param name="sequence">Sequence.</param>
    /// <param name="row">First row of the block.</param>
    /// <param name="rows">Rows; lanes beyond them see what the last row sees.</param>
    public VisibleKeys(in AttentionCall call, long sequence, long row, int rows)
    {
        _rows = rows;
        (First, End) = (int.MaxValue, 0);
        for (var i = 0; i < Columns; i++)
        {
            var (low, high) = call.KeysOf(sequence, row + Math.Min(i, rows - 1));
            (_low[i], _high[i]) = (low, high);
            (First, End) = (Math.Min(First, low), Math.Max(End, high));
        }
    }

    private static int Lanes => Vector512<T>.Count;

    /// <summary>First key of the sequence that a row sees.</summary>
    public int First { get; }

    /// <summary>One after the last.</summary>
    public int End { get; }

    public readonly int Vectors => (_rows + Lanes - 1) / Lanes;

    /// <summary>Rows, rounded up to whole vectors.</summary>
    public readonly int Columns => Vectors * Lanes;

    /// <summary>Turns to the block of keys that begins at <paramref name="block"/>.</summary>
    /// <returns>Whether any row sees one of them.</returns>
    public bool Enter(int block, int keys)
    {
        (_block, _keys) = (block, keys);
        var any = false;
        for (var vector = 0; vector < Vectors; vector++)
        {
            int low = keys, high = 0, allLow = 0, allHigh = keys;
            for (var i = vector * Lanes; i < (vector + 1) * Lanes; i++)
            {
                var (from, to) = (_low[i] - block, _high[i] - block);
                (low, high) = (Math.Min(low, from), Math.Max(high, to));
                (allLow, allHigh) = (Math.Max(allLow, from), Math.Min(allHigh, to));
            }

            (low, high) = (Math.Max(0, low), Math.Min(keys, high));
            if (low >= high) low = high = 0;
            else any = true;
            if (allLow >= allHigh) allLow = allHigh = high;
            (_from[vector], _to[vector], _allFrom[vector], _allTo[vector]) = (low, high, allLow, allHigh);
        }

        return any;
    }

    /// <summary>Keys From to To − 1 of the block include those that the rows of a vector see.</summary>
    public readonly (int From, int To) KeysOfVector(int vector) => (_from[vector], _to[vector]);

    /// <summary>Keys From to To − 1 of the block include those that some rows see; both are 0 where there are none.</summary>
    public readonly (int From, int To) KeysOfRows(int row, int rows)
    {
        int from = _keys, to = 0;
        for (var vector = row / Lanes; vector <= (row + rows - 1) / Lanes; vector++)
        {
            if (_to[vector] == 0) continue;
            (from, to) = (Math.Min(from, _from[vector]), Math.Max(to, _to[vector]));
        }

        return to == 0 ? (0, 0) : (from, to);
    }

    /// <summary>Rows From to To − 1, whole vectors, include those that see some of the keys; both are 0 where there are none.</summary>
    public readonly (int From, int To) RowsOfKeys(int key, int keys)
    {
        int from = Vectors, to = 0;
        for (var vector = 0; vector < Vectors; vector++)
        {
            if (_from[vector] >= key + keys || _to[vector] <= key) continue;
            (from, to) = (Math.Min(from, vector), vector + 1);
        }

        return to == 0 ? (0, 0) : (from * Lanes, to * Lanes);
    }

    /// <summary>Sets the scores of a vector of rows to −∞ at the keys which a row does not see, within <see cref="KeysOfVector"/>.</summary>
    public readonly void Mask(int vector, T* scores, int stride)
    {
        var (from, to, allFrom, allTo) = (_from[vector], _to[vector], _allFrom[vector], _allTo[vector]);
        if (allFrom <= from && allTo >= to) return;
        T* low = stackalloc T[Lanes], high = stackalloc T[Lanes];
        for (var lane = 0; lane < Lanes; lane++)
        {
            // Of a block's size, because a float has no larger numbers exactly than 2^24.
            low[lane] = T.CreateTruncating(Math.Clamp(_low[(vector * Lanes) + lane] - _block, 0, LargestKeys));
            high[lane] = T.CreateTruncating(Math.Clamp(_high[(vector * Lanes) + lane] - _block, 0, LargestKeys));
        }

        Vector512<T> lows = Vector512.Load(low), highs = Vector512.Load(high);
        for (var key = from; key < Math.Min(to, allFrom); key++) MaskKey(key, lows, highs, scores + (vector * Lanes) + (key * stride));
        for (var key = Math.Max(from, allTo); key < to; key++) MaskKey(key, lows, highs, scores + (vector * Lanes) + (key * stride));
    }

    private static void MaskKey(int key, Vector512<T> low, Vector512<T> high, T* scores)
    {
        var position = Vector512.Create(T.CreateTruncating(key));
        var seen = Vector512.LessThanOrEqual(low, position) & Vector512.LessThan(position, high);
        Vector512.Store(Vector512.ConditionalSelect(seen, Vector512.Load(scores), Vector512.Create(T.NegativeInfinity)), scores);
    }
}
