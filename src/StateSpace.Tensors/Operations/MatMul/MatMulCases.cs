using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.MatMul;

internal static class MatMulCases
{
    private static readonly (int M, int N, int K)[] Sizes =
        [(1, 1, 1), (2, 3, 1), (3, 2, 15), (17, 15, 3), (1, 63, 65), (63, 1, 17), (65, 63, 17), (255, 17, 257), (129, 257, 65), (5, 3, 0)];

    public static IEnumerable<ConformanceCase> All =>
    [
        .. from size in Sizes
           from transposeLeft in new[] { false, true }
           from transposeRight in new[] { false, true }
           select Case([], [], size, transposeLeft, transposeRight),
        .. from batches in new (Shape Left, Shape Right)[] { ([3], []), ([], [3]), ([5], [5]), ([2, 3], [3]), ([2, 1], [1, 3]), ([1], [4]) }
           from transposes in new[] { (false, false), (true, false), (false, true), (true, true) }
           select Case(batches.Left, batches.Right, (3, 5, 2), transposes.Item1, transposes.Item2),

        // A layer's weight on either side, and sizes that suit tensor cores.
        .. from size in new[] { (17, 15, 3), (65, 63, 17), (64, 128, 96), (128, 80, 64) }
           from transposeRight in new[] { false, true }
           select Case([2], [], size, false, transposeRight, rightIsParameter: true),
        Case([], [2], (15, 17, 33), true, false, leftIsParameter: true),
        Case([], [], (64, 48, 256), false, true, leftIsParameter: true),
    ];

    private static ConformanceCase Case(
        Shape leftBatch,
        Shape rightBatch,
        (int M, int N, int K) size,
        bool transposeLeft,
        bool transposeRight,
        bool leftIsParameter = false,
        bool rightIsParameter = false)
    {
        Shape left = [.. leftBatch.ToArray(), transposeLeft ? size.K : size.M, transposeLeft ? size.M : size.K];
        Shape right = [.. rightBatch.ToArray(), transposeRight ? size.N : size.K, transposeRight ? size.K : size.N];
        return new(
            "MatMul",
            $"{left}{(transposeLeft ? "ᵀ" : "")}{(leftIsParameter ? " parameter" : "")} {right}{(transposeRight ? "ᵀ" : "")}{(rightIsParameter ? " parameter" : "")}",
            [new CaseInput(left) { IsParameter = leftIsParameter }, new CaseInput(right) { IsParameter = rightIsParameter }],
            x => [x[0].MatMul(x[1], transposeLeft, transposeRight)],
            x => [MatMulReference.Forward(x[0], x[1], transposeLeft, transposeRight)]);
    }
}
