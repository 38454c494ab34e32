using StateSpace.Tensors.Operations.Reduction;
using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.Indexing;

/// <summary>The truth, in double; each is the other's gradient.</summary>
internal static class IndexingReference
{
    /// <summary>y[o, j, i] = x[o, index[o, j, i], i].</summary>
    public static ReferenceArray Gather(ReferenceArray x, int axis, ReferenceArray index)
    {
        var y = ReferenceArray.Zeros(index.Shape);
        for (var i = 0; i < y.Values.Length; i++) y.Values[i] = x.Values[Position(i, x.Shape, axis, index)];
        return y;
    }

    /// <summary>y = x, then y[o, index[o, j, i], i] += source[o, j, i].</summary>
    public static ReferenceArray ScatterAdd(ReferenceArray x, int axis, ReferenceArray index, ReferenceArray source)
    {
        var y = new ReferenceArray(x.Shape, [.. x.Values]);
        for (var i = 0; i < source.Values.Length; i++) y.Values[Position(i, x.Shape, axis, index)] += source.Values[i];
        return y;
    }

    private static long Position(long i, Shape shape, int axis, ReferenceArray index)
    {
        var (_, length, inner) = ReductionLayout.Over(shape, axis, axis + 1);
        var outer = i / inner / index.Shape[axis];
        return (((outer * length) + (long)index.Values[i]) * inner) + (i % inner);
    }
}
