namespace StateSpace.Tensors;

public sealed partial class Tensor
{
    /// <summary>Elements picked along an axis: y[…, j, …] = x[…, index[…, j, …], …].</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="index">Int32 or Int64, of this tensor's shape but any size along the axis, which the result has too.</param>
    /// <exception cref="ShapeException">The index does not fit.</exception>
    /// <exception cref="IndexValueException">A number does not lie in the axis.</exception>
    public Tensor Gather(int axis, Tensor index) => Operations.Indexing.Gather.Apply(this, axis, index);

    /// <summary>This tensor with elements added along an axis: y[…, index[…, j, …], …] += source[…, j, …]; equal numbers add up, in order.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="index">Int32 or Int64, of this tensor's shape but any size along the axis.</param>
    /// <param name="source">What to add, in the shape of the index.</param>
    /// <exception cref="ShapeException">The index or the source does not fit.</exception>
    /// <exception cref="IndexValueException">A number does not lie in the axis.</exception>
    public Tensor ScatterAdd(int axis, Tensor index, Tensor source) => Operations.Indexing.ScatterAdd.Apply(this, axis, index, source);
}
