using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.Layout;

internal static class LayoutCases
{
    public static IEnumerable<ConformanceCase> All =>
    [
        new("Layout", "reshape", [new Shape[] { [3, 5, 7] }[0]], x => [x[0].Reshape(15, -1)], x => [new([15, 7], x[0].Values)]),
        .. from shapes in new (Shape From, Shape To)[] { ([1], [3]), ([], [2, 3]), ([5, 1], [5, 7]), ([2, 1, 3], [4, 2, 65, 3]), ([17, 1, 1], [17, 3, 255]) }
           select new ConformanceCase("Layout", $"broadcast {shapes.From} to {shapes.To}", [shapes.From], x => [x[0].BroadcastTo(shapes.To)], x => [Broadcast(x[0], shapes.To)]),
    ];

    private static ReferenceArray Broadcast(ReferenceArray x, Shape shape)
    {
        var result = ReferenceArray.Zeros(shape);
        for (long i = 0; i < shape.Count; i++)
        {
            result.Values[i] = x.Values[ReferenceArray.BroadcastPosition(i, shape, x.Shape)];
        }

        return result;
    }
}
