using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.Softmax;

internal static class SoftmaxCases
{
    /// <summary>The last two would overflow and vanish without the shift by the largest element.</summary>
    private static readonly (Shape Shape, double Low, double High)[] Inputs =
    [
        ([1], -1, 1), ([5, 2], -3, 3), ([3, 17], -3, 3), ([2, 5, 65], -3, 3), ([63, 3], -3, 3), ([255, 15], -10, 10), ([257, 257], -10, 10), ([2, 9001], -3, 3), ([7, 4096], -3, 3), ([33, 64], -3, 3), ([0, 7], -1, 1),
        ([3, 33], 900, 1000), ([3, 33], -1000, -900),
    ];

    public static IEnumerable<ConformanceCase> All => Inputs.SelectMany(input => new[]
    {
        Case("softmax", input, Softmax.Apply, SoftmaxReference.Softmax, SoftmaxReference.SoftmaxGradient),
        Case("log softmax", input, LogSoftmax.Apply, SoftmaxReference.LogSoftmax, SoftmaxReference.LogSoftmaxGradient),
        Case("log-sum-exp", input, x => x.LogSumExp(-1), SoftmaxReference.LogSumExp, SoftmaxReference.LogSumExpGradient),
    }).Append(new("Softmax", "log-sum-exp over axis 1 of (2, 5, 3)", [new Shape[] { [2, 5, 3] }[0]], x => [x[0].LogSumExp(1)], x => [OverMiddle(x[0])]));

    private static ConformanceCase Case(
        string name,
        (Shape Shape, double Low, double High) input,
        Func<Tensor, Tensor> apply,
        Func<ReferenceArray, ReferenceArray> reference,
        Func<ReferenceArray, ReferenceArray, ReferenceArray> gradient) =>
        new(
            "Softmax",
            $"{name} {input.Shape} in {input.Low} … {input.High}",
            [new(input.Shape, input.Low, input.High)],
            x => [apply(x[0])],
            x => [reference(x[0])],
            (x, cotangents) => [gradient(x[0], cotangents[0])],
            Float32Tolerance: Math.Max(Math.Abs(input.Low), input.High) > 100 ? 5e-5 : 1e-5);

    private static ReferenceArray OverMiddle(ReferenceArray x)
    {
        var y = ReferenceArray.Zeros([2, 3]);
        for (var i = 0; i < 30; i++) y.Values[(i / 15 * 3) + (i % 3)] += Math.Exp(x.Values[i]);
        for (var i = 0; i < 6; i++) y.Values[i] = Math.Log(y.Values[i]);
        return y;
    }
}
