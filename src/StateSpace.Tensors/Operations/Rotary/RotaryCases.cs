using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.Rotary;

internal static class RotaryCases
{
    private static readonly (long B, long L, long H, long P, long Start, double Theta)[] Sizes =
    [
        (1, 1, 1, 2, 0, 10000), (2, 2, 3, 4, 0, 10000), (1, 3, 2, 6, 5, 10000), (2, 15, 2, 34, 0, 10000), (1, 17, 1, 30, 1000, 500000), (3, 63, 2, 64, 0, 10000),
        (2, 65, 3, 126, 0, 100), (1, 255, 1, 130, 100_000, 10000), (1, 257, 2, 66, -3, 10000), (2, 0, 1, 4, 0, 10000), (2, 3, 2, 0, 0, 10000), (1, 9, 1, 2, 1_000_000, 10000),
    ];

    public static IEnumerable<ConformanceCase> All =>
    [
        .. from size in Sizes
           select Case(size, positions: false),
        .. from size in Sizes
           select Case(size, positions: true),
    ];

    private static ConformanceCase Case((long B, long L, long H, long P, long Start, double Theta) size, bool positions)
    {
        var (start, theta) = (size.Start, size.Theta);
        List<CaseInput> inputs = [new Shape[] { [size.B, size.L, size.H, size.P] }[0]];
        if (positions) inputs.Add(new([size.B, size.L], -5, 5000, DType.Int32));
        return new(
            "Rotary",
            $"B {size.B} L {size.L} H {size.H} P {size.P} θ {theta} {(positions ? "at positions" : $"from {start}")}",
            inputs,
            x => [Rotary.Apply(x[0], start, theta, positions ? x[1] : null)],
            x => [RotaryReference.Forward(x[0], start, theta, positions ? x[1] : null)],
            (x, g) => RotaryReference.Backward(g[0], start, theta, positions ? x[1] : null));
    }
}
