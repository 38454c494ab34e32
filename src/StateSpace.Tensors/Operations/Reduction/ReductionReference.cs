using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.Reduction;

/// <summary>The truth, in double.</summary>
internal static class ReductionReference
{
    public static ReferenceArray Sum(ReferenceArray x, int from, int to)
    {
        var (outer, length, inner) = ReductionLayout.Over(x.Shape, from, to);
        var sizes = x.Shape.ToArray();
        var result = ReferenceArray.Zeros([.. sizes[..from], .. sizes[to..]]);
        for (long o = 0; o < outer; o++)
        {
            for (long r = 0; r < length; r++)
            {
                for (long i = 0; i < inner; i++) result.Values[(o * inner) + i] += x.Values[(((o * length) + r) * inner) + i];
            }
        }

        return result;
    }

    public static ReferenceArray Variance(ReferenceArray x, int axis)
    {
        var length = x.Shape[axis];
        return Along(x, axis, line =>
        {
            var mean = line.Average();
            return line.Sum(value => (value - mean) * (value - mean)) / length;
        });
    }

    public static ReferenceArray Max(ReferenceArray x, int axis) => Along(x, axis, line => line.Max());

    public static ReferenceArray ArgMax(ReferenceArray x, int axis) => Along(x, axis, line => Array.IndexOf(line, line.Max()));

    /// <summary>∂x_j = g where j is the first index of the largest element, else 0.</summary>
    public static ReferenceArray MaxGradient(ReferenceArray x, int axis, ReferenceArray gradient)
    {
        var (_, length, inner) = ReductionLayout.Over(x.Shape, axis, axis + 1);
        var index = ArgMax(x, axis);
        var dx = ReferenceArray.Zeros(x.Shape);
        for (var i = 0; i < index.Values.Length; i++) dx.Values[(((i / inner * length) + (long)index.Values[i]) * inner) + (i % inner)] = gradient.Values[i];
        return dx;
    }

    /// <summary>y_j = x_0 + … + x_j, or from the end: y_j = x_j + … + x_(length − 1).</summary>
    public static ReferenceArray CumulativeSum(ReferenceArray x, int axis, bool reverse)
    {
        var (outer, length, inner) = ReductionLayout.Over(x.Shape, axis, axis + 1);
        var y = ReferenceArray.Zeros(x.Shape);
        for (long line = 0; line < outer * inner; line++)
        {
            var sum = 0.0;
            for (long j = 0; j < length; j++)
            {
                var position = (((line / inner * length) + (reverse ? length - 1 - j : j)) * inner) + (line % inner);
                y.Values[position] = sum += x.Values[position];
            }
        }

        return y;
    }

    private static ReferenceArray Along(ReferenceArray x, int axis, Func<double[], double> reduce)
    {
        var (_, length, inner) = ReductionLayout.Over(x.Shape, axis, axis + 1);
        var result = ReferenceArray.Zeros(x.Shape.Without(axis));
        var line = new double[length];
        for (var i = 0; i < result.Values.Length; i++)
        {
            for (var j = 0; j < length; j++) line[j] = x.Values[(((i / inner * length) + j) * inner) + (i % inner)];
            result.Values[i] = reduce(line);
        }

        return result;
    }
}
