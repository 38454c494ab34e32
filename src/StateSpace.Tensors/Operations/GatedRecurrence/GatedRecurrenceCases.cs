using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.GatedRecurrence;

internal static class GatedRecurrenceCases
{
    private static readonly (long B, long L, long M)[] Sizes =
        [(1, 1, 1), (2, 3, 2), (3, 15, 17), (1, 63, 3), (2, 65, 15), (1, 255, 2), (1, 257, 1), (2, 2, 513), (1, 3, 1025), (2, 0, 3), (2, 3, 0)];

    public static IEnumerable<ConformanceCase> All =>
        from size in Sizes
        from initial in new[] { false, true }
        let sequence = new[] { size.B, size.L, size.M }
        select new ConformanceCase(
            "GatedRecurrence",
            $"B {size.B} L {size.L} M {size.M}{(initial ? " with an initial state" : "")}",
            initial ? [sequence, sequence, new[] { size.B, size.M }] : [sequence, sequence],
            x => [GatedRecurrence.Apply(x[0], x[1], initial ? x[2] : null)],
            x => [GatedRecurrenceReference.Forward(x[0], x[1], initial ? x[2] : null)],
            (x, g) => GatedRecurrenceReference.Backward(x[0], x[1], initial ? x[2] : null, g[0]),
            BFloat16Tolerance: null);
}
