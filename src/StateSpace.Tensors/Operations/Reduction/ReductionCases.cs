using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.Reduction;

internal static class ReductionCases
{
    private static readonly Shape[] Shapes =
        [[1], [2], [3, 1], [15, 17], [63, 65, 3], [1, 257], [255, 1], [2, 70000], [1025, 17], [513, 2, 2049], [4096, 192], [2, 65, 256], [0, 3], [3, 0]];

    private static readonly Shape[] OrderedShapes = [[1], [2], [3, 1], [15, 17], [63, 65, 3], [1, 257], [255, 1], [2, 9001], [65, 17, 33], [2, 257, 64], [0, 3], [3, 0, 2]];

    public static IEnumerable<ConformanceCase> All => Shapes.SelectMany(Sums).Concat(OrderedShapes.SelectMany(OrderedCases));

    private static IEnumerable<ConformanceCase> Sums(Shape shape)
    {
        yield return Case("sum of all", shape, x => x.Sum(), 0, shape.Rank);
        for (var axis = 0; axis < shape.Rank; axis++)
        {
            var over = axis;
            yield return Case($"sum over axis {axis}", shape, x => x.Sum(over), axis, axis + 1);
        }

        if (shape is { Rank: 2, Count: > 0 }) yield return Case("mean over the last axis", shape, x => x.Mean(-1) * shape[^1], 1, 2);
    }

    private static IEnumerable<ConformanceCase> OrderedCases(Shape shape)
    {
        for (var each = 0; each < shape.Rank; each++)
        {
            var axis = each;
            foreach (var reverse in new[] { false, true })
            {
                yield return new(
                    "Reduction",
                    $"cumulative sum {(reverse ? "from the end of" : "over")} axis {axis} {shape}",
                    [shape],
                    x => [x[0].CumulativeSum(axis, reverse)],
                    x => [ReductionReference.CumulativeSum(x[0], axis, reverse)],
                    (_, cotangents) => [ReductionReference.CumulativeSum(cotangents[0], axis, !reverse)]);
            }

            if (shape[axis] == 0) continue;
            yield return new(
                "Reduction",
                $"max over axis {axis} {shape}",
                [shape],
                x => [x[0].Max(axis)],
                x => [ReductionReference.Max(x[0], axis)],
                (x, cotangents) => [ReductionReference.MaxGradient(x[0], axis, cotangents[0])]);
            yield return new(
                "Reduction",
                $"argmax over axis {axis} {shape}",
                [shape],
                x => [x[0].ArgMax(axis)],
                x => [ReductionReference.ArgMax(x[0], axis)],
                Differentiable: false);
            if (shape.Count > 0)
            {
                yield return new("Reduction", $"variance over axis {axis} {shape}", [shape], x => [x[0].Variance(axis)], x => [ReductionReference.Variance(x[0], axis)]);
            }
        }
    }

    private static ConformanceCase Case(string name, Shape shape, Func<Tensor, Tensor> apply, int from, int to) =>
        new("Reduction", $"{name} {shape}", [shape], x => [apply(x[0])], x => [ReductionReference.Sum(x[0], from, to)]);
}
