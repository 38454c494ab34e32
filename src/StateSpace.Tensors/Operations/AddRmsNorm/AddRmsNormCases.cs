using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.AddRmsNorm;

internal static class AddRmsNormCases
{
    private static readonly Shape[] Shapes = [[1], [2, 1], [3, 17], [2, 5, 65], [63, 3], [255, 15], [257, 257], [1, 1025], [3, 128], [5, 768], [0, 7]];

    public static IEnumerable<ConformanceCase> All => Shapes.Select(shape => new ConformanceCase(
        "AddRmsNorm",
        shape.ToString(),
        [new(shape) { IsParameter = true }, shape, new(new Shape[] { [shape[^1]] }[0]) { IsParameter = true }],
        x =>
        {
            var (y, sum) = AddRmsNorm.Apply(x[0], x[1], x[2]);
            return [y, sum];
        },
        x => AddRmsNormReference.Forward(x[0], x[1], x[2], 1e-5),
        (x, cotangents) => AddRmsNormReference.Backward(x[0], x[1], x[2], 1e-5, cotangents)));
}
