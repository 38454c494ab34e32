using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>A row-major matrix in scratch memory.</summary>
/// <param name="first">First element.</param>
/// <param name="stride">Elements from a row to the next.</param>
internal readonly unsafe struct ChunkMatrix<T>(T* first, long stride)
    where T : unmanaged
{
    private const int CacheLine = 64;

    public T* First { get; } = first;

    public long Stride { get; } = stride;

    /// <summary>
    /// Elements from a row to the next: whole vectors, and an odd number of cache lines, so that the rows of a matrix spread over all sets of
    /// the L1 cache.
    /// </summary>
    public static long StrideOf(long columns)
    {
        var lines = ((columns * sizeof(T)) + CacheLine - 1) / CacheLine;
        return (lines | 1) * CacheLine / sizeof(T);
    }

    public T* Row(long row) => First + (row * Stride);

    public ChunkMatrix<T> From(long row, long column) => new(Row(row) + column, Stride);
}

/// <summary>The matrices that one task works with; they go back to the pool together.</summary>
internal sealed unsafe class ChunkScratch<T> : IDisposable
    where T : unmanaged
{
    private readonly List<Storage> _storages = [];

    public ChunkMatrix<T> Matrix(long rows, long columns)
    {
        var stride = ChunkMatrix<T>.StrideOf(columns);
        var storage = MemoryPool.Rent(rows * stride * sizeof(T));
        _storages.Add(storage);
        return new((T*)storage.Pointer, stride);
    }

    public void Dispose()
    {
        foreach (var storage in _storages) storage.Release();
        _storages.Clear();
    }
}
