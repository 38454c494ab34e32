using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>
/// A few adjacent blocks of channels of one sequence, a block being as many channels as a vector has lanes: one piece of work, which carries its
/// blocks through time together, because each step of a (B, L, D) array is on a page of its own. Lanes without a channel hold zeros.
/// </summary>
internal readonly unsafe struct ScanGroup<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int LargestGroup = 8;
    private const int FewestPieces = 16;

    private readonly long _channels;
    private readonly long _length;

    private ScanGroup(long sequence, long index, long blocksPerGroup, long length, long channels)
    {
        _channels = channels;
        _length = length;
        Sequence = sequence;
        Index = index;
        FirstBlock = index * blocksPerGroup;
        Blocks = (int)Math.Min(blocksPerGroup, BlocksOf(channels) - FirstBlock);
    }

    /// <summary>Channels of a block.</summary>
    public static int Lanes => Vector512<T>.Count;

    /// <summary>b.</summary>
    public long Sequence { get; }

    /// <summary>Which group of the sequence.</summary>
    public long Index { get; }

    /// <summary>Number of the first block within the sequence.</summary>
    public long FirstBlock { get; }

    /// <summary>Blocks of this group.</summary>
    public int Blocks { get; }

    /// <summary>Blocks of D channels.</summary>
    public static long BlocksOf(long channels) => (channels + Lanes - 1) / Lanes;

    /// <summary>Groups of a sequence.</summary>
    public static long GroupsOf(long batch, long channels)
    {
        var (blocks, perGroup) = (BlocksOf(channels), BlocksPerGroup(batch, channels));
        return (blocks + perGroup - 1) / perGroup;
    }

    /// <summary>Runs a piece of work for every group.</summary>
    public static void ForAll(long batch, long length, long channels, Action<ScanGroup<T>> body)
    {
        var (groups, perGroup) = (GroupsOf(batch, channels), BlocksPerGroup(batch, channels));
        CpuTeam.For(checked((int)(batch * groups)), piece => body(new(piece / groups, piece % groups, perGroup, length, channels)));
    }

    /// <summary>First channel of a block.</summary>
    public long Channel(int block) => (FirstBlock + block) * Lanes;

    /// <summary>Channels of a block: fewer than its lanes at the end of D.</summary>
    public int Count(int block) => (int)Math.Min(Lanes, _channels - Channel(block));

    /// <summary>A block's elements of a (D) array; zeros where it is null.</summary>
    public Vector512<T> LoadChannels(T* source, int block) =>
        source == null ? Vector512<T>.Zero : Cpu.Lanes.Load(source + Channel(block), Count(block));

    /// <summary>Stores a block's elements to a (B, D) array.</summary>
    public void StoreChannels(Vector512<T> value, T* target, int block) =>
        Cpu.Lanes.Store(value, target + (Sequence * _channels) + Channel(block), Count(block));

    /// <summary>Position of a block's first element at a step of a (B, L, D) array.</summary>
    public long Offset(int block, long step) => (((Sequence * _length) + step) * _channels) + Channel(block);

    /// <summary>Steps <paramref name="start"/> … of a (B, L, D) array to (blocks, stride, lanes).</summary>
    public void LoadSteps(T* source, long start, long steps, T* packed, long stride)
    {
        for (long t = 0; t < steps; t++)
        {
            var from = source + Offset(0, start + t);
            for (var block = 0; block < Blocks; block++)
            {
                Vector512.Store(Cpu.Lanes.Load(from + (block * Lanes), Count(block)), packed + (((block * stride) + t) * Lanes));
            }
        }
    }

    /// <summary>Asks for a block's steps of a (B, L, D) array: each lies on a page of its own, where the processor does not foresee it.</summary>
    public void PrefetchSteps(T* array, int block, long start, long end)
    {
        if (!Sse.IsSupported || array == null) return;
        for (var t = start; t < end; t++) Sse.Prefetch1(array + Offset(block, t));
    }

    /// <summary>The reverse of <see cref="LoadSteps"/>.</summary>
    public void StoreSteps(T* packed, long stride, T* target, long start, long steps)
    {
        for (long t = 0; t < steps; t++)
        {
            var to = target + Offset(0, start + t);
            for (var block = 0; block < Blocks; block++)
            {
                Cpu.Lanes.Store(Vector512.Load(packed + (((block * stride) + t) * Lanes)), to + (block * Lanes), Count(block));
            }
        }
    }

    private static long BlocksPerGroup(long batch, long channels) =>
        Math.Max(1, Math.Min(Math.Min(BlocksOf(channels), LargestGroup), batch * BlocksOf(channels) / FewestPieces));
}
