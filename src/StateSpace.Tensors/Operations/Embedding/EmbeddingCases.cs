using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.Embedding;

internal static class EmbeddingCases
{
    private static readonly (long Rows, long Columns, Shape Ids, DType Integer)[] Inputs =
    [
        (1, 1, [1], DType.Int64), (2, 3, [5], DType.Int32), (15, 17, [], DType.Int64), (17, 2, [3, 5], DType.Int64), (5, 63, [2, 1, 3], DType.Int32),
        (257, 65, [255], DType.Int64), (3, 257, [2, 255], DType.Int32), (1000, 1, [63], DType.Int64), (700, 300, [1025], DType.Int64), (257, 64, [3000], DType.Int32), (3, 8, [2100], DType.Int64), (5, 3, [0], DType.Int64), (5, 0, [3], DType.Int64),
    ];

    public static IEnumerable<ConformanceCase> All =>
    [
        .. Inputs.Select(c => Case(c.Rows, c.Columns, c.Ids, c.Integer, padding: null)),
        Case(31, 17, [2, 15], DType.Int64, padding: 2),
    ];

    // The padding row is a convention of the gradient that central differences cannot see: its case is too large for them.
    private static ConformanceCase Case(long rows, long columns, Shape ids, DType integer, long? padding) => new(
        "Embedding",
        $"({rows}, {columns}) by {integer} {ids}{(padding is null ? "" : $" with padding {padding}")}",
        [new(new Shape[] { [rows, columns] }[0]) { IsParameter = true }, new(ids, 0, rows, integer)],
        x => [Embedding.Apply(x[0], x[1], padding)],
        x => [EmbeddingReference.Forward(x[0], x[1])],
        (x, cotangents) => EmbeddingReference.Backward(x[0], x[1], cotangents[0], padding));
}
