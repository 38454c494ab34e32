namespace StateSpace.Tensors.Cuda;

/// <summary>An axis that two arrays walk together.</summary>
/// <param name="Size">Elements along it.</param>
/// <param name="Left">Stride in one array; 0 where the axis repeats its elements.</param>
/// <param name="Right">Stride in the other.</param>
internal readonly record struct StridedAxis(long Size, long Left, long Right)
{
    /// <summary>Axes beside the innermost that a kernel takes (<c>OUTER_AXES</c> of <c>axes.cuh</c>).</summary>
    public const int MostOuter = 5;

    /// <summary>Arguments that <see cref="Write"/> makes: <c>AXES_PARAMETERS</c> of <c>axes.cuh</c>.</summary>
    public const int Arguments = 1 + (3 * MostOuter);

    /// <summary>The axes of two operands that are broadcast to a shape, innermost first; those that both walk in the same way are merged. At least one.</summary>
    public static StridedAxis[] OfBroadcast(Shape left, Shape right, Shape result)
    {
        if (left == right && right == result) return [new(result.Count, 1, 1)];
        var axes = new List<StridedAxis>(result.Rank);
        long leftStride = 1, rightStride = 1;
        for (var axis = 1; axis <= result.Rank; axis++)
        {
            var size = result[^axis];
            var leftSize = axis <= left.Rank ? left[^axis] : 1;
            var rightSize = axis <= right.Rank ? right[^axis] : 1;
            if (size != 1)
            {
                var next = new StridedAxis(size, leftSize == 1 ? 0 : leftStride, rightSize == 1 ? 0 : rightStride);
                if (axes.Count > 0 && next.Follows(axes[^1])) axes[^1] = axes[^1] with { Size = axes[^1].Size * size };
                else axes.Add(next);
            }

            leftStride *= leftSize;
            rightStride *= rightSize;
        }

        return axes.Count == 0 ? [new(1, 0, 0)] : [.. axes];
    }

    /// <summary>Whether this axis goes on where an inner one ends, in both arrays.</summary>
    public bool Follows(StridedAxis inner) => Left == inner.Left * inner.Size && Right == inner.Right * inner.Size;

    /// <summary>Number of positions along axes.</summary>
    public static long Count(ReadOnlySpan<StridedAxis> axes)
    {
        var count = 1L;
        foreach (var axis in axes) count *= axis.Size;
        return count;
    }

    /// <summary>Writes axes as a kernel takes them, innermost first.</summary>
    public static void Write(ReadOnlySpan<StridedAxis> axes, Span<KernelArgument> target)
    {
        target[0] = axes.Length;
        for (var i = 0; i < MostOuter; i++)
        {
            var axis = i < axes.Length ? axes[i] : new(1, 0, 0);
            target[1 + (3 * i)] = axis.Size;
            target[2 + (3 * i)] = axis.Left;
            target[3 + (3 * i)] = axis.Right;
        }
    }
}
