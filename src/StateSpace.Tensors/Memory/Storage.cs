namespace StateSpace.Tensors.Memory;

/// <summary>
/// Native memory shared by reference count between tensors, views and tapes: a 64-byte aligned buffer of the pool, or the pages of a
/// mapped file.
/// </summary>
/// <remarks>
/// The last release returns a buffer to the pool and unmaps a file. The finalizer is a safety net for tensors that nobody released;
/// a mapping has one of its own.
/// </remarks>
internal sealed unsafe class Storage : IDisposable
{
    private readonly IDisposable? _mapping;
    private int _references;
    private long _grown = -1;

    /// <summary>A buffer of the pool, without references.</summary>
    internal Storage(byte* pointer, long capacity)
    {
        Pointer = pointer;
        Capacity = capacity;
    }

    /// <summary>Memory that belongs to something else, with one reference. It does not count as held by tensors and never enters the pool.</summary>
    /// <param name="pointer">First byte.</param>
    /// <param name="capacity">Bytes.</param>
    /// <param name="mapping">Disposed with the last release; frees the memory in its own finalizer where that never comes.</param>
    internal Storage(byte* pointer, long capacity, IDisposable mapping)
        : this(pointer, capacity)
    {
        _mapping = mapping;
        _references = 1;
        GC.SuppressFinalize(this);
    }

    ~Storage() => MemoryPool.Free(this);

    /// <summary>Usable bytes.</summary>
    public long Capacity { get; }

    /// <summary>Holders; 0 while the buffer lies in the pool.</summary>
    public int References => Volatile.Read(ref _references);

    /// <summary>First byte.</summary>
    internal byte* Pointer { get; }

    /// <summary>Tries to take what follows the elements in use of a sequence that grows within this memory; two heirs of one sequence cannot both have it.</summary>
    /// <param name="end">Where the sequence ends for who asks, in elements from the start of the memory.</param>
    /// <param name="newEnd">Where it shall end.</param>
    internal bool TryExtend(long end, long newEnd) => Interlocked.CompareExchange(ref _grown, newEnd, end) == end;

    /// <summary>Says where a sequence that may grow within this memory ends, in elements; −1 where the memory holds none.</summary>
    internal void BeginGrowth(long end) => Volatile.Write(ref _grown, end);

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
        if (left < 0) throw new InvalidOperationException("a tensor's memory was released twice");
        if (left > 0) return;
        if (_mapping is null) MemoryPool.Return(this);
        else _mapping.Dispose();
    }
}
