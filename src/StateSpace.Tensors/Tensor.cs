using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors;

/// <summary>
/// An array of numbers of one type with a shape, contiguous and row-major, on one device. Operations are eager; while a
/// <see cref="Tape"/> records, they can be differentiated.
/// </summary>
/// <remarks>
/// Memory is native and is released by the enclosing <see cref="TensorScope"/> or by <see cref="Dispose"/>. Reshapes and slices of
/// the first axis share memory; everything else copies. The members are split by family: creation, data, layout,
/// arithmetic, functions, reductions, linear algebra.
/// </remarks>
public sealed partial class Tensor : IDisposable
{
    private readonly Storage _storage;
    private readonly long _offset;
    private bool _disposed;

    internal Tensor(Storage storage, long offset, Shape shape, DType dtype, Device device)
    {
        _storage = storage;
        _offset = offset;
        Shape = shape;
        DType = dtype;
        Device = device;
        TensorScope.Register(this);
    }

    /// <summary>Sizes of the axes.</summary>
    public Shape Shape { get; }

    /// <summary>Type of the elements.</summary>
    public DType DType { get; }

    /// <summary>Where the elements lie.</summary>
    public Device Device { get; }

    /// <summary>Number of axes.</summary>
    public int Rank => Shape.Rank;

    /// <summary>Number of elements.</summary>
    public long Count => Shape.Count;

    /// <summary>Whether <see cref="Dispose"/> was called, or the tensor's scope has ended.</summary>
    public bool IsDisposed => _disposed;

    /// <summary>
    /// Whether a reverse pass shall accumulate a gradient here. Set it on parameters and inputs; results of recorded operations carry
    /// gradients through by themselves.
    /// </summary>
    /// <exception cref="InvalidOperationException">The elements are integers.</exception>
    public bool RequiresGradient
    {
        get;
        set
        {
            if (value && !DType.IsFloating()) throw new InvalidOperationException($"a gradient needs floating-point elements, not {DType}");
            field = value;
        }
    }

    /// <summary>Sum of the gradients of the reverse passes so far, in this tensor's shape; null before the first. It belongs to this tensor.</summary>
    public Tensor? Gradient { get; internal set; }

    /// <summary>Operation and device that computed this tensor, such as <c>RmsNorm/cpu</c>; <c>data</c> where none did.</summary>
    public string Kernel => Operation is null ? "data" : $"{Operation}/{Device}";

    /// <summary>Name of the operation that computed this tensor, or null.</summary>
    internal string? Operation { get; set; }

    /// <summary>The tape's record of how this tensor came about, or null.</summary>
    internal TapeRecord? Producer { get; set; }

    /// <summary>Which of the producer's outputs this is.</summary>
    internal int ProducerOutput { get; set; }

    /// <summary>Whether gradients flow to or through this tensor.</summary>
    internal bool IsTracked => RequiresGradient || Producer is not null;

    /// <summary>The memory, for sharing.</summary>
    internal Storage Storage => _disposed ? throw Disposed() : _storage;

    /// <summary>First element, in elements from the start of the memory.</summary>
    internal long Offset => _offset;

    /// <summary>Whether nobody else sees this tensor's memory, so that it may be overwritten.</summary>
    internal bool IsExclusive => !_disposed && _storage.References == 1;

    /// <summary>Sets the gradient to zero in place; does nothing where there is none.</summary>
    public void ZeroGradient() => Gradient?.Clear();

    /// <summary>Releases the memory, unless a view or a tape still holds it, and the gradient.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _storage.Release();
        Gradient?.Dispose();
        Gradient = null;
    }

    /// <summary>Type, shape and device: <c>Float32 (8, 2048, 1536) on cpu</c>.</summary>
    public override string ToString() => $"{DType} {Shape} on {Device}";

    /// <summary>Another tensor on the same memory, without gradient history.</summary>
    internal Tensor Alias(Shape shape, long elementOffset = 0)
    {
        var storage = Storage;
        storage.Retain();
        return new(storage, _offset + elementOffset, shape, DType, Device) { Operation = Operation };
    }

    private ObjectDisposedException Disposed() =>
        new(nameof(Tensor), $"the tensor {this} was released: its scope has ended or it was disposed; keep it with TensorScope.Keep");
}
