using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.SsdStep;

internal static class SsdStepCases
{
    private static readonly (long B, long H, long P, long G, long N, long K, double Smallest, double Largest)[] Sizes =
    [
        (1, 1, 1, 1, 1, 1, 0, double.PositiveInfinity), (2, 3, 5, 1, 7, 2, 0, double.PositiveInfinity), (3, 4, 17, 2, 33, 4, 0.1, 0.7), (1, 24, 64, 1, 128, 4, 0, double.PositiveInfinity),
        (257, 2, 9, 2, 15, 3, 0, double.PositiveInfinity), (1, 6, 65, 3, 63, 4, 0.001, 0.1),
    ];

    public static IEnumerable<ConformanceCase> All => Sizes.SelectMany(size => new[] { false, true }.Select(inPlace =>
    {
        var (batch, heads, headSize, groups, states, taps, smallest, largest) = size;
        var inner = heads * headSize;
        var convolved = inner + (2 * groups * states);
        return new ConformanceCase(
            "SsdStep",
            $"B {batch} H {heads} P {headSize} G {groups} N {states} K {taps}, Δ in [{smallest}, {largest}]{(inPlace ? ", in place" : "")}",
            [
                new CaseInput([batch, 1, inner + convolved + heads]),
                Parameter([batch, taps - 1, convolved]),
                Parameter([convolved, taps]),
                Parameter([convolved]),
                Parameter([heads], -3, 0),
                Parameter([heads], -4, -0.5),
                Parameter([heads]),
                Parameter([batch, heads, headSize, states]),
            ],
            x =>
            {
                var (y, window, state) = SsdStep.Apply(x[0], x[1], x[2], x[3], x[4], x[5], x[6], inPlace ? x[7].Clone() : x[7], groups, smallest, largest, inPlace);
                return [y, window, state];
            },
            x => SsdStepReference.Forward(x, groups, smallest, largest),
            Differentiable: false);

        static CaseInput Parameter(Shape shape, double low = -1, double high = 1) => new(shape, low, high) { IsParameter = true };
    }));
}
