using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Operations.RmsNorm;

/// <summary>Root-mean-square normalization (Zhang and Sennrich, 2019, arXiv 1910.07467).</summary>
public sealed class RmsNorm : Operation
{
    private readonly double _epsilon;

    /// <summary>1 / rms of each row; set by the forward pass.</summary>
    private Tensor? _inverse;

    private RmsNorm(double epsilon) => _epsilon = epsilon;

    /// <summary>y = x / √(mean(x²) + ε) · weight, over the last axis.</summary>
    /// <param name="x">Input, (…, D).</param>
    /// <param name="weight">Scale of each channel, (D).</param>
    /// <param name="epsilon">Added to the mean square; 1e-5 in Mamba.</param>
    /// <returns>Output, (…, D).</returns>
    /// <exception cref="ShapeException">weight is not (D), or the types differ.</exception>
    public static Tensor Apply(Tensor x, Tensor weight, double epsilon = 1e-5) => new RmsNorm(epsilon).RunOne(x, weight);

    /// <inheritdoc/>
    protected internal override void Backward(GradientStep step)
    {
        var (x, weight, gradient) = (step.Input(0), step.Input(1), step.OutputGradient(0));
        var dx = x.EmptyLike();
        var dweight = weight.EmptyLike();
        if (x.DType == DType.Float32) RmsNormCpu.Backward<float>(x, weight, _inverse!, gradient, dx, dweight);
        else RmsNormCpu.Backward<double>(x, weight, _inverse!, gradient, dx, dweight);
        step.Give(0, dx);
        step.Give(1, dweight);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var (x, weight) = (inputs[0], inputs[1]);
        Require(x.Rank >= 1 && x.DType.IsFloating(), $"x must be (…, D) of floating-point numbers, not {x}");
        Require(weight.Shape == [x.Shape[^1]] && weight.DType == x.DType, $"x is {x} but weight is {weight}");
        return [x.EmptyLike()];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        _inverse = Keep(Tensor.Empty([inputs[0].Shape.Product(0, inputs[0].Rank - 1)], inputs[0].DType, inputs[0].Device));
        if (inputs[0].DType == DType.Float32) RmsNormCpu.Forward<float>(inputs[0], inputs[1], _epsilon, outputs[0], _inverse);
        else RmsNormCpu.Forward<double>(inputs[0], inputs[1], _epsilon, outputs[0], _inverse);
    }
}
