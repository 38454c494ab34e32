using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.Indexing;

internal static class IndexingCases
{
    private static readonly (Shape Shape, int Axis, long Picks, DType Integer)[] Inputs =
    [
        ([1], 0, 1, DType.Int64), ([3], 0, 17, DType.Int32), ([2, 5], 1, 3, DType.Int64), ([2, 5], 0, 7, DType.Int32), ([3, 5, 2], 1, 15, DType.Int64), ([2, 1, 63], 1, 3, DType.Int64),
        ([65, 17], 1, 1, DType.Int64), ([255, 3], 0, 257, DType.Int32), ([3, 17, 2, 65], 1, 63, DType.Int64), ([2, 33, 1025], 1, 40, DType.Int64), ([3, 5], 1, 0, DType.Int64),
    ];

    public static IEnumerable<ConformanceCase> All => Inputs.SelectMany(c =>
    {
        var picked = c.Shape.With(c.Axis, c.Picks);
        var index = new CaseInput(picked, 0, c.Shape[c.Axis], c.Integer);
        var variant = $"{c.Shape} axis {c.Axis} by {c.Integer} {picked}";
        return new ConformanceCase[]
        {
            new(
                "Indexing",
                $"gather {variant}",
                [c.Shape, index],
                x => [x[0].Gather(c.Axis, x[1])],
                x => [IndexingReference.Gather(x[0], c.Axis, x[1])],
                (x, cotangents) => [IndexingReference.ScatterAdd(ReferenceArray.Zeros(c.Shape), c.Axis, x[1], cotangents[0]), null]),
            new(
                "Indexing",
                $"scatter-add {variant}",
                [c.Shape, index, picked],
                x => [x[0].ScatterAdd(c.Axis, x[1], x[2])],
                x => [IndexingReference.ScatterAdd(x[0], c.Axis, x[1], x[2])],
                (x, cotangents) => [cotangents[0], null, IndexingReference.Gather(cotangents[0], c.Axis, x[1])]),
        };
    });
}
