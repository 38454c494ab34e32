using System.Numerics;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Memory;

/// <summary>Vectors that a piece of work needs, cut from one buffer of the pool.</summary>
internal unsafe ref struct VectorScratch<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Storage _storage;
    private T* _next;

    public VectorScratch(long vectors)
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
