using System.Numerics;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Cpu;

/// <summary>
/// A few adjacent blocks of rows that one piece of work carries through time together: where D is large, each step of a (B, L, D) array is
/// on a page of its own, and a visit that takes 16 numbers costs about what one does that takes 128.
/// </summary>
internal readonly unsafe struct LaneGroup<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Blocks of a group at most.</summary>
    public const int LargestGroup = 8;

    private const int FewestPieces = 16;

    private readonly int _first;
    private readonly long _batch;
    private readonly long _length;
    private readonly long _channels;

    private LaneGroup(int group, int blocksPerGroup, long batch, long length, long channels)
    {
        _first = group * blocksPerGroup;
        Blocks = Math.Min(blocksPerGroup, LaneRows<T>.BlockCount(batch, channels) - _first);
        _batch = batch;
        _length = length;
        _channels = channels;
    }

    /// <summary>Blocks of this group.</summary>
    public int Blocks { get; }

    public LaneRows<T> this[int block] => new(_first + block, _batch, _length, _channels);

    /// <summary>Runs a piece of work for every group. A row's results do not depend on its group.</summary>
    public static void ForAll(long batch, long length, long channels, Action<LaneGroup<T>> body) =>
        ForAll(batch, length, channels, LargestGroup, 1, (group, _) => body(group));

    /// <summary>Runs a piece of work for every group and each of a number of repetitions.</summary>
    public static void ForAll(long batch, long length, long channels, int largestGroup, int repetitions, Action<LaneGroup<T>, int> body)
    {
        var blocks = LaneRows<T>.BlockCount(batch, channels);
        var blocksPerGroup = Math.Clamp((int)Math.Min((long)blocks * repetitions / FewestPieces, LargestGroup), 1, largestGroup);
        var groups = (blocks + blocksPerGroup - 1) / blocksPerGroup;
        CpuTeam.For(checked(groups * repetitions), piece => body(new(piece / repetitions, blocksPerGroup, batch, length, channels), piece % repetitions));
    }

    /// <summary>Steps <paramref name="start"/> … of a (B, L, D) array to (blocks, stride, lanes).</summary>
    public void LoadSteps(T* source, long start, long steps, T* packed, long stride)
    {
        int lanes = LaneRows<T>.Lanes, blocks = Blocks;
        if (IsAdjacent)
        {
            var from = source + this[0].Offset(0, start);
            for (long t = 0; t < steps; t++, from += _channels)
            {
                for (long block = 0; block < blocks; block++) Vector512.Store(Vector512.Load(from + (block * lanes)), packed + (((block * stride) + t) * lanes));
            }

            return;
        }

        for (var block = 0; block < blocks; block++) this[block].LoadSteps(source, start, steps, packed + (block * stride * lanes));
    }

    /// <summary>The reverse of <see cref="LoadSteps"/>.</summary>
    public void StoreSteps(T* packed, long stride, T* target, long start, long steps)
    {
        int lanes = LaneRows<T>.Lanes, blocks = Blocks;
        if (IsAdjacent)
        {
            var to = target + this[0].Offset(0, start);
            for (long t = 0; t < steps; t++, to += _channels)
            {
                for (long block = 0; block < blocks; block++) Vector512.Store(Vector512.Load(packed + (((block * stride) + t) * lanes)), to + (block * lanes));
            }

            return;
        }

        for (var block = 0; block < blocks; block++) this[block].StoreSteps(packed + (block * stride * lanes), target, start, steps);
    }

    private bool IsAdjacent => this[0].IsAdjacent && this[Blocks - 1].IsAdjacent && this[0].Sequence == this[Blocks - 1].Sequence;
}
