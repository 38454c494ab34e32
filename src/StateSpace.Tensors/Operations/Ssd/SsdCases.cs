using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.Ssd;

internal static class SsdCases
{
    /// <summary>
    /// Float32 tolerance of long chunks and of large steps: ∂A is a sum over all steps of running sums within chunks, of either sign and times
    /// Δ, and may be small beside its terms.
    /// </summary>
    private const double ToleranceOfLongSums = 3e-5;

    /// <summary>In BFloat16 products take the state rounded; ∂A is a sum of very many of them.</summary>
    private const double ToleranceOfRoundedStates = 3e-2;

    private static readonly (long B, long L, long H, long G, long P, long N, long Q)[] Sizes =
    [
        (1, 1, 1, 1, 1, 1, 64), (2, 2, 2, 1, 3, 2, 64), (1, 3, 2, 2, 2, 3, 2), (2, 9, 2, 1, 2, 3, 4), (1, 15, 3, 1, 5, 7, 3), (2, 17, 4, 2, 3, 5, 64),
        (1, 63, 6, 3, 17, 15, 16),
        (2, 65, 4, 1, 63, 17, 64), (1, 130, 2, 2, 1, 65, 33), (1, 255, 5, 1, 65, 3, 100),
        (1, 257, 2, 1, 15, 33, 1000), (3, 40, 3, 3, 33, 1, 1), (2, 0, 2, 1, 3, 2, 64), (2, 12, 2, 1, 3, 0, 8), (1, 12, 2, 1, 0, 2, 8), (1, 30, 2, 1, 257, 16, 8),
        (2, 40, 3, 1, 32, 64, 64), (1, 257, 2, 2, 64, 32, 64), (1, 131, 3, 1, 64, 128, 64), (1, 130, 2, 1, 128, 64, 64),
    ];

    public static IEnumerable<ConformanceCase> All =>
    [
        .. from size in Sizes
           from options in new[] { (Full: true, ResetEvery: 0), (Full: false, ResetEvery: 0), (Full: true, ResetEvery: 5) }
           select Case(size, options.Full, options.ResetEvery),
        Case((1, 12, 2, 1, 3, 2, 5), full: true, resetEvery: 1),
        Case((2, 70, 2, 1, 5, 3, 32), full: true, resetEvery: 0, largestStep: 60),
        Case((2, 70, 2, 1, 5, 3, 32), full: true, resetEvery: 20, largestStep: 60),
    ];

    /// <summary>With <paramref name="full"/> also skip and initial state; a step in <paramref name="resetEvery"/> is a reset, by chance.</summary>
    private static ConformanceCase Case((long B, long L, long H, long G, long P, long N, long Q) size, bool full, int resetEvery, double largestStep = 0.5)
    {
        var (batch, length, heads, groups, headSize, states, chunk) = size;
        var state = new Shape[] { [batch, length, groups, states] }[0];
        CaseInput[] inputs =
        [
            new([batch, length, heads, headSize]),
            new([batch, length, heads], 0.01, largestStep),
            new([heads], -2, -0.1) { IsParameter = true },
            state,
            state,
            .. full ? [new([heads]) { IsParameter = true }, new([batch, heads, headSize, states]) { IsParameter = true }] : (CaseInput[])[],
            .. resetEvery switch
            {
                0 => (CaseInput[])[],
                1 => [new([batch, length], 1, 2, DType.Int32)],
                _ => [new([batch, length], 0, resetEvery / (resetEvery - 1.0), DType.Int32)],
            },
        ];
        return new(
            "Ssd",
            $"B {batch} L {length} H {heads} G {groups} P {headSize} N {states} Q {chunk}{(full ? " with skip and initial state" : "")}"
                + $"{(resetEvery > 0 ? $" with resets every {resetEvery}" : "")}{(largestStep > 1 ? " with large steps" : "")}",
            inputs,
            x =>
            {
                var (y, final) = Ssd.Apply(x[0], x[1], x[2], x[3], x[4], full ? x[5] : null, full ? x[6] : null, resetEvery > 0 ? x[^1] : null, chunk);
                return [y, final];
            },
            x => SsdReference.Forward(Reference(x)),
            (x, g) => [.. SsdReference.Backward(Reference(x), g), .. resetEvery > 0 ? [null] : (ReferenceArray?[])[]],
            Float32Tolerance: chunk > 100 || largestStep > 1 ? ToleranceOfLongSums : 1e-5,
            BFloat16Tolerance: ToleranceOfRoundedStates);

        SsdReferenceInputs Reference(ReferenceArray[] x) =>
            new(x[0], x[1], x[2], x[3], x[4], full ? x[5] : null, full ? x[6] : null, resetEvery > 0 ? x[^1] : null);
    }
}
