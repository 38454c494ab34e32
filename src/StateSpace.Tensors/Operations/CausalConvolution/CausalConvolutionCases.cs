using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.CausalConvolution;

internal static class CausalConvolutionCases
{
    private static readonly (long B, long L, long D, long K)[] Sizes =
        [(1, 1, 1, 1), (2, 1, 3, 4), (1, 2, 17, 4), (2, 3, 15, 4), (2, 5, 7, 2), (3, 63, 17, 4), (2, 65, 33, 3), (1, 257, 65, 4), (1, 130, 5, 8), (2, 3, 2, 7), (1, 255, 513, 4), (2, 0, 3, 4)];

    public static IEnumerable<ConformanceCase> All =>
    [
        .. from size in Sizes
           from activation in new[] { ConvolutionActivation.None, ConvolutionActivation.Silu }
           select Case(size.B, size.L, size.D, size.K, bias: true, initial: true, activation),
        Case(2, 9, 19, 4, bias: false, initial: false, ConvolutionActivation.Silu),
        Case(2, 9, 19, 4, bias: true, initial: false, ConvolutionActivation.None),
        Case(2, 9, 19, 4, bias: false, initial: true, ConvolutionActivation.Silu),
        Case(1, 2, 3, 64, bias: false, initial: true, ConvolutionActivation.None),
    ];

    private static ConformanceCase Case(long batch, long length, long channels, long taps, bool bias, bool initial, ConvolutionActivation activation)
    {
        List<CaseInput> inputs = [new Shape[] { [batch, length, channels] }[0], new Shape[] { [channels, taps] }[0]];
        if (bias) inputs.Add(new Shape[] { [channels] }[0]);
        if (initial) inputs.Add(new Shape[] { [batch, taps - 1, channels] }[0]);
        return new(
            "CausalConvolution",
            $"{activation} B {batch} L {length} D {channels} K {taps}{(bias ? " with bias" : "")}{(initial ? " with initial state" : "")}",
            inputs,
            x =>
            {
                var (y, final) = CausalConvolution.Apply(x[0], x[1], bias ? x[2] : null, initial ? x[^1] : null, activation);
                return [y, final];
            },
            x => CausalConvolutionReference.Forward(x[0], x[1], bias ? x[2] : null, initial ? x[^1] : null, activation),
            (x, g) => CausalConvolutionReference.Backward(x[0], x[1], bias ? x[2] : null, initial ? x[^1] : null, activation, g));
    }
}
