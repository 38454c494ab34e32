using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.RmsNorm;

internal static class RmsNormCases
{
    private static readonly Shape[] Shapes = [[1], [2, 1], [3, 17], [2, 5, 65], [63, 3], [255, 15], [257, 257], [1, 1025], [3, 128], [5, 768]];

    public static IEnumerable<ConformanceCase> All => Shapes.Select(shape => new ConformanceCase(
        "RmsNorm",
        shape.ToString(),
        [shape, new(new Shape[] { [shape[^1]] }[0]) { IsParameter = true }],
        x => [RmsNorm.Apply(x[0], x[1])],
        x => [RmsNormReference.Forward(x[0], x[1], 1e-5)],
        (x, cotangents) => RmsNormReference.Backward(x[0], x[1], 1e-5, cotangents[0])));
}
