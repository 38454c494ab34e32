using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.FftConvolution;

internal static class FftConvolutionCases
{
    private static readonly (long B, long L, long D, long Taps)[] Sizes =
        [(1, 1, 1, 1), (2, 3, 2, 3), (3, 15, 5, 2), (2, 17, 3, 40), (1, 63, 17, 63), (3, 65, 33, 17), (33, 9, 1, 9), (2, 255, 3, 255), (1, 257, 18, 100), (2, 3, 2, 0), (2, 0, 3, 4), (0, 4, 3, 4), (0, 4, 20, 4)];

    public static IEnumerable<ConformanceCase> All =>
    [
        .. from size in Sizes
           from method in Enum.GetValues<ConvolutionMethod>()
           select Case($"{method} B {size.B} L {size.L} D {size.D} L_k {size.Taps}", size, x => FftConvolution.Apply(x[0], x[1], method)),
        Case("chosen, long", (1, 400, 3, 333), x => FftConvolution.Apply(x[0], x[1])),
        Case("chosen, short", (2, 20, 3, 20), x => FftConvolution.Apply(x[0], x[1])),
    ];

    private static ConformanceCase Case(string variant, (long B, long L, long D, long Taps) size, Func<Tensor[], Tensor> apply) => new(
        "FftConvolution",
        variant,
        [new([size.B, size.L, size.D]), new([size.D, size.Taps]) { IsParameter = true }],
        x => [apply(x)],
        x => [FftConvolutionReference.Forward(x[0], x[1])],
        (x, g) => FftConvolutionReference.Backward(x[0], x[1], g[0]));
}
