using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.DiagonalRecurrence;

internal static class DiagonalRecurrenceCases
{
    private static readonly (long B, long L, long D, long N)[] Sizes =
        [(1, 1, 1, 1), (2, 3, 2, 3), (1, 15, 17, 2), (3, 63, 5, 7), (2, 65, 16, 4), (2, 64, 33, 1), (1, 257, 3, 17), (17, 2, 1, 5), (1, 130, 65, 15), (2, 0, 3, 2), (2, 3, 3, 0)];

    /// <summary>Lanes of several sequences beside each other, chunks with several resets, and one with none.</summary>
    private static readonly (long B, long L, long D, long N)[] SizesWithResets = [(3, 7, 5, 2), (2, 131, 17, 5), (1, 65, 16, 1)];

    public static IEnumerable<ConformanceCase> All =>
    [
        .. from size in Sizes
           from complex in new[] { false, true }
           from initial in new[] { false, true }
           select Case(size.B, size.L, size.D, size.N, complex, initial, resets: false),
        .. from size in SizesWithResets
           from complex in new[] { false, true }
           from initial in new[] { false, true }
           select Case(size.B, size.L, size.D, size.N, complex, initial, resets: true),
    ];

    private static ConformanceCase Case(long batch, long length, long channels, long states, bool complex, bool initial, bool resets)
    {
        const double Scale = 2;
        CaseInput lambdaRe = new([channels, states], -0.9, 0.9) { IsParameter = true }, lambdaIm = new([channels, states], -0.4, 0.4) { IsParameter = true };
        CaseInput weight = new([channels, states]) { IsParameter = true }, state = new([batch, channels, states]) { IsParameter = true };
        CaseInput[] cuts = resets ? [new([batch, length], -1, 2, DType.Int32)] : [];
        CaseInput[] real = [new([batch, length, channels]), lambdaRe, weight, .. initial ? [state] : (CaseInput[])[], .. cuts];
        CaseInput[] pairs = [new([batch, length, channels]), lambdaRe, lambdaIm, weight, weight, .. initial ? [state, state] : (CaseInput[])[], .. cuts];
        return new(
            "DiagonalRecurrence",
            $"{(complex ? "complex" : "real")} B {batch} L {length} D {channels} N {states}{(initial ? " with initial state" : "")}{(resets ? " with resets" : "")}",
            complex ? pairs : real,
            x => Apply(x, complex, initial, Scale, resets ? x[^1] : null),
            x => DiagonalRecurrenceReference.Forward(x[0], Pair(x, 0, complex), Pair(x, 1, complex), initial ? Pair(x, 2, complex) : null, Scale, resets ? x[^1] : null),
            (x, g) =>
            {
                var gradients = DiagonalRecurrenceReference.Backward(
                    x[0], Pair(x, 0, complex), Pair(x, 1, complex), initial ? Pair(x, 2, complex) : null, Scale, g, resets ? x[^1] : null);
                return [.. gradients, .. resets ? new ReferenceArray?[] { null } : []];
            });
    }

    private static Tensor[] Apply(Tensor[] x, bool complex, bool initial, double scale, Tensor? resets)
    {
        if (!complex)
        {
            var (y, final) = DiagonalRecurrence.Apply(x[0], x[1], x[2], initial ? x[3] : null, scale, resets);
            return [y, final];
        }

        var (output, (re, im)) = DiagonalRecurrence.Apply(x[0], (x[1], x[2]), (x[3], x[4]), initial ? (x[5], x[6]) : null, scale, resets);
        return [output, re, im];
    }

    private static ReferenceArray?[] Pair(ReferenceArray[] x, int index, bool complex) =>
        complex ? [x[1 + (2 * index)], x[2 + (2 * index)]] : [x[1 + index], null];
}
