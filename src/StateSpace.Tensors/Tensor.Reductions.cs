namespace StateSpace.Tensors;

public sealed partial class Tensor
{
    /// <summary>Sum of all elements, a scalar.</summary>
    public Tensor Sum() => Operations.Reduction.Sum.Apply(this, 0, Rank, keep: false);

    /// <summary>Sum over one axis, which vanishes, or stays with size 1 where <paramref name="keep"/>.</summary>
    public Tensor Sum(int axis, bool keep = false)
    {
        axis = Shape.Axis(axis);
        return Operations.Reduction.Sum.Apply(this, axis, axis + 1, keep);
    }

    /// <summary>Mean of all elements, a scalar; NaN where there are none.</summary>
    public Tensor Mean() => Sum() / Count;

    /// <summary>Mean over one axis.</summary>
    public Tensor Mean(int axis, bool keep = false) => Sum(axis, keep) / Shape[axis];

    /// <summary>Mean squared deviation from the mean over one axis.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="keep">Whether the axis stays, with size 1.</param>
    /// <param name="correction">Taken from the number of elements in the divisor: 1 for the unbiased estimate from a sample.</param>
    public Tensor Variance(int axis, bool keep = false, int correction = 0)
    {
        var deviation = this - Mean(axis, keep: true);
        return (deviation * deviation).Sum(axis, keep) / (Shape[axis] - correction);
    }

    /// <summary>Largest element over one axis; NaN where there is one. The first of equals gets the gradient.</summary>
    /// <exception cref="ShapeException">The axis is empty.</exception>
    public Tensor Max(int axis, bool keep = false) => Operations.Reduction.Max.Apply(this, axis, keep);

    /// <summary>Index of the first largest element over one axis, Int64; of the first NaN where there is one. Gradients do not flow through.</summary>
    /// <exception cref="ShapeException">The axis is empty.</exception>
    public Tensor ArgMax(int axis, bool keep = false) => Operations.Reduction.ArgMax.Apply(this, axis, keep);

    /// <summary>Sums of the elements so far over one axis: y_j = x_0 + … + x_j, or y_j = x_j + x_(j+1) + … where <paramref name="reverse"/>.</summary>
    public Tensor CumulativeSum(int axis, bool reverse = false) => Operations.Reduction.CumulativeSum.Apply(this, axis, reverse);

    /// <summary>log Σ e^x over one axis, in nats; does not overflow. −∞, with a gradient of NaN, where all elements are.</summary>
    public Tensor LogSumExp(int axis, bool keep = false)
    {
        axis = Shape.Axis(axis);
        var last = axis == Rank - 1 ? this : Permute([.. Enumerable.Range(0, Rank).Where(i => i != axis), axis]);
        var result = Operations.Softmax.LogSumExp.Apply(last);
        return keep ? result.Unsqueeze(axis) : result;
    }

    /// <summary>Sums away what broadcasting to this shape would have repeated: the reverse of <see cref="BroadcastTo"/>.</summary>
    /// <exception cref="ShapeException">The shape does not broadcast to this tensor's.</exception>
    public Tensor SumTo(Shape shape) => SumTo(shape, DType);

    /// <summary>The same in a type: BFloat16 is summed into Float32 where that is asked for, other sums are rounded at the end.</summary>
    internal Tensor SumTo(Shape shape, DType dtype)
    {
        if (shape == Shape) return Convert(dtype);
        ShapeException.Require(Shape.TryBroadcast(shape, Shape, out var common) && common == Shape, "SumTo", $"{shape} does not broadcast to {Shape}");
        var result = this;
        DType? sums = DType == DType.BFloat16 && dtype == DType.Float32 ? dtype : null;

        // Runs of adjacent repeated axes, from the last to the first, so that earlier axes keep their numbers.
        var missing = Rank - shape.Rank;
        for (var axis = Rank - 1; axis >= 0; axis--)
        {
            if (!Repeated(axis)) continue;
            var end = axis + 1;
            while (axis > 0 && Repeated(axis - 1)) axis--;
            result = Operations.Reduction.Sum.Apply(result, axis, end, keep: true, sums);
        }

        return result.Reshape(shape).Convert(dtype);

        bool Repeated(int axis) => axis < missing || (shape[axis - missing] == 1 && Shape[axis] != 1);
    }
}
