using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.LayerNorm;

internal static class LayerNormCases
{
    private static readonly Shape[] Shapes = [[1], [5, 2], [3, 17], [2, 5, 65], [63, 3], [255, 15], [257, 257], [1, 1025], [3, 128], [5, 768], [0, 7]];

    public static IEnumerable<ConformanceCase> All =>
    [
        .. Shapes.Select(shape => Case(shape.ToString(), shape, -1, 1, 1e-5)),

        // A mean far from zero: the deviations must not be lost in it.
        Case("(3, 65) around 100", [3, 65], 99, 101, 1e-5),
        Case("(3, 65) epsilon 0.1", [3, 65], -1, 1, 0.1),
    ];

    private static ConformanceCase Case(string variant, Shape shape, double low, double high, double epsilon)
    {
        var channels = new CaseInput([shape[^1]]) { IsParameter = true };
        return new(
            "LayerNorm",
            variant,
            [new(shape, low, high), channels, channels],
            x => [LayerNorm.Apply(x[0], x[1], x[2], epsilon)],
            x => [LayerNormReference.Forward(x[0], x[1], x[2], epsilon)],
            (x, cotangents) => LayerNormReference.Backward(x[0], x[1], epsilon, cotangents[0]));
    }
}
