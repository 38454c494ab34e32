using System.Numerics;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Cpu;

/// <summary>
/// As many rows as a vector has lanes, a row being one channel d of one sequence b, numbered b·D + d. Kernels work on copies in which
/// the rows are adjacent: a vector is full also where D is small or no multiple of the lanes, and no stride of D meets the cache.
/// Lanes without a row hold zeros.
/// </summary>
internal readonly unsafe struct LaneRows<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Columns that are transposed at a time, so that what is written stays in the L1 cache.</summary>
    private const long Tile = 32;

    private readonly long _first;
    private readonly int _count;
    private readonly long _length;
    private readonly long _channels;

    /// <param name="block">Which block of rows.</param>
    /// <param name="batch">B.</param>
    /// <param name="length">L.</param>
    /// <param name="channels">D.</param>
    public LaneRows(int block, long batch, long length, long channels)
    {
        _first = (long)block * Lanes;
        _count = (int)Math.Min(Lanes, (batch * channels) - _first);
        _length = length;
        _channels = channels;
        IsAdjacent = _count == Lanes && (_first % channels) + Lanes <= channels;
    }

    /// <summary>Rows of a block.</summary>
    public static int Lanes => Vector512<T>.Count;

    /// <summary>Whether all lanes are in use, for adjacent channels of one sequence.</summary>
    public bool IsAdjacent { get; }

    /// <summary>The first row's b.</summary>
    public long Sequence => _first / _channels;

    public static int BlockCount(long batch, long channels) => checked((int)(((batch * channels) + Lanes - 1) / Lanes));

    /// <summary>Steps <paramref name="start"/> … of a (B, L, D) array to (steps, lanes).</summary>
    public void LoadSteps(T* source, long start, long steps, T* packed)
    {
        if (IsAdjacent)
        {
            var from = source + Offset(0, start);
            for (long t = 0; t < steps; t++) Vector512.Store(Vector512.Load(from + (t * _channels)), packed + (t * Lanes));
            return;
        }

        if (_count < Lanes) new Span<T>(packed, checked((int)(steps * Lanes))).Clear();
        for (var lane = 0; lane < _count; lane++)
        {
            var from = source + Offset(lane, start);
            for (long t = 0; t < steps; t++) packed[(t * Lanes) + lane] = from[t * _channels];
        }
    }

    /// <summary>The reverse of <see cref="LoadSteps"/>.</summary>
    public void StoreSteps(T* packed, T* target, long start, long steps)
    {
        if (IsAdjacent)
        {
            var to = target + Offset(0, start);
            for (long t = 0; t < steps; t++) Vector512.Store(Vector512.Load(packed + (t * Lanes)), to + (t * _channels));
            return;
        }

        for (var lane = 0; lane < _count; lane++)
        {
            var to = target + Offset(lane, start);
            for (long t = 0; t < steps; t++) to[t * _channels] = packed[(t * Lanes) + lane];
        }
    }

    /// <summary>A (B, D, N) array to (N, lanes); zeros where it is null.</summary>
    public void LoadStates(T* source, long states, T* packed)
    {
        new Span<T>(packed, checked((int)(states * Lanes))).Clear();
        if (source == null) return;
        for (long from = 0; from < states; from += Tile)
        {
            for (var lane = 0; lane < _count; lane++) Spread(source + ((_first + lane) * states), from, Math.Min(states, from + Tile), T.One, packed + lane);
        }
    }

    /// <summary>The reverse of <see cref="LoadStates"/> for the first of the states; the others become zero.</summary>
    public void StoreStates(T* packed, T* target, long states, long given)
    {
        for (long from = 0; from < given; from += Tile)
        {
            for (var lane = 0; lane < _count; lane++)
            {
                var to = target + ((_first + lane) * states);
                for (var n = from; n < Math.Min(given, from + Tile); n++) to[n] = packed[(n * Lanes) + lane];
            }
        }

        for (var lane = 0; lane < _count; lane++) new Span<T>(target + ((_first + lane) * states) + given, checked((int)(states - given))).Clear();
    }

    /// <summary>The reverse of <see cref="LoadStates"/>.</summary>
    public void StoreStates(T* packed, T* target, long states) => StoreStates(packed, target, states, states);

    /// <summary>The first of N columns of a (D, N) array, which all sequences share, times a factor, to (wanted, lanes).</summary>
    public void LoadParameters(T* source, long states, long wanted, T factor, T* packed)
    {
        new Span<T>(packed, checked((int)(wanted * Lanes))).Clear();
        for (long from = 0; from < wanted; from += Tile)
        {
            for (var lane = 0; lane < _count; lane++)
            {
                Spread(source + ((_first + lane) % _channels * states), from, Math.Min(wanted, from + Tile), factor, packed + lane);
            }
        }
    }

    /// <summary>A lane's b; that of the last row where the lane has none.</summary>
    public long SequenceOf(int lane) => (_first + Math.Min(lane, _count - 1)) / _channels;

    /// <summary>Position of a lane's element at a step of a (B, L, D) array.</summary>
    public long Offset(int lane, long start)
    {
        var (sequence, channel) = Math.DivRem(_first + lane, _channels);
        return (((sequence * _length) + start) * _channels) + channel;
    }

    private static void Spread(T* source, long from, long to, T factor, T* lane)
    {
        for (var n = from; n < to; n++) lane[n * Lanes] = source[n] * factor;
    }
}
