using StateSpace.Tensors.Operations.Layout;

namespace StateSpace.Tensors;

public sealed partial class Tensor
{
    /// <summary>Other axes over the same elements in the same order; shares memory. One size may be −1: it is computed.</summary>
    /// <exception cref="ShapeException">The number of elements differs.</exception>
    public Tensor Reshape(params long[] sizes)
    {
        var open = Array.IndexOf(sizes, -1);
        if (open < 0) return Reshape((Shape)sizes);
        var known = sizes.Where((_, i) => i != open).Aggregate(1L, (product, size) => checked(product * size));
        ShapeException.Require(known > 0 && Count % known == 0, "Reshape", $"{Shape} cannot become ({string.Join(", ", sizes)})");
        var resolved = (long[])sizes.Clone();
        resolved[open] = Count / known;
        return Reshape((Shape)resolved);
    }

    /// <summary>Other axes over the same elements in the same order; shares memory.</summary>
    public Tensor Reshape(Shape shape) => Operations.Layout.Reshape.Apply(this, shape);

    /// <summary>A copy in which axes of size 1, and missing leading axes, are repeated to fill a shape.</summary>
    public Tensor BroadcastTo(Shape shape) => Operations.Layout.BroadcastTo.Apply(this, shape);

    /// <summary>A copy with another element type; this tensor where it has that type already.</summary>
    public Tensor Convert(DType dtype) => ConvertType.Apply(this, dtype);
}
