namespace StateSpace.Tensors;

public sealed partial class Tensor
{
    /// <summary>Matrix product over the last two axes; leading axes are a batch and broadcast.</summary>
    /// <param name="right">Right operand, (…, K, N), or (…, N, K) where transposed.</param>
    /// <param name="transposeLeft">Whether this tensor is (…, K, M) rather than (…, M, K).</param>
    /// <param name="transposeRight">Whether the right operand is (…, N, K) rather than (…, K, N).</param>
    /// <returns>(…, M, N).</returns>
    /// <exception cref="ShapeException">The inner sizes or the batches do not fit, or the types differ.</exception>
    public Tensor MatMul(Tensor right, bool transposeLeft = false, bool transposeRight = false) =>
        Operations.MatMul.MatMul.Apply(this, right, transposeLeft, transposeRight);
}
