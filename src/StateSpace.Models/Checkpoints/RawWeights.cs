using StateSpace.Tensors;
using StateSpace.Tensors.Memory;

namespace StateSpace.Models.Checkpoints;

/// <summary>
/// The bytes of a tensor as its file has them, for kernels that read types which tensors do not hold, such as BF16. Row-major,
/// little-endian, aligned to the element size. The memory lives until <see cref="Dispose"/>, whatever becomes of the file's reader.
/// </summary>
/// <remarks>Where the memory is mapped, what <see cref="SafeTensorsFile.Map"/> says of files that become shorter holds here too.</remarks>
public sealed class RawWeights : IDisposable
{
    private readonly Storage _storage;
    private readonly long _start;
    private bool _disposed;

    /// <summary>Takes over one reference to the memory.</summary>
    internal RawWeights(SafeTensorsEntry entry, Storage storage, long start, bool isMapped)
    {
        Entry = entry;
        _storage = storage;
        _start = start;
        IsMapped = isMapped;
    }

    /// <summary>Name, type and shape.</summary>
    public SafeTensorsEntry Entry { get; }

    /// <summary>Type in the file, such as <c>BF16</c>.</summary>
    public string Type => Entry.Type;

    /// <summary>Sizes of the axes.</summary>
    public Shape Shape => Entry.Shape;

    /// <summary>Number of bytes.</summary>
    public long Bytes => Entry.Bytes;

    /// <summary>Whether these are the file's own pages; otherwise a copy, because the file does not align the data to the element size.</summary>
    public bool IsMapped { get; }

    /// <summary>First byte. Valid until <see cref="Dispose"/>; the caller keeps this object alive meanwhile.</summary>
    /// <exception cref="ObjectDisposedException">The memory was released.</exception>
    public unsafe byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _storage.Pointer + _start;
        }
    }

    /// <summary>The bytes as numbers. Valid until <see cref="Dispose"/>.</summary>
    /// <typeparam name="T">A type of the elements' size, such as <c>ushort</c> for BF16.</typeparam>
    /// <exception cref="InvalidOperationException">The bytes are no whole number of T, or more than 2^31 − 1 of them.</exception>
    public unsafe ReadOnlySpan<T> AsSpan<T>()
        where T : unmanaged
    {
        if (Bytes % sizeof(T) != 0) throw new InvalidOperationException($"tensor '{Entry.Name}' has {Bytes} bytes: no whole number of {typeof(T).Name}");
        if (Bytes / sizeof(T) > int.MaxValue) throw new InvalidOperationException($"tensor '{Entry.Name}' has too many elements for one span");
        return new(Pointer, (int)(Bytes / sizeof(T)));
    }

    /// <summary>Releases the memory, unless other tensors lie in it.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _storage.Release();
    }
}
