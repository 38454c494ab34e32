namespace StateSpace.Tensors.Autograd;

/// <summary>Sums gradients as they arrive: the first is shared, later ones are added, in place where nobody else sees the sum.</summary>
internal static class GradientSum
{
    /// <param name="sum">Sum so far, or null.</param>
    /// <param name="gradient">What arrives; it is not changed and stays the caller's.</param>
    /// <param name="shape">Shape that it must have.</param>
    /// <param name="dtype">Type that it must have.</param>
    /// <param name="operation">Operation to name in an error.</param>
    /// <param name="owned">Whether the sum must have memory of its own (gradients of leaves, which optimizers keep).</param>
    public static void Add(ref Tensor? sum, Tensor gradient, Shape shape, DType dtype, string operation, bool owned = false)
    {
        if (gradient.Shape != shape || gradient.DType != dtype)
        {
            throw new ShapeException(operation, $"a gradient is {gradient} but the tensor is {dtype} {shape}");
        }

        using var unscoped = TensorScope.Suspend();
        if (sum is null)
        {
            // What nobody else holds becomes the sum's own when its giver lets go; a piece of something larger would keep all of that alive.
            var wasteful = gradient.Storage.Capacity > 2 * Math.Max(1, gradient.Count * gradient.DType.Size()) + 4096;
            sum = owned && (wasteful || !gradient.IsExclusive) ? gradient.Clone() : gradient.Alias(shape);
        }
        else if (sum.IsExclusive)
        {
            sum.AddInPlace(gradient);
        }
        else
        {
            var total = sum.Clone();
            total.AddInPlace(gradient);
            sum.Dispose();
            sum = total;
        }
    }
}
