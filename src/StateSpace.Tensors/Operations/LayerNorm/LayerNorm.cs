using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.LayerNorm;

/// <summary>Layer normalization (Ba, Kiros and Hinton, 2016, arXiv 1607.06450).</summary>
public sealed class LayerNorm : Operation
{
    private readonly double _epsilon;
    private readonly DType? _result;

    /// <summary>Of each row the mean, what its rounding left of it, and 1 / standard deviation, (3, rows); set by the forward pass.</summary>
    private Tensor? _statistics;

    private LayerNorm(double epsilon, DType? result) => (_epsilon, _result) = (epsilon, result);

    /// <summary>y = (x − mean(x)) / √(var(x) + ε) · weight + bias, over the last axis; var is the mean squared deviation.</summary>
    /// <param name="x">Input, (…, D).</param>
    /// <param name="weight">Scale of each channel, (D).</param>
    /// <param name="bias">Shift of each channel, (D).</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="result">Type of the output: x's own where null; on a GPU BFloat16 of Float32, or the other way round.</param>
    /// <returns>Output, (…, D).</returns>
    /// <exception cref="ShapeException">weight or bias is not (D), or the types do not fit.</exception>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor bias, double epsilon = 1e-5, DType? result = null) =>
        new LayerNorm(epsilon, result).RunOne(x, weight, bias);

    /// <inheritdoc/>
    protected internal override void Backward(GradientStep step)
    {
        var (x, weight, gradient) = (step.Input(0), step.Input(1), step.OutputGradient(0));
        var (dx, dweight, dbias) = (x.EmptyLike(), weight.EmptyLike(), weight.EmptyLike());
        if (!x.Device.IsCpu) LayerNormCuda.Backward(x, weight, _statistics!, gradient, dx, dweight, dbias);
        else if (x.DType == DType.Float32) LayerNormCpu.Backward<float>(x, weight, _statistics!, gradient, dx, dweight, dbias);
        else LayerNormCpu.Backward<double>(x, weight, _statistics!, gradient, dx, dweight, dbias);
        step.Give(0, dx);
        step.Give(1, dweight);
        step.Give(2, dbias);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var (x, weight, bias) = (inputs[0], inputs[1], inputs[2]);
        Require(x.Rank >= 1 && x.DType.IsFloating(), $"x must be (…, D) of floating-point numbers, not {x}");
        Require(weight.Shape == [x.Shape[^1]] && weight.DType == x.DType.Accurate(), $"x is {x} but weight is {weight}");
        Require(bias.Shape == weight.Shape && bias.DType == weight.DType, $"x is {x} but bias is {bias}");
        Require(ResultTypes.Fits(x, _result ?? x.DType), $"{x} cannot give a result of {_result}");
        return [Tensor.Empty(x.Shape, _result ?? x.DType, x.Device)];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        var x = inputs[0];
        KeepStatistics(x);
        if (x.DType == DType.Float32) LayerNormCpu.Forward<float>(x, inputs[1], inputs[2], _epsilon, outputs[0], _statistics!);
        else LayerNormCpu.Forward<double>(x, inputs[1], inputs[2], _epsilon, outputs[0], _statistics!);
    }

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
        KeepStatistics(inputs[0]);
        LayerNormCuda.Forward(inputs[0], inputs[1], inputs[2], _epsilon, outputs[0], _statistics!);
    }

    private void KeepStatistics(Tensor x) => _statistics = Keep(Tensor.Empty([3, x.Shape.Product(0, x.Rank - 1)], x.DType.Accurate(), x.Device));
}
