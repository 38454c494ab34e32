using StateSpace.Tensors.Memory;
using StateSpace.Tensors.Operations.Layout;

namespace StateSpace.Tensors;

public sealed partial class Tensor
{
    /// <summary>A tensor whose elements are undefined; for kernels that write all of them.</summary>
    public static Tensor Empty(Shape shape, DType dtype = DType.Float32, Device device = default)
    {
        var bytes = checked(shape.Count * dtype.Size());
        return new(device.IsCpu ? MemoryPool.Rent(bytes) : DeviceMemory.Rent(device, bytes), 0, shape, dtype, device);
    }

    /// <summary>A tensor of zeros.</summary>
    public static Tensor Zeros(Shape shape, DType dtype = DType.Float32, Device device = default)
    {
        var tensor = Empty(shape, dtype, device);
        tensor.Clear();
        return tensor;
    }

    /// <summary>A tensor of ones.</summary>
    public static Tensor Ones(Shape shape, DType dtype = DType.Float32, Device device = default) => Full(shape, 1, dtype, device);

    /// <summary>A tensor whose elements all have one value, rounded to its type.</summary>
    public static Tensor Full(Shape shape, double value, DType dtype = DType.Float32, Device device = default)
    {
        var tensor = Empty(shape, dtype, device);
        tensor.Fill(value);
        return tensor;
    }

    /// <summary>A scalar.</summary>
    public static Tensor Scalar(double value, DType dtype = DType.Float32, Device device = default) => Full(Shape.Scalar, value, dtype, device);

    /// <summary>A copy of values in row-major order.</summary>
    /// <typeparam name="T">float, double, int or long.</typeparam>
    /// <param name="values">As many values as the shape has elements.</param>
    /// <param name="shape">Sizes of the axes.</param>
    /// <exception cref="ShapeException">The number of values differs from the shape's.</exception>
    public static unsafe Tensor From<T>(ReadOnlySpan<T> values, Shape shape)
        where T : unmanaged
    {
        ShapeException.Require(values.Length == shape.Count, "Tensor.From", $"{values.Length} values do not fill the shape {shape}");
        var tensor = Empty(shape, DTypes.Of<T>());
        values.CopyTo(tensor.Span<T>());
        return tensor;
    }

    /// <summary>A copy of values as a vector.</summary>
    public static Tensor From<T>(params T[] values)
        where T : unmanaged => From<T>(values, [values.Length]);

    /// <summary>The numbers 0, 1, …, count − 1.</summary>
    public static Tensor Range(long count, DType dtype = DType.Float32)
    {
        var tensor = Empty([count], dtype);
        for (long i = 0; i < count; i++) tensor.SetValue(i, i);
        return tensor;
    }

    /// <summary>A tensor of this one's shape, type and device whose elements are undefined.</summary>
    public Tensor EmptyLike() => Empty(Shape, DType, Device);

    /// <summary>A tensor of zeros of this one's shape, type and device.</summary>
    public Tensor ZerosLike() => Zeros(Shape, DType, Device);

    /// <summary>A copy of the elements, without gradient history.</summary>
    public Tensor Clone()
    {
        var copy = EmptyLike();
        copy.CopyFrom(this);
        return copy;
    }

    /// <summary>The same elements on a device: a copy, through which gradients flow; this tensor where it lies there already.</summary>
    /// <exception cref="DeviceException">There is no such device, or it cannot be used.</exception>
    public Tensor To(Device device) => Transfer.Apply(this, device);

    /// <summary>The same memory without gradient history: gradients do not flow through.</summary>
    public Tensor Detach() => Alias(Shape);

    /// <summary>Marks this tensor as one to accumulate a gradient for.</summary>
    /// <returns>This tensor.</returns>
    public Tensor WithGradient()
    {
        RequiresGradient = true;
        return this;
    }
}
