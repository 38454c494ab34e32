using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.GatedRecurrence;

internal static class GatedRecurrenceCases
{
    private static readonly (long B, long L, long M)[] Sizes =
        [(1, 1, 1), (2, 3, 2), (3, 15, 17), (1, 63, 3), (2, 65, 15), (1, 255, 2), (1, 257, 1), (2, 2, 513), (1, 3, 1025), (3, 16, 300), (2, 0, 3), (2, 3, 0)];

    private static readonly (long B, long L, long M)[] SizesWithResets = [(1, 1, 1), (3, 15, 17), (2, 65, 130)];

    public static IEnumerable<ConformanceCase> All =>
    [
        .. from size in Sizes
           from initial in new[] { false, true }
           select Case(size.B, size.L, size.M, initial, hasResets: false),
        .. from size in SizesWithResets
           from initial in new[] { false, true }
           select Case(size.B, size.L, size.M, initial, hasResets: true),
    ];

    private static ConformanceCase Case(long batch, long length, long width, bool initial, bool hasResets)
    {
        Shape sequence = [batch, length, width];
        CaseInput state = new([batch, width]) { IsParameter = true }, resets = new([batch, length], -1, 2, DType.Int32);
        return new(
            "GatedRecurrence",
            $"B {batch} L {length} M {width}{(initial ? " with an initial state" : "")}{(hasResets ? " with resets" : "")}",
            [sequence, sequence, .. initial ? [state] : (CaseInput[])[], .. hasResets ? [resets] : (CaseInput[])[]],
            x =>
            {
                var (h, final) = GatedRecurrence.Apply(x[0], x[1], initial ? x[2] : null, hasResets ? x[^1] : null);
                return [h, final];
            },
            x => GatedRecurrenceReference.Forward(x[0], x[1], initial ? x[2] : null, hasResets ? x[^1] : null),
            (x, g) =>
            [
                .. GatedRecurrenceReference.Backward(x[0], x[1], initial ? x[2] : null, hasResets ? x[^1] : null, g),
                .. hasResets ? new ReferenceArray?[] { null } : [],
            ]);
    }
}
