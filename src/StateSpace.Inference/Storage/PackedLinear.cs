using StateSpace.Models.Layers;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.PackedMatMul;

namespace StateSpace.Inference.Storage;

/// <summary>A linear layer's weight as a <see cref="PackedMatrix"/>.</summary>
/// <param name="matrix">The matrix; this object disposes it.</param>
internal sealed class PackedLinear(PackedMatrix matrix) : PackedWeight
{
    public override long Outputs => matrix.Rows;

    public override long Inputs => matrix.Columns;

    public override long Bytes => matrix.Bytes;

    public override Tensor Apply(Tensor x, long start, long count) => PackedMatMul.Apply(x, matrix, start, count);

    public override void Dispose() => matrix.Dispose();
}
