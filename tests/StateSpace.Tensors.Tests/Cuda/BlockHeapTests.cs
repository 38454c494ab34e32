using StateSpace.Tensors.Cuda.Allocation;

namespace StateSpace.Tensors.Tests.Cuda;

/// <summary>The bookkeeping of a device's memory, on addresses that nobody touches.</summary>
public sealed unsafe class BlockHeapTests
{
    private const long Unit = BlockHeap.Unit;

    [Fact]
    public void Sizes_are_whole_units() => Assert.Equal([Unit, Unit, Unit, 2 * Unit, 4 * Unit], new[] { 0, 1, Unit, Unit + 1, 4 * Unit }.Select(BlockHeap.RoundUp));

    [Fact]
    public void Released_neighbours_become_one_stretch()
    {
        var heap = new BlockHeap();
        heap.Add((byte*)Unit, 10 * Unit, joins: true);
        var blocks = Enumerable.Range(0, 10).Select(_ => heap.Take(Unit)!).ToList();
        Assert.Null(heap.Take(Unit));
        foreach (var index in new[] { 1, 3, 5, 7, 9, 0, 2, 4, 6, 8 }) heap.Give(blocks[index]);
        Assert.Equal(10 * Unit, Assert.Single(heap.Blocks).Size);
        Assert.NotNull(heap.Take(10 * Unit));
    }

    [Fact]
    public void The_closest_fit_is_taken()
    {
        var heap = new BlockHeap();
        heap.Add((byte*)Unit, 1000 * Unit, joins: true);
        var sizes = new long[] { 90, 1, 40, 1, 41, 1, 300, 1 };
        var blocks = sizes.Select(size => heap.Take(size * Unit)!).ToList();
        foreach (var index in new[] { 0, 2, 4, 6 }) heap.Give(blocks[index]);
        var (fortyOne, forty, ninety) = (blocks[4].Start - (byte*)0, blocks[2].Start - (byte*)0, blocks[0].Start - (byte*)0);
        Assert.Equal(fortyOne, heap.Take(41 * Unit)!.Start - (byte*)0);
        Assert.Equal(forty, heap.Take(39 * Unit)!.Start - (byte*)0);
        Assert.Equal(ninety, heap.Take(80 * Unit)!.Start - (byte*)0);
    }

    [Fact]
    public void Memory_added_at_the_end_joins_what_is_free_there()
    {
        var heap = new BlockHeap();
        heap.Add((byte*)Unit, 4 * Unit, joins: true);
        var first = heap.Take(3 * Unit)!;
        heap.Add((byte*)(5 * Unit), 4 * Unit, joins: true);
        Assert.Equal(5 * Unit, heap.Tail!.Size);
        Assert.NotNull(heap.Take(5 * Unit));
        heap.Give(first);
        heap.Add((byte*)(100 * Unit), 4 * Unit, joins: true);
        Assert.Equal([(nint)(100 * Unit)], heap.RemoveWhole().Select(range => range.Start));
    }

    [Fact]
    public void A_part_can_be_carved_out_of_a_free_stretch()
    {
        var heap = new BlockHeap();
        heap.Add((byte*)Unit, 10 * Unit, joins: true);
        var part = heap.Carve(heap.Tail!, (byte*)(4 * Unit), (byte*)(6 * Unit));
        Assert.Equal([3 * Unit, 2 * Unit, 5 * Unit], heap.Blocks.Select(block => block.Size));
        Assert.Equal(8 * Unit, heap.FreeBytes);
        heap.Give(part);
        Assert.Equal(10 * Unit, Assert.Single(heap.Blocks).Size);
    }

    [Fact]
    public void Random_requests_never_overlap_and_nothing_is_lost()
    {
        const long Total = 20_000 * Unit;
        var random = new Random(7);
        var heap = new BlockHeap();
        heap.Add((byte*)Unit, Total / 2, joins: true);
        heap.Add((byte*)(Unit + (Total / 2)), Total / 2, joins: true);
        var live = new List<HeapBlock>();
        for (var step = 0; step < 20_000; step++)
        {
            var size = (long)Math.Pow(2, random.NextDouble() * 11) * Unit;
            if (heap.Take(size) is { } block)
            {
                Assert.Equal(size, block.Size);
                live.Add(block);
            }

            while (live.Count > 100 || (live.Count > 0 && random.Next(3) == 0))
            {
                var index = random.Next(live.Count);
                heap.Give(live[index]);
                live.RemoveAt(index);
            }

            if (step % 500 == 0) Check(heap, live, Total);
        }

        foreach (var block in live) heap.Give(block);
        Assert.Equal(Total, Assert.Single(heap.Blocks).Size);
    }

    private static void Check(BlockHeap heap, List<HeapBlock> live, long total)
    {
        var next = Unit;
        var wasFree = false;
        foreach (var block in heap.Blocks)
        {
            Assert.Equal(next, (long)block.Start);
            Assert.False(wasFree && block.IsFree);
            (next, wasFree) = ((long)block.End, block.IsFree);
        }

        Assert.Equal(Unit + total, next);
        Assert.Equal(live.Count, heap.Blocks.Count(block => !block.IsFree));
        Assert.Equal(total - live.Sum(block => block.Size), heap.FreeBytes);
    }
}
