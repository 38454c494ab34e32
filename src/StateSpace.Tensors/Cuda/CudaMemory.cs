using System.Numerics;
using StateSpace.Tensors.Cuda.Interop;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Cuda;

/// <summary>A device's memory: buffers that were released serve the next request of their size.</summary>
internal sealed unsafe class CudaMemory(CudaDevice device)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Stack<DeviceBlock>> _kept = [];
    private long _live;
    private long _peak;
    private long _pooled;

    /// <summary>Bytes held by tensors now.</summary>
    public long LiveBytes => Interlocked.Read(ref _live);

    /// <summary>Largest value of <see cref="LiveBytes"/> so far, or since <see cref="ResetPeak"/>.</summary>
    public long PeakBytes => Interlocked.Read(ref _peak);

    /// <summary>Bytes kept for reuse.</summary>
    public long PooledBytes => Interlocked.Read(ref _pooled);

    /// <summary>Lets <see cref="PeakBytes"/> begin anew at what tensors hold now.</summary>
    public void ResetPeak()
    {
        lock (_gate) _peak = _live;
    }

    /// <summary>A buffer of at least <paramref name="bytes"/> with one reference, contents undefined.</summary>
    public Storage Rent(long bytes)
    {
        var size = RoundUp(bytes);
        DeviceBlock? block = null;
        lock (_gate)
        {
            if (_kept.TryGetValue(size, out var stack) && stack.TryPop(out block)) _pooled -= size;
            _live += size;
            _peak = Math.Max(_peak, _live);
        }

        block ??= new(this, Allocate(size), size);
        var storage = new Storage(block.Pointer, size, block);
        if (MemoryPool.Poison) device.Transfers.FillBytes(block.Pointer, 0xFF, size);
        return storage;
    }

    /// <summary>What holds the memory, in lines.</summary>
    public string Report() => $"live {_live} bytes, kept {_pooled} bytes";

    internal void Return(DeviceBlock block)
    {
        lock (_gate)
        {
            _live -= block.Size;
            _pooled += block.Size;
            if (!_kept.TryGetValue(block.Size, out var stack)) _kept[block.Size] = stack = new();
            stack.Push(block);
        }
    }

    private static long RoundUp(long bytes)
    {
        const long Least = 512;
        if (bytes <= Least) return Least;
        var step = 1L << Math.Max(9, BitOperations.Log2((ulong)bytes) - 3);
        return (bytes + step - 1) / step * step;
    }

    private byte* Allocate(long size)
    {
        device.MakeCurrent();
        CudaException.Check(DriverApi.cuMemAlloc_v2(out var pointer, (nuint)size), $"allocating {size} bytes on {device}");
        return pointer;
    }
}

internal sealed unsafe class DeviceBlock(CudaMemory memory, byte* pointer, long size) : IDisposable
{
    public byte* Pointer => pointer;

    public long Size => size;

    public void Dispose() => memory.Return(this);
}
