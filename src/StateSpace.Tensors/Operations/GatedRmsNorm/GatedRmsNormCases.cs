using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.GatedRmsNorm;

internal static class GatedRmsNormCases
{
    private static readonly (Shape Shape, long Groups)[] Shapes =
    [
        ([1], 1), ([5, 2], 1), ([3, 17], 1), ([2, 5, 65], 1), ([63, 3], 1), ([255, 15], 1), ([257, 257], 1), ([1, 1025], 1), ([0, 7], 1),
        ([3, 6], 3), ([7, 34], 2), ([65, 255], 5), ([3, 1536], 1), ([5, 512], 4),
    ];

    public static IEnumerable<ConformanceCase> All => Shapes.Select(c =>
    {
        var channels = new CaseInput([c.Shape[^1]]) { IsParameter = true };
        return new ConformanceCase(
            "GatedRmsNorm",
            $"{c.Shape} groups {c.Groups}",
            [c.Shape, new(c.Shape, -4, 4), channels],
            x => [GatedRmsNorm.Apply(x[0], x[1], x[2], c.Groups)],
            x => [GatedRmsNormReference.Forward(x[0], x[1], x[2], c.Groups, 1e-5)],
            (x, cotangents) => GatedRmsNormReference.Backward(x[0], x[1], x[2], c.Groups, 1e-5, cotangents[0]));
    });
}
