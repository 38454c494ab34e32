using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.Layout;

/// <summary>A range of a tensor's elements as a tensor on the same memory.</summary>
internal static class SharedRange
{
    /// <summary>The range; on a GPU new memory, which is still to be filled, where the range would not begin at the border of an access of 16 bytes: kernels rely on that.</summary>
    public static Tensor Of(Tensor x, Shape shape, long offset) =>
        x.Device.IsCpu || Packs.IsAligned(x.Address() + (ulong)(offset * x.DType.Size())) ? x.Alias(shape, offset) : Tensor.Empty(shape, x.DType, x.Device);
}
