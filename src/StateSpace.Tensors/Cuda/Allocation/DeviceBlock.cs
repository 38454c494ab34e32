using System.Diagnostics.CodeAnalysis;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Cuda.Allocation;

/// <summary>
/// A stretch of a device's memory in the hands of tensors. Their last release gives it back; the finalizer does where they were forgotten.
/// </summary>
internal sealed unsafe class DeviceBlock(CudaMemory memory, HeapBlock block) : IDisposable
{
    private Storage? _storage;
    private bool _isUsed;

    ~DeviceBlock()
    {
        if (_isUsed) memory.Return(block, lease: null);
    }

    /// <summary>The storage of the next tensor, with one reference.</summary>
    public Storage Begin()
    {
        _isUsed = true;
        if (_storage is null) return _storage = new(block.Start, block.Size, this);
        _storage.Retain();
        _storage.BeginGrowth(-1);
        return _storage;
    }

    [SuppressMessage("Usage", "CA1816:Dispose methods should call SuppressFinalize", Justification = "the next tensor in this place uses the object again")]
    public void Dispose()
    {
        _isUsed = false;
        memory.Return(block, lease: this);
    }
}
