using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.Layout;

/// <summary>Every reference maps an index of the result to one of the input.</summary>
internal static class LayoutCases
{
    private static readonly (Shape Shape, int[] Axes)[] Permutations =
    [
        ([3], [0]), ([2, 3], [1, 0]), ([15, 17], [1, 0]), ([63, 65], [1, 0]), ([255, 257], [1, 0]), ([1, 17], [1, 0]), ([3, 0], [1, 0]),
        ([2, 15, 17], [0, 2, 1]), ([2, 63, 65], [0, 2, 1]), ([3, 1, 65], [0, 2, 1]), ([2, 3, 5], [2, 1, 0]), ([5, 3, 2], [1, 2, 0]), ([17, 2, 33], [1, 0, 2]),
        ([2, 3, 5, 7], [0, 2, 1, 3]), ([2, 3, 5, 7], [3, 1, 0, 2]), ([9, 2, 17, 8], [2, 3, 1, 0]), ([2, 1, 3, 1, 5], [4, 3, 0, 1, 2]), ([1, 300, 400], [0, 2, 1]),
        ([8, 16, 3, 64], [0, 2, 1, 3]), ([2, 3, 2, 3, 2, 3, 2, 3], [7, 6, 5, 4, 3, 2, 1, 0]),
    ];

    private static readonly (Shape Shape, int Axis, long Start, long Length)[] Slices =
    [
        ([1], 0, 0, 1), ([17], 0, 3, 9), ([5, 7], 0, 1, 3), ([5, 7], 1, 2, 1), ([5, 7], 1, 0, 7), ([5, 7], -1, 3, 0), ([3, 17, 5], 1, 15, 2), ([3, 5, 255], 2, 1, 63),
        ([1, 65, 3], 1, 2, 63), ([257, 3, 63], 1, 1, 2), ([300, 400], 1, 7, 389), ([300, 400], 1, 8, 384), ([3, 5, 2], 2, 1, 1),
    ];

    private static readonly (Shape Shape, int Axis, long[] Lengths)[] Parts =
    [
        ([1], 0, [1]), ([17], 0, [2, 15]), ([5, 7], 0, [1, 0, 4]), ([5, 7], 1, [3, 1, 3]), ([3, 65, 2], 1, [63, 2]), ([2, 3, 255], 2, [15, 17, 223]), ([33, 1000], 1, [257, 743]), ([17, 192], 1, [64, 128]), ([9, 3], 1, [1, 1, 1]),
    ];

    private static readonly (Shape Shape, (long Before, long After)[] Padding)[] Paddings =
    [
        ([1], [(0, 0)]), ([3], [(2, 0)]), ([5, 7], [(0, 3), (1, 0)]), ([2, 3, 5], [(1, 1), (0, 2), (3, 0)]), ([2, 0], [(0, 1), (1, 1)]), ([17, 63], [(0, 0), (15, 17)]),
    ];

    public static IEnumerable<ConformanceCase> All =>
    [
        new("Layout", "reshape", [new Shape[] { [3, 5, 7] }[0]], x => [x[0].Reshape(15, -1)], x => [new([15, 7], x[0].Values)]),
        new("Layout", "squeeze and unsqueeze", [new Shape[] { [3, 1, 7] }[0]], x => [x[0].Squeeze(1).Unsqueeze(0).Unsqueeze(-1)], x => [new([1, 3, 7, 1], x[0].Values)]),
        .. from shapes in new (Shape From, Shape To)[] { ([1], [3]), ([], [2, 3]), ([5, 1], [5, 7]), ([2, 1, 3], [4, 2, 65, 3]), ([17, 1, 1], [17, 3, 255]) }
           select Case($"broadcast {shapes.From} to {shapes.To}", shapes.From, x => x.BroadcastTo(shapes.To), x => Broadcast(x, shapes.To)),
        .. from c in Permutations
           select Case($"permute {c.Shape} to {string.Join(' ', c.Axes)}", c.Shape, x => x.Permute(c.Axes), x => Permuted(x, c.Axes)),
        Case("transpose (2, 5, 3)", [2, 5, 3], x => x.Transpose(), x => Permuted(x, [0, 2, 1])),
        .. from c in Slices
           select Case($"slice {c.Shape} axis {c.Axis} from {c.Start} of {c.Length}", c.Shape, x => x.Slice(c.Axis, c.Start, c.Length), x => Sliced(x, c.Axis, c.Start, c.Length)),
        .. Parts.SelectMany(c => new[] { SplitCase(c.Shape, c.Axis, c.Lengths), ConcatenateCase(c.Shape, c.Axis, c.Lengths) }),
        .. from c in Paddings
           select Case($"pad {c.Shape} by {string.Join(' ', c.Padding)}", c.Shape, x => x.Pad(c.Padding, 0.5), x => Padded(x, c.Padding, 0.5)),
        new("Layout", "permute integers", [new([5, 3], 0, 100, DType.Int64)], x => [x[0].Transpose()], x => [Permuted(x[0], [1, 0])], Differentiable: false),
        new("Layout", "integers to floating-point numbers and back", [new([257], -1000, 1000, DType.Int32)], x => [x[0].Convert(DType.Float32).Convert(DType.Int64)], x => [x[0]], Differentiable: false),
        new("Layout", "numbers to integers, truncated", [new([3, 65], -1000, 1000)], x => [x[0].Convert(DType.Int32)], x => [new(x[0].Shape, [.. x[0].Values.Select(Math.Truncate)])], Differentiable: false),
        new("Layout", "fill integers", [new([65], 0, 9, DType.Int64)], x => [Filled(x[0], -7)], x => [new(x[0].Shape, [.. x[0].Values.Select(_ => -7.0)])], Differentiable: false),

    ];

    private static Tensor Filled(Tensor x, double value)
    {
        var y = x.EmptyLike();
        y.Fill(value);
        return y;
    }

    private static ConformanceCase Case(string variant, Shape shape, Func<Tensor, Tensor> apply, Func<ReferenceArray, ReferenceArray> reference) =>
        new("Layout", variant, [shape], x => [apply(x[0])], x => [reference(x[0])]);

    /// <summary>All parts but the last are used, so that one output has no gradient.</summary>
    private static ConformanceCase SplitCase(Shape shape, int axis, long[] lengths) => new(
        "Layout",
        $"split {shape} axis {axis} at {string.Join(' ', lengths)}",
        [shape],
        x => x[0].Split(axis, lengths)[..Math.Max(1, lengths.Length - 1)],
        x => [.. lengths.Select((length, i) => Sliced(x[0], axis, lengths[..i].Sum(), length)).Take(Math.Max(1, lengths.Length - 1))]);

    private static ConformanceCase ConcatenateCase(Shape shape, int axis, long[] lengths) => new(
        "Layout",
        $"concatenate {string.Join(' ', lengths)} to {shape} axis {axis}",
        [.. lengths.Select(length => (CaseInput)shape.With(axis, length))],
        x => [Tensor.Concatenate(axis, x)],
        x =>
        {
            var starts = lengths.Select((_, i) => lengths[..i].Sum()).ToArray();
            return [FromIndex(shape, index =>
            {
                var part = Array.FindLastIndex(starts, start => start <= index[axis]);
                return x[part].Values[Position(x[part].Shape, [.. index.Select((value, i) => i == axis ? value - starts[part] : value)])];
            })];
        });

    private static ReferenceArray Broadcast(ReferenceArray x, Shape shape) =>
        FromIndex(shape, index => x.Values[Position(x.Shape, [.. index.TakeLast(x.Shape.Rank).Select((value, axis) => x.Shape[axis] == 1 ? 0 : value)])]);

    private static ReferenceArray Permuted(ReferenceArray x, int[] axes) =>
        FromIndex([.. axes.Select(axis => x.Shape[axis])], index => x.Values[Position(x.Shape, [.. Enumerable.Range(0, axes.Length).Select(axis => index[Array.IndexOf(axes, axis)])])]);

    private static ReferenceArray Sliced(ReferenceArray x, int axis, long start, long length)
    {
        axis = x.Shape.Axis(axis);
        return FromIndex(x.Shape.With(axis, length), index => x.Values[Position(x.Shape, [.. index.Select((value, i) => i == axis ? value + start : value)])]);
    }

    private static ReferenceArray Padded(ReferenceArray x, (long Before, long After)[] padding, double value) =>
        FromIndex([.. padding.Select((sides, axis) => sides.Before + x.Shape[axis] + sides.After)], index =>
        {
            var inner = index.Select((i, axis) => i - padding[axis].Before).ToArray();
            return inner.Where((i, axis) => i < 0 || i >= x.Shape[axis]).Any() ? value : x.Values[Position(x.Shape, inner)];
        });

    private static ReferenceArray FromIndex(Shape shape, Func<long[], double> element)
    {
        var result = ReferenceArray.Zeros(shape);
        for (long position = 0; position < shape.Count; position++)
        {
            var index = new long[shape.Rank];
            for (long rest = position, axis = shape.Rank - 1; axis >= 0; axis--)
            {
                index[axis] = rest % shape[(int)axis];
                rest /= shape[(int)axis];
            }

            result.Values[position] = element(index);
        }

        return result;
    }

    private static long Position(Shape shape, long[] index) => index.Select((value, axis) => value * shape.Product(axis + 1, shape.Rank)).Sum();
}
