using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Operations.DiagonalRecurrence;

/// <summary>Vectors for one block of rows, cut from one buffer of the pool.</summary>
internal unsafe ref struct RecurrenceScratch<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Storage _storage;
    private T* _next;

    public RecurrenceScratch(long vectors)
    {
        _storage = MemoryPool.Rent(vectors * Vector512<T>.Count * sizeof(T));
        _next = (T*)_storage.Pointer;
    }

    public T* Take(long vectors)
    {
        var taken = _next;
        _next += vectors * Vector512<T>.Count;
        return taken;
    }

    public readonly void Dispose() => _storage.Release();
}
