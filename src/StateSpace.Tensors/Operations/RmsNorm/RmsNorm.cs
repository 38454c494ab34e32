using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.RmsNorm;

/// <summary>Root-mean-square normalization (Zhang and Sennrich, 2019, arXiv 1910.07467).</summary>
public sealed class RmsNorm : Operation
{
    private readonly double _epsilon;
    private readonly DType? _result;

    /// <summary>1 / rms of each row; set by the forward pass.</summary>
    private Tensor? _inverse;

    private RmsNorm(double epsilon, DType? result) => (_epsilon, _result) = (epsilon, result);

    /// <summary>y = x / √(mean(x²) + ε) · weight, over the last axis.</summary>
    /// <param name="x">Input, (…, D).</param>
    /// <param name="weight">Scale of each channel, (D).</param>
    /// <param name="epsilon">Added to the mean square; 1e-5 in Mamba.</param>
    /// <param name="result">Type of the output: x's own where null; on a GPU BFloat16 of Float32, or the other way round.</param>
    /// <returns>Output, (…, D).</returns>
    /// <exception cref="ShapeException">weight is not (D), or the types do not fit.</exception>
    public static Tensor Apply(Tensor x, Tensor weight, double epsilon = 1e-5, DType? result = null) => new RmsNorm(epsilon, result).RunOne(x, weight);

    /// <inheritdoc/>
    protected internal override void Backward(GradientStep step)
    {
        var (x, weight, gradient) = (step.Input(0), step.Input(1), step.OutputGradient(0));
        var dx = x.EmptyLike();
        var dweight = weight.EmptyLike();
        if (!x.Device.IsCpu) RmsNormCuda.Backward(x, weight, _inverse!, gradient, dx, dweight);
        else if (x.DType == DType.Float32) RmsNormCpu.Backward<float>(x, weight, _inverse!, gradient, dx, dweight);
        else RmsNormCpu.Backward<double>(x, weight, _inverse!, gradient, dx, dweight);
        step.Give(0, dx);
        step.Give(1, dweight);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var (x, weight) = (inputs[0], inputs[1]);
        Require(x.Rank >= 1 && x.DType.IsFloating(), $"x must be (…, D) of floating-point numbers, not {x}");
        Require(weight.Shape == [x.Shape[^1]] && weight.DType == x.DType.Accurate(), $"x is {x} but weight is {weight}");
        Require(ResultTypes.Fits(x, _result ?? x.DType), $"{x} cannot give a result of {_result}");
        return [Tensor.Empty(x.Shape, _result ?? x.DType, x.Device)];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        KeepInverse(inputs[0]);
        if (inputs[0].DType == DType.Float32) RmsNormCpu.Forward<float>(inputs[0], inputs[1], _epsilon, outputs[0], _inverse!);
        else RmsNormCpu.Forward<double>(inputs[0], inputs[1], _epsilon, outputs[0], _inverse!);
    }

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
        KeepInverse(inputs[0]);
        RmsNormCuda.Forward(inputs[0], inputs[1], _epsilon, outputs[0], _inverse!);
    }

    private void KeepInverse(Tensor x) => _inverse = Keep(Tensor.Empty([x.Shape.Product(0, x.Rank - 1)], x.DType.Accurate(), x.Device));
}
