using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.AddRmsNorm;

/// <summary>
/// What a block of a residual network does at its entrance, in one pass over memory: the branch's output is added to the residual stream and
/// the sum is normalized by its root mean square.
/// </summary>
public sealed class AddRmsNorm : Operation
{
    private readonly double _epsilon;
    private readonly DType? _result;

    // Kept here and not as saved inputs: the reverse pass reads the sum, not its parts.
    private Tensor? _sum;
    private Tensor? _weight;

    /// <summary>1 / rms of each row; set by the forward pass.</summary>
    private Tensor? _inverse;

    private AddRmsNorm(double epsilon, DType? result) => (_epsilon, _result) = (epsilon, result);

    /// <inheritdoc/>
    public override Saved Saves => Saved.Nothing;

    /// <summary>s = residual + x and y = s / √(mean(s²) + ε) · weight, over the last axis.</summary>
    /// <param name="residual">Residual stream, (…, D); on a GPU it may be Float32 where x is BFloat16.</param>
    /// <param name="x">What is added, (…, D).</param>
    /// <param name="weight">Scale of each channel, (D).</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="result">Type of y; x's own where null.</param>
    /// <returns>y, and s in the residual's type, (…, D) each.</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit.</exception>
    public static (Tensor Normed, Tensor Sum) Apply(Tensor residual, Tensor x, Tensor weight, double epsilon = 1e-5, DType? result = null)
    {
        var outputs = new AddRmsNorm(epsilon, result).Run(residual, x, weight);
        return (outputs[0], outputs[1]);
    }

    /// <inheritdoc/>
    protected internal override void Backward(GradientStep step)
    {
        var (sum, weight, gradient) = (_sum!, _weight!, step.OutputGradient(0));
        var dsum = step.HasOutputGradient(1) ? step.OutputGradient(1) : null;
        var (dresidual, dweight) = (sum.EmptyLike(), weight.EmptyLike());
        var dx = step.InputDType(1) == sum.DType ? dresidual : Tensor.Empty(sum.Shape, step.InputDType(1), sum.Device);
        if (!sum.Device.IsCpu) AddRmsNormCuda.Backward(sum, weight, _inverse!, gradient, dsum, dresidual, dx == dresidual ? null : dx, dweight, dx.DType);
        else if (sum.DType == DType.Float32) AddRmsNormCpu.Backward<float>(sum, weight, _inverse!, gradient, dsum, dresidual, dweight);
        else AddRmsNormCpu.Backward<double>(sum, weight, _inverse!, gradient, dsum, dresidual, dweight);
        step.Give(0, dresidual);
        step.Give(1, dx);
        step.Give(2, dweight);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var (residual, x, weight) = (inputs[0], inputs[1], inputs[2]);
        var result = _result ?? x.DType;
        Require(x.Rank >= 1 && x.DType.IsFloating(), $"x must be (…, D) of floating-point numbers, not {x}");
        Require(residual.Shape == x.Shape && ResultTypes.Fits(x, residual.DType), $"x is {x} but the residual is {residual}");
        Require(weight.Shape == [x.Shape[^1]] && weight.DType == x.DType.Accurate(), $"x is {x} but weight is {weight}");
        Require(ResultTypes.Fits(x, result), $"{x} cannot give a result of {result}");
        return [Tensor.Empty(x.Shape, result, x.Device), residual.EmptyLike()];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        KeepFor(inputs, outputs);
        if (inputs[1].DType == DType.Float32) AddRmsNormCpu.Forward<float>(inputs[0], inputs[1], inputs[2], _epsilon, outputs[0], outputs[1], _inverse!);
        else AddRmsNormCpu.Forward<double>(inputs[0], inputs[1], inputs[2], _epsilon, outputs[0], outputs[1], _inverse!);
    }

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
        KeepFor(inputs, outputs);
        AddRmsNormCuda.Forward(inputs[0], inputs[1], inputs[2], _epsilon, outputs[0], outputs[1], _inverse!);
    }

    private void KeepFor(Tensor[] inputs, Tensor[] outputs)
    {
        _sum = Keep(outputs[1]);
        _weight = Keep(inputs[2]);
        _inverse = Keep(Tensor.Empty([_sum.Shape.Product(0, _sum.Rank - 1)], _weight.DType, _sum.Device));
    }
}
