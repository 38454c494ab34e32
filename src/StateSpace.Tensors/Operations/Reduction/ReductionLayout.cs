namespace StateSpace.Tensors.Operations.Reduction;

/// <summary>A tensor seen as (outer, length, inner), for a reduction over the middle.</summary>
internal readonly record struct ReductionLayout(long Outer, long Length, long Inner)
{
    /// <summary>Over the adjacent axes <paramref name="from"/> … <paramref name="to"/> − 1.</summary>
    public static ReductionLayout Over(Shape shape, int from, int to) =>
        new(shape.Product(0, from), shape.Product(from, to), shape.Product(to, shape.Rank));
}
