using StateSpace.Tensors;

namespace StateSpace.Models.Layers;

/// <summary>A weight (outputs, inputs) in a storage type for inference, which multiplies without being unpacked.</summary>
public abstract class PackedWeight : IDisposable
{
    /// <summary>Rows.</summary>
    public abstract long Outputs { get; }

    /// <summary>Columns.</summary>
    public abstract long Inputs { get; }

    /// <summary>Memory, in bytes.</summary>
    public abstract long Bytes { get; }

    /// <summary>x · Wᵀ with some of the rows. Not recorded: a packed weight has no gradient.</summary>
    /// <param name="x">Input, (…, inputs) of Float32.</param>
    /// <param name="start">First row.</param>
    /// <param name="count">Number of rows.</param>
    /// <returns>(…, count).</returns>
    public abstract Tensor Apply(Tensor x, long start, long count);

    /// <summary>Releases the memory.</summary>
    public abstract void Dispose();
}
