using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.Reduction;

internal static class ReductionCases
{
    private static readonly Shape[] Shapes =
        [[1], [2], [3, 1], [15, 17], [63, 65, 3], [1, 257], [255, 1], [2, 70000], [1025, 17], [513, 2, 2049], [0, 3], [3, 0]];

    public static IEnumerable<ConformanceCase> All => Shapes.SelectMany(Cases);

    private static IEnumerable<ConformanceCase> Cases(Shape shape)
    {
        yield return Case("sum of all", shape, x => x.Sum(), 0, shape.Rank);
        for (var axis = 0; axis < shape.Rank; axis++)
        {
            var over = axis;
            yield return Case($"sum over axis {axis}", shape, x => x.Sum(over), axis, axis + 1);
        }

        if (shape is { Rank: 2, Count: > 0 }) yield return Case("mean over the last axis", shape, x => x.Mean(-1) * shape[^1], 1, 2);
    }

    private static ConformanceCase Case(string name, Shape shape, Func<Tensor, Tensor> apply, int from, int to) =>
        new("Reduction", $"{name} {shape}", [shape], x => [apply(x[0])], x => [Sum(x[0], from, to)]);

    private static ReferenceArray Sum(ReferenceArray x, int from, int to)
    {
        var (outer, length, inner) = ReductionLayout.Over(x.Shape, from, to);
        var sizes = x.Shape.ToArray();
        var result = ReferenceArray.Zeros([.. sizes[..from], .. sizes[to..]]);
        for (long o = 0; o < outer; o++)
        {
            for (long r = 0; r < length; r++)
            {
                for (long i = 0; i < inner; i++) result.Values[(o * inner) + i] += x.Values[(((o * length) + r) * inner) + i];
            }
        }

        return result;
    }
}
