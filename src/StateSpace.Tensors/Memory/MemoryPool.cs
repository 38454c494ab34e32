using System.Numerics;
using System.Runtime.InteropServices;

namespace StateSpace.Tensors.Memory;

/// <summary>
/// Keeps released buffers by size for the next tensor of that size, so that a loop whose shapes repeat allocates nothing
/// after its first round.
/// </summary>
/// <remarks>Sizes are rounded up to one of eight steps per power of two: at most 12.5 % of a buffer is unused.</remarks>
public static unsafe class MemoryPool
{
    private const int Alignment = 64;
    private const int StepBits = 3;
    private const long MinimumBytes = 256;

    private static readonly Lock Gate = new();
    private static readonly Dictionary<long, Stack<Storage>> Kept = [];
    private static long _allocations;
    private static long _live;
    private static long _peak;
    private static long _pooled;

    /// <summary>Buffers that were taken from the operating system since the process began.</summary>
    public static long Allocations => Interlocked.Read(ref _allocations);

    /// <summary>Bytes held by tensors now, without those that lie in mapped files.</summary>
    public static long LiveBytes => Interlocked.Read(ref _live);

    /// <summary>Largest value of <see cref="LiveBytes"/> so far.</summary>
    public static long PeakBytes => Interlocked.Read(ref _peak);

    /// <summary>Bytes kept for reuse.</summary>
    public static long PooledBytes => Interlocked.Read(ref _pooled);

    /// <summary>Whether new buffers are filled with bytes 0xFF (NaN), so that a read of memory that nobody wrote shows. For tests.</summary>
    public static bool Poison { get; set; }

    /// <summary>Gives kept buffers back to the operating system.</summary>
    public static void Trim()
    {
        lock (Gate)
        {
            foreach (var stack in Kept.Values)
            {
                while (stack.TryPop(out var storage))
                {
                    _pooled -= storage.Capacity;
                    storage.Dispose();
                }
            }
        }
    }

    /// <summary>A buffer of at least <paramref name="bytes"/> with one reference, contents undefined.</summary>
    internal static Storage Rent(long bytes)
    {
        var capacity = RoundUp(bytes);
        Storage? storage = null;
        lock (Gate)
        {
            if (Kept.TryGetValue(capacity, out var stack) && stack.TryPop(out storage)) _pooled -= capacity;
            _live += capacity;
            _peak = Math.Max(_peak, _live);
        }

        if (storage is null)
        {
            storage = Allocate(capacity);
            Interlocked.Increment(ref _allocations);
        }

        storage.Retain();
        storage.BeginGrowth(-1);
        if (Poison) NativeMemory.Fill(storage.Pointer, (nuint)capacity, 0xFF);
        return storage;
    }

    internal static void Return(Storage storage)
    {
        lock (Gate)
        {
            _live -= storage.Capacity;
            _pooled += storage.Capacity;
            if (!Kept.TryGetValue(storage.Capacity, out var stack)) Kept[storage.Capacity] = stack = new();
            stack.Push(storage);
        }
    }

    /// <summary>Frees a buffer that became garbage without being released.</summary>
    internal static void Free(Storage storage)
    {
        if (storage.References > 0) Interlocked.Add(ref _live, -storage.Capacity);
        NativeMemory.AlignedFree(storage.Pointer);
    }

    private static Storage Allocate(long capacity)
    {
        try
        {
            return new((byte*)NativeMemory.AlignedAlloc((nuint)capacity, Alignment), capacity);
        }
        catch (OutOfMemoryException)
        {
            // What is kept for other sizes may be what is missing.
            Trim();
            return new((byte*)NativeMemory.AlignedAlloc((nuint)capacity, Alignment), capacity);
        }
    }

    private static long RoundUp(long bytes)
    {
        if (bytes <= MinimumBytes) return MinimumBytes;
        var step = 1L << Math.Max(6, BitOperations.Log2((ulong)bytes) - StepBits);
        return (bytes + step - 1) / step * step;
    }
}
