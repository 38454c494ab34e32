using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.CausalConvolution;

internal static class CausalConvolutionCases
{
    private static readonly (long B, long L, long D, long K)[] Sizes =
        [(1, 1, 1, 1), (2, 1, 3, 4), (1, 2, 17, 4), (2, 3, 15, 4), (2, 5, 7, 2), (3, 63, 17, 4), (2, 65, 33, 3), (1, 257, 65, 4), (1, 130, 5, 8), (2, 3, 2, 7), (1, 255, 513, 4), (2, 300, 24, 4), (2, 0, 3, 4)];

    public static IEnumerable<ConformanceCase> All =>
    [
        .. from size in Sizes
           from activation in new[] { ConvolutionActivation.None, ConvolutionActivation.Silu }
           select Case(size.B, size.L, size.D, size.K, bias: true, initial: true, activation),
        Case(2, 9, 19, 4, bias: false, initial: false, ConvolutionActivation.Silu),
        Case(2, 9, 19, 4, bias: true, initial: false, ConvolutionActivation.None),
        Case(2, 9, 19, 4, bias: false, initial: true, ConvolutionActivation.Silu),
        Case(1, 2, 3, 64, bias: false, initial: true, ConvolutionActivation.None),
        .. from size in Sizes
           from every in new[] { 1, 3, 50 }
           select Case(size.B, size.L, size.D, size.K, bias: true, initial: true, ConvolutionActivation.Silu, every),
        Case(2, 9, 5, 4, bias: false, initial: false, ConvolutionActivation.None, resetEvery: 4),
        Case(1, 65, 3, 64, bias: false, initial: true, ConvolutionActivation.None, resetEvery: 30),
    ];

    /// <summary>With <paramref name="resetEvery"/> a step in so many is a reset, by chance.</summary>
    private static ConformanceCase Case(
        long batch, long length, long channels, long taps, bool bias, bool initial, ConvolutionActivation activation, int? resetEvery = null)
    {
        List<CaseInput> inputs = [new Shape[] { [batch, length, channels] }[0], new(new Shape[] { [channels, taps] }[0]) { IsParameter = true }];
        if (bias) inputs.Add(new([channels]) { IsParameter = true });
        if (initial) inputs.Add(new([batch, taps - 1, channels]) { IsParameter = true });
        if (resetEvery is { } every) inputs.Add(every == 1 ? new([batch, length], 1, 2, DType.Int32) : new([batch, length], 0, every / (every - 1.0), DType.Int32));
        var ofResets = resetEvery is null ? "" : $" with resets every {resetEvery}";
        return new(
            "CausalConvolution",
            $"{activation} B {batch} L {length} D {channels} K {taps}{(bias ? " with bias" : "")}{(initial ? " with initial state" : "")}{ofResets}",
            inputs,
            x =>
            {
                var (y, final) = CausalConvolution.Apply(x[0], x[1], Bias(x), Initial(x), activation, Resets(x));
                return [y, final];
            },
            x => CausalConvolutionReference.Forward(x[0], x[1], Bias(x), Initial(x), Resets(x), activation),
            (x, g) =>
            {
                var gradients = CausalConvolutionReference.Backward(x[0], x[1], Bias(x), Initial(x), Resets(x), activation, g);
                return resetEvery is null ? gradients : (ReferenceArray?[])[.. gradients, null];
            });

        T? Bias<T>(T[] x) => bias ? x[2] : default;
        T? Initial<T>(T[] x) => initial ? x[bias ? 3 : 2] : default;
        T? Resets<T>(T[] x) => resetEvery is null ? default : x[^1];
    }
}
