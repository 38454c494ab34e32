using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Operations.LayerNorm;

/// <summary>Layer normalization (Ba, Kiros and Hinton, 2016, arXiv 1607.06450).</summary>
public sealed class LayerNorm : Operation
{
    private readonly double _epsilon;

    /// <summary>Of each row the mean, what its rounding left of it, and 1 / standard deviation, (3, rows); set by the forward pass.</summary>
    private Tensor? _statistics;

    private LayerNorm(double epsilon) => _epsilon = epsilon;

    /// <summary>y = (x − mean(x)) / √(var(x) + ε) · weight + bias, over the last axis; var is the mean squared deviation.</summary>
    /// <param name="x">Input, (…, D).</param>
    /// <param name="weight">Scale of each channel, (D).</param>
    /// <param name="bias">Shift of each channel, (D).</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <returns>Output, (…, D).</returns>
    /// <exception cref="ShapeException">weight or bias is not (D), or the types differ.</exception>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor bias, double epsilon = 1e-5) => new LayerNorm(epsilon).RunOne(x, weight, bias);

    /// <inheritdoc/>
    protected internal override void Backward(GradientStep step)
    {
        var (x, weight, gradient) = (step.Input(0), step.Input(1), step.OutputGradient(0));
        var (dx, dweight, dbias) = (x.EmptyLike(), weight.EmptyLike(), weight.EmptyLike());
        if (x.DType == DType.Float32) LayerNormCpu.Backward<float>(x, weight, _statistics!, gradient, dx, dweight, dbias);
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
        Require(weight.Shape == [x.Shape[^1]] && weight.DType == x.DType, $"x is {x} but weight is {weight}");
        Require(bias.Shape == weight.Shape && bias.DType == x.DType, $"x is {x} but bias is {bias}");
        return [x.EmptyLike()];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        var x = inputs[0];
        _statistics = Keep(Tensor.Empty([3, x.Shape.Product(0, x.Rank - 1)], x.DType, x.Device));
        if (x.DType == DType.Float32) LayerNormCpu.Forward<float>(x, inputs[1], inputs[2], _epsilon, outputs[0], _statistics);
        else LayerNormCpu.Forward<double>(x, inputs[1], inputs[2], _epsilon, outputs[0], _statistics);
    }
}
