using System.Runtime.InteropServices;

namespace StateSpace.Tensors.Cpu.Gemm;

/// <summary>
/// Native memory for packed panels. Each thread keeps its own, grows it to the largest multiply seen (the blocking bounds it)
/// and reuses it, so that a multiply allocates nothing once warm. It is freed after its thread has ended.
/// </summary>
internal sealed unsafe class GemmScratch
{
    /// <summary>A cache line, and the width of the widest vector.</summary>
    private const int Alignment = 64;

    [ThreadStatic]
    private static GemmScratch? _shared;

    [ThreadStatic]
    private static GemmScratch? _private;

    private void* _memory;
    private long _bytes;

    ~GemmScratch() => NativeMemory.AlignedFree(_memory);

    /// <summary>Memory that the calling thread fills and the team reads: at least <paramref name="count"/> elements.</summary>
    public static T* Shared<T>(long count)
        where T : unmanaged => (T*)(_shared ??= new()).AtLeast(count * sizeof(T));

    /// <summary>Memory that only the calling thread uses, for one chunk of work: at least <paramref name="count"/> elements.</summary>
    public static T* Private<T>(long count)
        where T : unmanaged => (T*)(_private ??= new()).AtLeast(count * sizeof(T));

    private void* AtLeast(long bytes)
    {
        if (bytes > _bytes)
        {
            NativeMemory.AlignedFree(_memory);
            _memory = null;
            _bytes = 0;
            _memory = NativeMemory.AlignedAlloc(checked((nuint)bytes), Alignment);
            _bytes = bytes;
        }

        return _memory;
    }
}
