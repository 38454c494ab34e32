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

    /// <summary>The axes in another order: axis i of the result is axis axes[i] of this tensor. A copy, except where no element moves.</summary>
    /// <param name="axes">Each axis once; counts from the end where negative.</param>
    /// <exception cref="ShapeException">An axis is missing or named twice.</exception>
    public Tensor Permute(params int[] axes) => Operations.Layout.Permute.Apply(this, [.. axes.Select(axis => axis < 0 ? axis + Rank : axis)]);

    /// <summary>Two axes swapped, by default the last two. A copy, except where no element moves.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such axis.</exception>
    public Tensor Transpose(int first = -2, int second = -1)
    {
        var axes = Enumerable.Range(0, Rank).ToArray();
        (first, second) = (Shape.Axis(first), Shape.Axis(second));
        (axes[first], axes[second]) = (second, first);
        return Operations.Layout.Permute.Apply(this, axes);
    }

    /// <summary>Elements <paramref name="start"/> … <paramref name="start"/> + <paramref name="length"/> − 1 of one axis. Shares memory on the first axis, copies on others.</summary>
    /// <remarks>
    /// The gradient has the size of this whole tensor; to use all parts of a tensor, <see cref="Split"/> it once. A slice is for reading: on a GPU one that would
    /// begin off a border of 16 bytes is a copy, too, and what is written to it does not reach this tensor.
    /// </remarks>
    /// <exception cref="ShapeException">The range does not lie in the axis.</exception>
    public Tensor Slice(int axis, long start, long length) => Operations.Layout.Slice.Apply(this, axis, start, length);

    /// <summary>One axis cut into consecutive parts of these lengths, which fill it. Shares memory on the first axis, copies on others.</summary>
    /// <exception cref="ShapeException">The lengths do not add up to the axis.</exception>
    public Tensor[] Split(int axis, params long[] lengths) => Operations.Layout.Split.Apply(this, axis, lengths);

    /// <summary>Tensors one after another along an axis; the other axes and the types are the same.</summary>
    /// <exception cref="ShapeException">There are no parts, or they differ beside the axis.</exception>
    public static Tensor Concatenate(int axis, params Tensor[] parts) => Operations.Layout.Concatenate.Apply(axis, parts);

    /// <summary>Elements of one value before and after those of one axis.</summary>
    /// <exception cref="ShapeException">A size is negative.</exception>
    public Tensor Pad(int axis, long before, long after, double value = 0)
    {
        var padding = new (long, long)[Rank];
        padding[Shape.Axis(axis)] = (before, after);
        return Pad(padding, value);
    }

    /// <summary>Elements of one value before and after those of each axis.</summary>
    /// <exception cref="ShapeException">There are not two sizes for each axis, or one is negative.</exception>
    public Tensor Pad((long Before, long After)[] padding, double value = 0) => Operations.Layout.Pad.Apply(this, padding, value);

    /// <summary>This tensor with a new axis of size 1 before <paramref name="axis"/>, or at the end for −1; shares memory.</summary>
    public Tensor Unsqueeze(int axis) => Reshape(Shape.Insert(axis < 0 ? axis + Rank + 1 : axis, 1));

    /// <summary>This tensor without an axis of size 1; shares memory.</summary>
    /// <exception cref="ShapeException">The axis has another size.</exception>
    public Tensor Squeeze(int axis)
    {
        ShapeException.Require(Shape[axis] == 1, "Squeeze", $"axis {axis} of {Shape} has size {Shape[axis]}, not 1");
        return Reshape(Shape.Without(axis));
    }
}
