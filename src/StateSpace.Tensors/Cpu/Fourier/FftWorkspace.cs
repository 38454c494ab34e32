using System.Runtime.InteropServices;

namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>
/// Scratch memory of one block of columns, aligned to 64 bytes. A thread keeps a small one for its next block; a large one
/// is returned at once. Not for nesting: a thread holds one at a time.
/// </summary>
internal readonly unsafe struct FftWorkspace : IDisposable
{
    private const int Alignment = 64;
    private const long LargestKept = 8 << 20;

    [ThreadStatic]
    private static byte[]? _kept;

    private readonly void* _owned;

    public FftWorkspace(long bytes)
    {
        if (bytes > LargestKept)
        {
            Pointer = _owned = NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
            return;
        }

        if (_kept is null || _kept.Length < bytes + Alignment)
            _kept = GC.AllocateUninitializedArray<byte>((int)bytes + Alignment, pinned: true);
        var address = (nuint)Marshal.UnsafeAddrOfPinnedArrayElement(_kept, 0);
        Pointer = (void*)((address + Alignment - 1) & ~(nuint)(Alignment - 1));
    }

    public void* Pointer { get; }

    public void Dispose()
    {
        if (_owned is not null) NativeMemory.AlignedFree(_owned);
    }
}
