using System.Collections.Concurrent;
using StateSpace.Tensors.Cuda.Interop;

namespace StateSpace.Tensors.Cuda;

/// <summary>Copies between the host and a device, and fills. All in the order of the device's stream; sizes are 64-bit.</summary>
/// <remarks>
/// Host memory goes through two pinned buffers: the call returns when the source was read, the device reads the buffer while the host
/// fills the other one. Small copies follow each other within a buffer, so that an upload does not wait for the work queued before it.
/// Copies to the host wait for everything queued before them; small ones have buffers of their own, so that other threads go on meanwhile.
/// </remarks>
internal sealed unsafe class CudaTransfers(CudaDevice device)
{
    private const long ChunkBytes = 8L << 20;
    private const long SmallBytes = 64L << 10;
    private const long Alignment = 64;

    private readonly Lock _gate = new();
    private readonly Chunk?[] _chunks = new Chunk?[2];
    private readonly ConcurrentBag<Chunk> _small = [];
    private int _active;

    /// <summary>Copies host memory to the device; the source may change when the call returns.</summary>
    public void ToDevice(byte* target, byte* source, long bytes)
    {
        if (bytes <= 0) return;
        device.MakeCurrent();
        RefuseWhileCapturing("a copy from the host");
        lock (_gate)
        {
            while (bytes > 0)
            {
                var chunk = Active(Math.Min(bytes, ChunkBytes));
                var part = Math.Min(bytes, ChunkBytes - chunk.Used);
                var staging = chunk.Memory.Pointer + chunk.Used;
                Buffer.MemoryCopy(source, staging, part, part);
                CudaException.Check(DriverApi.cuMemcpyHtoDAsync_v2(target, staging, (nuint)part, device.Stream), $"copying {part} bytes to {device}");
                (chunk.Used, chunk.IsMarked) = ((chunk.Used + part + Alignment - 1) / Alignment * Alignment, false);
                target += part;
                source += part;
                bytes -= part;
            }
        }
    }

    /// <summary>Copies device memory to the host and waits for it.</summary>
    public void ToHost(byte* target, byte* source, long bytes)
    {
        if (bytes <= 0) return;
        device.MakeCurrent();
        RefuseWhileCapturing("a copy to the host");
        if (bytes <= SmallBytes) ReadSmall(target, source, bytes);
        else ReadLarge(target, source, bytes);
        device.Check.ThrowIfFound();
    }

    /// <summary>Copies within the device.</summary>
    public void Within(byte* target, byte* source, long bytes)
    {
        if (bytes <= 0 || target == source) return;
        device.MakeCurrent();
        CudaException.Check(DriverApi.cuMemcpyDtoDAsync_v2(target, source, (nuint)bytes, device.Stream), $"copying {bytes} bytes on {device}");
    }

    /// <summary>Copies between two devices, through the host.</summary>
    public static void Across(CudaDevice to, byte* target, CudaDevice from, byte* source, long bytes)
    {
        if (to == from)
        {
            to.Transfers.Within(target, source, bytes);
            return;
        }

        var part = Math.Min(bytes, 16L << 20);
        var host = new byte[Math.Max(1, part)];
        fixed (byte* pointer = host)
        {
            for (; bytes > 0; bytes -= part, target += part, source += part)
            {
                part = Math.Min(part, bytes);
                from.Transfers.ToHost(pointer, source, part);
                to.Transfers.ToDevice(target, pointer, part);
            }
        }
    }

    /// <summary>Sets bytes.</summary>
    public void FillBytes(byte* target, byte value, long bytes)
    {
        if (bytes <= 0) return;
        device.MakeCurrent();
        CudaException.Check(DriverApi.cuMemsetD8Async(target, value, (nuint)bytes, device.Stream), $"filling {bytes} bytes on {device}");
    }

    /// <summary>Sets 16-bit elements.</summary>
    public void Fill16(byte* target, ushort value, long count)
    {
        if (count <= 0) return;
        device.MakeCurrent();
        CudaException.Check(DriverApi.cuMemsetD16Async(target, value, (nuint)count, device.Stream), $"filling {count} elements on {device}");
    }

    /// <summary>Sets 32-bit elements.</summary>
    public void Fill32(byte* target, uint value, long count)
    {
        if (count <= 0) return;
        device.MakeCurrent();
        CudaException.Check(DriverApi.cuMemsetD32Async(target, value, (nuint)count, device.Stream), $"filling {count} elements on {device}");
    }

    /// <summary>Sets 64-bit elements: the first by its halves, the rest by copies of twice the length each.</summary>
    public void Fill64(byte* target, ulong value, long count)
    {
        if (count <= 0) return;
        var (low, high) = ((uint)value, (uint)(value >> 32));
        if (low == high)
        {
            Fill32(target, low, count * 2);
            return;
        }

        Fill32(target, low, 1);
        Fill32(target + 4, high, 1);
        for (long done = 1; done < count; done *= 2) Within(target + (done * 8), target, Math.Min(done, count - done) * 8);
    }

    /// <summary>Not under the lock: while this thread waits, others upload and start their work.</summary>
    private void ReadSmall(byte* target, byte* source, long bytes)
    {
        var chunk = _small.TryTake(out var free) ? free : new(device, SmallBytes);
        try
        {
            CudaException.Check(DriverApi.cuMemcpyDtoHAsync_v2(chunk.Memory.Pointer, source, (nuint)bytes, device.Stream), $"copying {bytes} bytes from {device}");
            chunk.Mark(device.Stream);
            Take(chunk, target, bytes);
        }
        finally
        {
            _small.Add(chunk);
        }
    }

    private void ReadLarge(byte* target, byte* source, long bytes)
    {
        lock (_gate)
        {
            // While one chunk is copied out of its buffer, the device fills the other.
            Chunk? before = null;
            byte* beforeTarget = null;
            long beforeBytes = 0;
            while (bytes > 0)
            {
                var part = Math.Min(bytes, ChunkBytes);
                var chunk = Turn();
                CudaException.Check(DriverApi.cuMemcpyDtoHAsync_v2(chunk.Memory.Pointer, source, (nuint)part, device.Stream), $"copying {part} bytes from {device}");
                chunk.Used = ChunkBytes;
                chunk.Mark(device.Stream);
                if (before is not null) Take(before, beforeTarget, beforeBytes);
                before = chunk;
                beforeTarget = target;
                beforeBytes = part;
                target += part;
                source += part;
                bytes -= part;
            }

            if (before is not null) Take(before, beforeTarget, beforeBytes);
        }
    }

    private void RefuseWhileCapturing(string what)
    {
        if (device.IsCapturing) throw new InvalidOperationException($"{what} cannot be part of a captured graph; do it before or after the capture");
    }

    private static void Take(Chunk chunk, byte* target, long bytes)
    {
        chunk.Wait();
        Buffer.MemoryCopy(chunk.Memory.Pointer, target, bytes, bytes);
        chunk.Used = 0;
    }

    // The chunk in use where some of what is asked for fits into it, else the other one.
    private Chunk Active(long wanted)
    {
        var chunk = _chunks[_active] ??= new(device, ChunkBytes);
        return chunk.Used == 0 || ChunkBytes - chunk.Used >= wanted ? chunk : Turn();
    }

    private Chunk Turn()
    {
        if (_chunks[_active] is { Used: > 0, IsMarked: false } left) left.Mark(device.Stream);
        _active ^= 1;
        var chunk = _chunks[_active] ??= new(device, ChunkBytes);
        if (chunk.Used > 0) chunk.Wait();
        chunk.Used = 0;
        return chunk;
    }

    private sealed class Chunk
    {
        public Chunk(CudaDevice device, long bytes)
        {
            CudaException.Check(DriverApi.cuMemHostAlloc(out var pointer, (nuint)bytes, 1), "allocating pinned host memory");
            Memory = new((nint)pointer, device);
            CudaException.Check(DriverApi.cuEventCreate(out var done, 2), "making an event");
            Done = new(done, device);
        }

        public PinnedMemoryHandle Memory { get; }

        public EventHandle Done { get; }

        public long Used { get; set; }

        /// <summary>Whether <see cref="Done"/> stands behind the last copy from or to this buffer.</summary>
        public bool IsMarked { get; set; }

        public void Mark(nint stream)
        {
            CudaException.Check(DriverApi.cuEventRecord(Done.Value, stream), "marking a copy");
            IsMarked = true;
        }

        public void Wait() => CudaException.Check(DriverApi.cuEventSynchronize(Done.Value), "waiting for a copy");
    }
}
