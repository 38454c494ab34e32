namespace StateSpace.Tensors.Memory;

/// <summary>A buffer of native memory, 64-byte aligned, shared by reference count between tensors, views and tapes.</summary>
/// <remarks>The last release returns it to the pool. The finalizer is a safety net for tensors that nobody released.</remarks>
internal sealed unsafe class Storage : IDisposable
{
    private int _references;

    internal Storage(byte* pointer, long capacity)
    {
        Pointer = pointer;
        Capacity = capacity;
    }

    ~Storage() => MemoryPool.Free(this);

    /// <summary>Usable bytes.</summary>
    public long Capacity { get; }

    /// <summary>Holders; 0 while the buffer lies in the pool.</summary>
    public int References => Volatile.Read(ref _references);

    /// <summary>First byte.</summary>
    internal byte* Pointer { get; }

    public void Retain() => Interlocked.Increment(ref _references);

    /// <summary>Gives the memory back to the operating system; for buffers in the pool.</summary>
    public void Dispose()
    {
        MemoryPool.Free(this);
        GC.SuppressFinalize(this);
    }

    public void Release()
    {
        var left = Interlocked.Decrement(ref _references);
        if (left == 0) MemoryPool.Return(this);
        else if (left < 0) throw new InvalidOperationException("a tensor's memory was released twice");
    }
}
