using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.GatedRmsNorm;

/// <summary>Root-mean-square normalization of a gated input, as at the end of a Mamba-2 block (Dao and Gu, 2024, arXiv 2405.21060, section 7.1).</summary>
public sealed class GatedRmsNorm : Operation
{
    private readonly long _groups;
    private readonly double _epsilon;
    private readonly DType? _result;

    /// <summary>1 / rms of each group of each row; set by the forward pass.</summary>
    private Tensor? _inverse;

    private GatedRmsNorm(long groups, double epsilon, DType? result)
    {
        _groups = groups;
        _epsilon = epsilon;
        _result = result;
    }

    /// <summary>y = v / √(mean(v²) + ε) · weight with v = x · SiLU(z), the mean over each group of channels.</summary>
    /// <param name="x">Input, (…, D).</param>
    /// <param name="z">Gate, (…, D).</param>
    /// <param name="weight">Scale of each channel, (D).</param>
    /// <param name="groups">Parts of D that are normalized apart: 1, or as many as the block has groups of B and C.</param>
    /// <param name="epsilon">Added to the mean square; 1e-5 in Mamba-2.</param>
    /// <param name="result">Type of the output: x's own where null; on a GPU BFloat16 of Float32, or the other way round.</param>
    /// <returns>Output, (…, D).</returns>
    /// <exception cref="ShapeException">x and z differ, weight is not (D), groups do not divide D, or the types do not fit.</exception>
    public static Tensor Apply(Tensor x, Tensor z, Tensor weight, long groups = 1, double epsilon = 1e-5, DType? result = null) =>
        new GatedRmsNorm(groups, epsilon, result).RunOne(x, z, weight);

    /// <inheritdoc/>
    protected internal override void Backward(GradientStep step)
    {
        var (x, z, weight, gradient) = (step.Input(0), step.Input(1), step.Input(2), step.OutputGradient(0));
        var (dx, dz, dweight) = (x.EmptyLike(), z.EmptyLike(), weight.EmptyLike());
        if (!x.Device.IsCpu) GatedRmsNormCuda.Backward(x, z, weight, _inverse!, gradient, dx, dz, dweight);
        else if (x.DType == DType.Float32) GatedRmsNormCpu.Backward<float>(x, z, weight, _groups, _inverse!, gradient, dx, dz, dweight);
        else GatedRmsNormCpu.Backward<double>(x, z, weight, _groups, _inverse!, gradient, dx, dz, dweight);
        step.Give(0, dx);
        step.Give(1, dz);
        step.Give(2, dweight);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var (x, z, weight) = (inputs[0], inputs[1], inputs[2]);
        Require(x.Rank >= 1 && x.DType.IsFloating(), $"x must be (…, D) of floating-point numbers, not {x}");
        Require(z.Shape == x.Shape && z.DType == x.DType, $"x is {x} but z is {z}");
        Require(weight.Shape == [x.Shape[^1]] && weight.DType == x.DType.Accurate(), $"x is {x} but weight is {weight}");
        Require(_groups >= 1 && x.Shape[^1] % _groups == 0, $"{_groups} groups do not divide the {x.Shape[^1]} channels of x");
        Require(ResultTypes.Fits(x, _result ?? x.DType), $"{x} cannot give a result of {_result}");
        return [Tensor.Empty(x.Shape, _result ?? x.DType, x.Device)];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        var x = inputs[0];
        KeepInverse(x);
        if (x.DType == DType.Float32) GatedRmsNormCpu.Forward<float>(x, inputs[1], inputs[2], _groups, _epsilon, outputs[0], _inverse!);
        else GatedRmsNormCpu.Forward<double>(x, inputs[1], inputs[2], _groups, _epsilon, outputs[0], _inverse!);
    }

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
        KeepInverse(inputs[0]);
        GatedRmsNormCuda.Forward(inputs[0], inputs[1], inputs[2], _epsilon, outputs[0], _inverse!);
    }

    private void KeepInverse(Tensor x) => _inverse = Keep(Tensor.Empty([x.Shape.Product(0, x.Rank - 1), _groups], x.DType.Accurate(), x.Device));
}
