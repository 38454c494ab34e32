using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.CrossEntropy;

internal static class CrossEntropyCases
{
    /// <summary>Class 0 is ignored where <c>Ignore</c> is 0; the row of classes of one is ignored altogether there.</summary>
    private static readonly (Shape Targets, long Classes, DType Integer, long Ignore, double Scale)[] Inputs =
    [
        ([1], 1, DType.Int64, -100, 3), ([3], 2, DType.Int64, -100, 3), ([2, 9], 11, DType.Int64, 0, 3), ([2, 9], 11, DType.Int32, -100, 3), ([], 17, DType.Int64, -100, 3),
        ([5], 1, DType.Int64, 0, 3), ([63], 65, DType.Int32, 7, 10), ([255], 257, DType.Int64, -100, 10), ([3], 9001, DType.Int64, -100, 3), ([17], 15, DType.Int64, 3, 1000),
        ([2, 3], 50280, DType.Int32, -100, 5), ([0], 5, DType.Int64, -100, 1),
    ];

    public static IEnumerable<ConformanceCase> All => Inputs.Select(c => new ConformanceCase(
        "CrossEntropy",
        $"targets {c.Targets} of {c.Classes} in {c.Integer}, ignoring {c.Ignore}, logits to {c.Scale}",
        [new(c.Targets.Insert(c.Targets.Rank, c.Classes), -c.Scale, c.Scale), new(c.Targets, 0, c.Classes, c.Integer)],
        x => [CrossEntropy.Apply(x[0], x[1], c.Ignore)],
        x => [CrossEntropyReference.Forward(x[0], x[1], c.Ignore)],
        (x, cotangents) => CrossEntropyReference.Backward(x[0], x[1], c.Ignore, cotangents[0].Values[0])));
}
