using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.Embedding;

internal static class EmbeddingCases
{
    private static readonly (long Rows, long Columns, Shape Ids, DType Integer)[] Inputs =
    [
        (1, 1, [1], DType.Int64), (2, 3, [5], DType.Int32), (15, 17, [], DType.Int64), (17, 2, [3, 5], DType.Int64), (5, 63, [2, 1, 3], DType.Int32),
        (257, 65, [255], DType.Int64), (3, 257, [2, 255], DType.Int32), (1000, 1, [63], DType.Int64), (700, 300, [1025], DType.Int64), (5, 3, [0], DType.Int64), (5, 0, [3], DType.Int64),
    ];

    public static IEnumerable<ConformanceCase> All => Inputs.Select(c => new ConformanceCase(
        "Embedding",
        $"({c.Rows}, {c.Columns}) by {c.Integer} {c.Ids}",
        [new Shape[] { [c.Rows, c.Columns] }[0], new(c.Ids, 0, c.Rows, c.Integer)],
        x => [Embedding.Apply(x[0], x[1])],
        x => [EmbeddingReference.Forward(x[0], x[1])],
        (x, cotangents) => EmbeddingReference.Backward(x[0], x[1], cotangents[0])));
}
