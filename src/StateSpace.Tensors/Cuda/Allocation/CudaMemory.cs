using System.Diagnostics.CodeAnalysis;
using StateSpace.Tensors.Cuda.Interop;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Cuda.Allocation;

/// <summary>
/// A device's memory. A buffer that is released serves the next request at once, because everything on the device happens in the order of
/// one stream. Small requests have memory of their own, so that they do not cut up the large one.
/// </summary>
internal sealed unsafe class CudaMemory
{
    private const long SmallLimit = 1L << 20;
    private const long SmallRange = 8L << 20;
    private const long LargeRange = 64L << 20;
    private const double MiB = 1 << 20;

    private readonly Lock _gate = new();
    private readonly CudaDevice _device;
    private readonly GrowingRange? _range;
    private readonly BlockHeap _small = new();
    private readonly BlockHeap _large = new();
    private GraphMemory? _graph;
    private long _ranges;
    private long _live;
    private long _peak;

    public CudaMemory(CudaDevice device)
    {
        _device = device;
        _range = GrowingRange.TryReserve(device);
    }

    /// <summary>Name of the operation that runs on this thread, for the error where memory ends.</summary>
    [field: ThreadStatic]
    public static string? Asking { get; set; }

    /// <summary>Bytes held by tensors now.</summary>
    public long LiveBytes => Interlocked.Read(ref _live);

    /// <summary>Largest value of <see cref="LiveBytes"/> so far, or since <see cref="ResetPeak"/>.</summary>
    public long PeakBytes => Interlocked.Read(ref _peak);

    /// <summary>Bytes that this process took from the device for tensors: in use, free for the next ones, or held for graphs.</summary>
    public long ReservedBytes => (_range?.MappedBytes ?? 0) + Interlocked.Read(ref _ranges);

    /// <summary>Bytes that no process has.</summary>
    public long FreeBytes
    {
        get
        {
            _device.MakeCurrent();
            CudaException.Check(DriverApi.cuMemGetInfo_v2(out var free, out _), "reading how much memory is free");
            return (long)free;
        }
    }

    /// <summary>Bytes free for the next tensors.</summary>
    public long PooledBytes
    {
        get
        {
            lock (_gate) return _small.FreeBytes + _large.FreeBytes;
        }
    }

    /// <summary>Lets <see cref="PeakBytes"/> begin anew at what tensors hold now.</summary>
    public void ResetPeak()
    {
        lock (_gate) _peak = _live;
    }

    /// <summary>A buffer of at least <paramref name="bytes"/> with one reference, contents undefined.</summary>
    /// <exception cref="CudaOutOfMemoryException">There is no room.</exception>
    public Storage Rent(long bytes)
    {
        var size = BlockHeap.RoundUp(bytes);
        Storage storage;
        lock (_gate)
        {
            var block = Take(size);
            if (_graph is not null)
            {
                block.Graph = _graph;
                _graph.Touch(block);
            }

            _live += size;
            _peak = Math.Max(_peak, _live);
            var lease = block.Lease ?? new(this, block);
            block.Lease = null;
            storage = lease.Begin();
        }

        if (MemoryPool.Poison) _device.Transfers.FillBytes(storage.Pointer, 0xFF, size);
        return storage;
    }

    /// <summary>Gives memory that no tensor holds back to the device; waits for the device.</summary>
    public void Trim()
    {
        _device.MakeCurrent();
        if (_device.IsCapturing) return;
        CudaException.Check(DriverApi.cuStreamSynchronize(_device.Stream), "waiting before memory is given back");
        lock (_gate) TrimNow();
    }

    /// <summary>What holds the memory, in lines.</summary>
    public string Report()
    {
        lock (_gate) return string.Join('\n', Lines());
    }

    /// <summary>
    /// From now on what this thread's tensors take and release belongs to a graph that is being captured. Other threads that take or release memory
    /// wait until <see cref="EndGraph"/>, which must follow on this thread: what the graph has released within itself is its own until then.
    /// </summary>
    internal void BeginGraph(GraphMemory graph)
    {
        _gate.Enter();
        _graph = graph;
    }

    /// <summary>The capture is over: the graph's memory is held back from others.</summary>
    internal void EndGraph()
    {
        try
        {
            var graph = _graph!;
            _graph = null;
            Hold(graph, _small);
            Hold(graph, _large);
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>The graph is gone and the device done with it.</summary>
    internal void Release(GraphMemory graph)
    {
        lock (_gate)
        {
            graph.IsDisposed = true;
            foreach (var block in graph.Held) Give(block);
            graph.Held.Clear();
        }
    }

    internal void Return(HeapBlock block, DeviceBlock? lease)
    {
        lock (_gate)
        {
            _live -= block.Size;
            block.Lease = lease;
            var owner = block.Graph is { IsDisposed: false } ? block.Graph : null;

            // What was taken before the capture is read by the graph and must keep its contents until then; what was taken within it may serve
            // the rest of it. After the capture all of it is the graph's.
            if (_graph is not null && owner is null)
            {
                _graph.Held.Add(block);
                return;
            }

            if (owner is not null && owner != _graph) owner.Held.Add(block);
            else Give(block);
        }
    }

    private static string Size(long bytes) => bytes >= 10L << 30 ? $"{bytes / MiB / 1024:f1} GiB" : bytes >= 1 << 20 ? $"{bytes / MiB:f1} MiB" : $"{bytes} bytes";

    private static void Hold(GraphMemory graph, BlockHeap heap)
    {
        foreach (var free in heap.Blocks.Where(block => block.IsFree).ToList())
        {
            var rest = free;
            foreach (var (start, end) in graph.PartsOf(free))
            {
                var part = heap.Carve(rest, (byte*)start, (byte*)end);
                part.Graph = graph;
                graph.Held.Add(part);
                if (part.After is not { IsFree: true } after) break;
                rest = after;
            }
        }
    }

    private HeapBlock Take(long size)
    {
        var heap = size < SmallLimit ? _small : _large;
        var block = heap.Take(size) ?? Grow(heap, size);
        if (block is null && !_device.IsCapturing)
        {
            _device.MakeCurrent();
            CudaException.Check(DriverApi.cuStreamSynchronize(_device.Stream), "waiting before memory is given back");
            TrimNow();
            block = Grow(heap, size);
        }

        return block ?? Refuse(size);
    }

    private HeapBlock? Grow(BlockHeap heap, long size)
    {
        _device.MakeCurrent();
        if (heap == _large && _range is not null)
        {
            var missing = size - (_large.Tail is { IsFree: true } tail ? tail.Size : 0);
            var added = _range.Grow(missing, out var start);
            if (added > 0) _large.Add(start, added, joins: true);
        }
        else
        {
            var least = heap == _small ? SmallRange : LargeRange;
            var bytes = Math.Max(least, (size + least - 1) / least * least);
            if (DriverApi.cuMemAlloc_v2(out var start, (nuint)bytes) != 0)
            {
                bytes = size;
                if (DriverApi.cuMemAlloc_v2(out start, (nuint)bytes) != 0) return null;
            }

            _ranges += bytes;
            heap.Add(start, bytes, joins: false);
        }

        return heap.Take(size);
    }

    private void TrimNow()
    {
        if (_range is not null)
        {
            foreach (var free in _large.Blocks.Where(block => block.IsFree).ToList())
            {
                var (start, end) = _range.Release(free.Start, free.End);
                if (start < end) _large.Carve(free, (byte*)start, (byte*)end).IsHole = true;
            }
        }

        foreach (var heap in _range is null ? (BlockHeap[])[_small, _large] : [_small])
        {
            foreach (var (start, size) in heap.RemoveWhole())
            {
                CudaException.Check(DriverApi.cuMemFree_v2((byte*)start), "giving memory back");
                _ranges -= size;
            }
        }
    }

    private static void Give(HeapBlock block)
    {
        block.Graph = null;
        block.Heap.Give(block);
    }

    [DoesNotReturn]
    private HeapBlock Refuse(long size)
    {
        var by = Asking is null ? "" : $" asked for by {Asking}";
        throw new CudaOutOfMemoryException($"{_device} has no room for {Size(size)}{by}. {string.Join(". ", Lines())}");
    }

    private IEnumerable<string> Lines()
    {
        _device.MakeCurrent();
        CudaException.Check(DriverApi.cuMemGetInfo_v2(out var free, out var total), "reading how much memory is free");
        var blocks = _small.Blocks.Concat(_large.Blocks).Where(block => !block.IsHole).ToList();
        var largestFree = blocks.Where(block => block.IsFree).Select(block => block.Size).DefaultIfEmpty(0).Max();
        var live = blocks.Where(block => !block.IsFree).GroupBy(block => block.Size).OrderByDescending(group => group.Key * group.Count()).Take(6)
            .Select(group => $"{group.Count()} x {Size(group.Key)}");
        var held = ReservedBytes - _live - _small.FreeBytes - _large.FreeBytes;
        yield return $"Of {Size((long)total)}, {Size((long)free)} are free and {Size((long)total - (long)free - ReservedBytes)} with the driver, libraries and other processes";
        yield return $"Tensors hold {Size(_live)} (at most {Size(_peak)} so far): {string.Join(", ", live)}";
        yield return $"Kept for the next tensors: {Size(_small.FreeBytes + _large.FreeBytes)}, the largest piece {Size(largestFree)}"
            + (held > 0 ? $"; held for captured graphs: {Size(held)}" : "");
    }
}
