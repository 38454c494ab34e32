using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.Arithmetic;

internal static class ArithmeticCases
{
    /// <summary>Every way in which two operands can meet: same shape, row, column, scalar, several axes, nothing.</summary>
    private static readonly (Shape Left, Shape Right)[] Shapes =
    [
        ([1], [1]), ([2, 3], [2, 3]), ([17], []), ([], [15]), ([3, 5, 7], [7]), ([3, 5, 7], [5, 1]), ([3, 1, 7], [5, 1]), ([1, 1, 3], [2, 63, 3]),
        ([4, 1, 3, 1], [1, 2, 1, 5]), ([0, 3], [3]), ([257, 255], [255]), ([257, 255], [257, 1]), ([65, 1, 63], [1, 17, 1]), ([300, 400], [300, 400]),
        ([64, 1, 128], [1, 32, 128]), ([300, 400], [400]), ([300, 400], [300, 1]), ([2, 1, 2, 1, 2, 1, 2, 1], [1, 3, 1, 3, 1, 3, 1, 3]),
    ];

    /// <summary>Operands of which one stays Float32 where the other is BFloat16.</summary>
    private static readonly (CaseInput Left, CaseInput Right)[] Mixed =
    [
        (new([65, 63]), new([63], 0.5) { IsParameter = true }), (new([17, 1, 64]), new([3, 64], 0.5) { IsParameter = true }),
        (new([64]) { IsParameter = true }, new([255, 64], 0.5)), (new([33, 128]) { IsParameter = true }, new([33, 128], 0.5)),
    ];

    public static IEnumerable<ConformanceCase> All => Shapes.SelectMany(Of).Concat(Mixed.SelectMany(OfMixed));

    private static ConformanceCase[] Of((Shape Left, Shape Right) pair) =>
    [
        Case("add", pair, (x, y) => x + y, (x, y) => x + y),
        Case("subtract", pair, (x, y) => x - y, (x, y) => x - y),
        Case("multiply", pair, (x, y) => x * y, (x, y) => x * y),
        Case("divide", pair, (x, y) => x / y, (x, y) => x / y, lowRight: 0.5),
        Case("maximum", pair, Tensor.Maximum, Math.Max),
        Case("minimum", pair, Tensor.Minimum, Math.Min),
        Case("affine", pair, (x, y) => (2 - (x * 3)) + (y / 4), (x, y) => 2 - (x * 3) + (y / 4)),
    ];

    private static ConformanceCase[] OfMixed((CaseInput Left, CaseInput Right) pair) =>
    [
        Case("add", pair, (x, y) => x + y, (x, y) => x + y),
        Case("subtract", pair, (x, y) => x - y, (x, y) => x - y),
        Case("multiply", pair, (x, y) => x * y, (x, y) => x * y),
        Case("divide", pair, (x, y) => x / y, (x, y) => x / y),
        Case("maximum", pair, Tensor.Maximum, Math.Max),
    ];

    private static ConformanceCase Case(
        string name, (Shape Left, Shape Right) shapes, Func<Tensor, Tensor, Tensor> apply, Func<double, double, double> reference, double lowRight = -1) =>
        Case(name, (new CaseInput(shapes.Left), new CaseInput(shapes.Right, lowRight)), apply, reference);

    private static ConformanceCase Case(string name, (CaseInput Left, CaseInput Right) inputs, Func<Tensor, Tensor, Tensor> apply, Func<double, double, double> reference) =>
        new(
            "Arithmetic",
            $"{name} {Describe(inputs.Left)} {Describe(inputs.Right)}",
            [inputs.Left, inputs.Right],
            x => [apply(x[0], x[1])],
            x => [Reference(x[0], x[1], reference)]);

    private static string Describe(CaseInput input) => input.IsParameter ? $"parameter {input.Shape}" : input.Shape.ToString();

    private static ReferenceArray Reference(ReferenceArray x, ReferenceArray y, Func<double, double, double> function)
    {
        if (!Shape.TryBroadcast(x.Shape, y.Shape, out var shape)) throw new InvalidOperationException("the case's shapes do not broadcast");
        var result = ReferenceArray.Zeros(shape);
        for (long i = 0; i < shape.Count; i++)
        {
            var left = x.Values[ReferenceArray.BroadcastPosition(i, shape, x.Shape)];
            var right = y.Values[ReferenceArray.BroadcastPosition(i, shape, y.Shape)];
            result.Values[i] = function(left, right);
        }

        return result;
    }
}
