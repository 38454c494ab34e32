using System.Numerics;

namespace StateSpace.Tensors.Cuda.Allocation;

/// <summary>A stretch of a device's memory: in use, free, or a hole that has no memory behind it.</summary>
internal sealed unsafe class HeapBlock
{
    /// <summary>Whom it is given back to.</summary>
    public required BlockHeap Heap { get; init; }

    public byte* Start { get; internal set; }

    public long Size { get; internal set; }

    public bool IsFree { get; internal set; }

    /// <summary>Whether the addresses have no memory behind them any more.</summary>
    public bool IsHole { get; internal set; }

    /// <summary>The captured graph whose replays use this memory, or null.</summary>
    public GraphMemory? Graph { get; set; }

    /// <summary>The object that tensors share while this stretch serves them; kept for the next time with the same bounds.</summary>
    public DeviceBlock? Lease { get; set; }

    public byte* End => Start + Size;

    /// <summary>Neighbours by address.</summary>
    internal HeapBlock? Before { get; set; }

    internal HeapBlock? After { get; set; }

    /// <summary>Neighbours in the list of free stretches of about this size.</summary>
    internal HeapBlock? PreviousFree { get; set; }

    internal HeapBlock? NextFree { get; set; }
}

/// <summary>
/// Serves requests from stretches of memory: takes a free stretch of about the size asked for, splits it, and joins what is given back with
/// its free neighbours. Knows addresses only, touches no memory, and is not safe for threads.
/// </summary>
/// <remarks>
/// Free stretches are kept in lists by size, eight for each power of two. A request looks into the list of its own size first, then into the
/// next list that has any: what it takes is seldom more than an eighth too large, and the rest is split off.
/// </remarks>
internal sealed unsafe class BlockHeap
{
    /// <summary>All sizes and addresses are multiples of this.</summary>
    public const long Unit = 512;

    private const int StepBits = 3;
    private const int Lists = (48 - 9) << StepBits;
    private const int MostLooks = 32;

    private readonly HeapBlock?[] _free = new HeapBlock?[Lists];
    private readonly ulong[] _filled = new ulong[(Lists + 63) / 64];
    private readonly Stack<HeapBlock> _spare = new();
    private readonly List<HeapBlock> _firsts = [];

    /// <summary>Bytes in free stretches.</summary>
    public long FreeBytes { get; private set; }

    /// <summary>Every stretch, range by range in the order of addresses.</summary>
    public IEnumerable<HeapBlock> Blocks
    {
        get
        {
            foreach (var first in _firsts)
            {
                for (var block = first; block is not null; block = block.After) yield return block;
            }
        }
    }

    /// <summary>A request's size in whole units.</summary>
    public static long RoundUp(long bytes) => bytes <= Unit ? Unit : (bytes + Unit - 1) / Unit * Unit;

    /// <summary>The stretch that ends the range added last.</summary>
    public HeapBlock? Tail { get; private set; }

    /// <summary>Adds memory as a free stretch, joined with the range added last where it begins at its end.</summary>
    /// <param name="start">First byte.</param>
    /// <param name="size">Bytes, a multiple of the unit.</param>
    /// <param name="joins">Whether both may be one range.</param>
    public void Add(byte* start, long size, bool joins)
    {
        var block = Make(start, size);
        if (joins && Tail is not null && Tail.End == start)
        {
            block.Before = Tail;
            Tail.After = block;
        }
        else
        {
            _firsts.Add(block);
        }

        Tail = block;
        Give(block);
    }

    /// <summary>Takes a stretch of this size, or null where no free one is large enough.</summary>
    public HeapBlock? Take(long size)
    {
        var own = List(size);
        HeapBlock? best = null;
        var looks = MostLooks;
        for (var block = _free[own]; block is not null && looks-- > 0; block = block.NextFree)
        {
            if (block.Size < size || (best is not null && block.Size >= best.Size)) continue;
            best = block;
            if (block.Size == size) break;
        }

        best ??= FirstFrom(own + 1);
        if (best is null) return null;
        Unlink(best);
        if (best.Size > size) Link(SplitAt(best, size));
        return best;
    }

    /// <summary>Gives a stretch back.</summary>
    public void Give(HeapBlock block)
    {
        if (block.After is { IsFree: true } after)
        {
            Unlink(after);
            Absorb(block, after);
        }

        if (block.Before is { IsFree: true } before)
        {
            Unlink(before);
            Absorb(before, block);
            block = before;
        }

        Link(block);
    }

    /// <summary>Takes a part out of a free stretch.</summary>
    /// <returns>The part, no longer free.</returns>
    public HeapBlock Carve(HeapBlock free, byte* start, byte* end)
    {
        Unlink(free);
        var part = free;
        if (start > free.Start)
        {
            part = SplitAt(free, start - free.Start);
            Link(free);
        }

        if (end < part.End) Link(SplitAt(part, end - part.Start));
        return part;
    }

    /// <summary>Takes out the ranges that are free as a whole.</summary>
    /// <returns>What is gone.</returns>
    public List<(nint Start, long Size)> RemoveWhole()
    {
        var removed = new List<(nint Start, long Size)>();
        foreach (var first in _firsts.Where(block => block is { IsFree: true, After: null }).ToList())
        {
            Unlink(first);
            _firsts.Remove(first);
            if (ReferenceEquals(Tail, first)) Tail = null;
            removed.Add(((nint)first.Start, first.Size));
        }

        return removed;
    }

    private static int List(long size)
    {
        var units = (ulong)(size / Unit);
        var power = BitOperations.Log2(units);
        var step = power < StepBits ? (int)((units << (StepBits - power)) & 7) : (int)((units >> (power - StepBits)) & 7);
        return Math.Min(Lists - 1, (power << StepBits) + step);
    }

    private HeapBlock? FirstFrom(int list)
    {
        for (var word = list >> 6; word < _filled.Length; word++)
        {
            var bits = _filled[word];
            if (word == list >> 6) bits &= ulong.MaxValue << (list & 63);
            if (bits != 0) return _free[(word << 6) + BitOperations.TrailingZeroCount(bits)];
        }

        return null;
    }

    private HeapBlock Make(byte* start, long size)
    {
        if (!_spare.TryPop(out var block)) block = new() { Heap = this };
        block.Start = start;
        block.Size = size;
        return block;
    }

    // What lies after the first bytes becomes a stretch of its own.
    private HeapBlock SplitAt(HeapBlock block, long size)
    {
        var rest = Make(block.Start + size, block.Size - size);
        (rest.Before, rest.After) = (block, block.After);
        if (block.After is not null) block.After.Before = rest;
        if (ReferenceEquals(Tail, block)) Tail = rest;
        block.After = rest;
        block.Size = size;
        block.Lease = null;
        return rest;
    }

    private void Absorb(HeapBlock block, HeapBlock after)
    {
        if (ReferenceEquals(Tail, after)) Tail = block;
        block.Size += after.Size;
        block.After = after.After;
        if (after.After is not null) after.After.Before = block;
        block.Lease = null;
        (after.Before, after.After, after.Lease, after.Graph) = (null, null, null, null);
        _spare.Push(after);
    }

    private void Link(HeapBlock block)
    {
        var list = List(block.Size);
        block.IsFree = true;
        block.PreviousFree = null;
        block.NextFree = _free[list];
        if (block.NextFree is not null) block.NextFree.PreviousFree = block;
        _free[list] = block;
        _filled[list >> 6] |= 1UL << (list & 63);
        FreeBytes += block.Size;
    }

    private void Unlink(HeapBlock block)
    {
        var list = List(block.Size);
        block.IsFree = false;
        if (block.NextFree is not null) block.NextFree.PreviousFree = block.PreviousFree;
        if (block.PreviousFree is not null) block.PreviousFree.NextFree = block.NextFree;
        else _free[list] = block.NextFree;
        if (_free[list] is null) _filled[list >> 6] &= ~(1UL << (list & 63));
        (block.PreviousFree, block.NextFree) = (null, null);
        FreeBytes -= block.Size;
    }
}
