using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Operations.CausalConvolution;

/// <summary>
/// Depthwise causal convolution with a short kernel and a state, optionally followed by SiLU: the convolution before the scan in Mamba (Gu and
/// Dao, 2023, arXiv 2312.00752, fig. 3), the shift SSM of H3.
/// </summary>
public sealed class CausalConvolution : Operation
{
    private const int LargestKernel = 64;

    private readonly bool _bias;
    private readonly bool _initial;
    private readonly bool _resets;
    private readonly ConvolutionActivation _activation;

    private CausalConvolution(bool bias, bool initial, bool resets, ConvolutionActivation activation)
    {
        _bias = bias;
        _initial = initial;
        _resets = resets;
        _activation = activation;
    }

    /// <summary>
    /// y_t = f(b + Σ_k w_k x_{t−K+1+k}), channel by channel: the last tap meets the current input. Inputs before the first are the
    /// initial state. No tap reaches across a reset.
    /// </summary>
    /// <param name="x">Input, (B, L, D).</param>
    /// <param name="weight">Kernel, (D, K), K = 1 … 64; longer ones belong to the convolution by FFT.</param>
    /// <param name="bias">b, (D); zeros where null.</param>
    /// <param name="initial">The K − 1 inputs before x, (B, K − 1, D); zeros where null.</param>
    /// <param name="activation">f.</param>
    /// <param name="resets">(B, L) of Int32: where not zero, a new sequence starts, and this step and later ones see nothing before it; none where null.</param>
    /// <returns>y, (B, L, D), and the last K − 1 inputs, (B, K − 1, D), zeros before the last reset: the initial state of the next call.</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit.</exception>
    public static (Tensor Y, Tensor Final) Apply(
        Tensor x,
        Tensor weight,
        Tensor? bias = null,
        Tensor? initial = null,
        ConvolutionActivation activation = ConvolutionActivation.None,
        Tensor? resets = null)
    {
        List<Tensor> inputs = [x, weight];
        if (bias is not null) inputs.Add(bias);
        if (initial is not null) inputs.Add(initial);
        if (resets is not null) inputs.Add(resets);
        var outputs = new CausalConvolution(bias is not null, initial is not null, resets is not null, activation).Run([.. inputs]);
        return (outputs[0], outputs[1]);
    }

    /// <inheritdoc/>
    protected internal override void Backward(GradientStep step)
    {
        var tensors = Tensors([.. Enumerable.Range(0, step.InputCount).Select(step.Input)]);
        var (x, weight) = (tensors.X, tensors.Weight);
        var final = step.HasOutputGradient(1) ? step.OutputGradient(1) : null;
        var dx = x.EmptyLike();
        var dinitial = tensors.Initial?.EmptyLike();
        if (!x.Device.IsCpu)
        {
            var (dweight, dbias) = (weight.EmptyLike(), tensors.Bias?.EmptyLike());
            CausalConvolutionCuda.Backward(tensors, step.OutputGradient(0), final, dx, dinitial, dweight, dbias);
            step.Give(0, dx);
            step.Give(1, dweight);
            if (_bias) step.Give(2, dbias!);
            if (_initial) step.Give(_bias ? 3 : 2, dinitial!);
            return;
        }

        var partial = Tensor.Empty([x.Shape[0] * ConvolutionPiece.BlocksOf(x.Shape[1]), weight.Shape[1] + 1, weight.Shape[0]], x.DType, x.Device);
        if (x.DType == DType.Float32) CausalConvolutionCpu.Backward<float>(tensors, step.OutputGradient(0), final, dx, dinitial, partial);
        else CausalConvolutionCpu.Backward<double>(tensors, step.OutputGradient(0), final, dx, dinitial, partial);
        var sums = partial.Sum(0);
        step.Give(0, dx);
        step.Give(1, sums.DType == DType.Float32 ? WeightGradient<float>(sums, weight) : WeightGradient<double>(sums, weight));
        if (_bias) step.Give(2, sums.Alias([weight.Shape[0]], weight.Count));
        if (_initial) step.Give(_bias ? 3 : 2, dinitial!);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var (x, weight) = (inputs[0], inputs[1]);
        Require(x.Rank == 3 && x.DType.IsFloating(), $"x must be (B, L, D) of floating-point numbers, not {x}");
        Require(weight.Rank == 2 && weight.Shape[0] == x.Shape[2] && weight.DType == x.DType.Accurate(), $"x is {x} but weight is {weight}; it must be (D, K)");
        var taps = weight.Shape[1];
        Require(taps is >= 1 and <= LargestKernel, $"weight has {taps} taps; it must have 1 to {LargestKernel}, longer kernels belong to FftConvolution");
        var (_, _, bias, initial, resets, _) = Tensors(inputs);
        Shape state = [x.Shape[0], taps - 1, x.Shape[2]];
        Require(bias is null || (bias.Shape == [x.Shape[2]] && bias.DType == weight.DType), $"x is {x} but bias is {bias}; it must be (D)");
        Require(initial is null || (initial.Shape == state && initial.DType == weight.DType), $"x is {x} and weight is {weight} but initial is {initial}; it must be {state}");
        Require(
            resets is null || (resets.Shape == x.Shape.Without(-1) && resets.DType == DType.Int32),
            $"x is {x} but resets is {resets}; it must be Int32 (B, L)");
        return [x.EmptyLike(), Tensor.Empty(state, weight.DType, x.Device)];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        if (inputs[0].DType == DType.Float32) CausalConvolutionCpu.Forward<float>(Tensors(inputs), outputs[0], outputs[1]);
        else CausalConvolutionCpu.Forward<double>(Tensors(inputs), outputs[0], outputs[1]);
    }

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => CausalConvolutionCuda.Forward(Tensors(inputs), outputs[0], outputs[1]);

    /// <summary>(K + 1, D), the bias last, to (D, K).</summary>
    private static Tensor WeightGradient<T>(Tensor sums, Tensor weight)
        where T : unmanaged
    {
        var gradient = weight.EmptyLike();
        var (channels, taps) = ((int)weight.Shape[0], (int)weight.Shape[1]);
        Span<T> from = sums.Span<T>(), to = gradient.Span<T>();
        for (var k = 0; k < taps; k++)
        {
            for (var d = 0; d < channels; d++) to[(d * taps) + k] = from[(k * channels) + d];
        }

        return gradient;
    }

    private ConvolutionTensors Tensors(Tensor[] inputs) =>
        new(inputs[0], inputs[1], _bias ? inputs[2] : null, _initial ? inputs[_bias ? 3 : 2] : null, _resets ? inputs[^1] : null, _activation);
}
