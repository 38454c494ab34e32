using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Operations.Softmax;

/// <summary>log Σ e^x over the last axis, which vanishes.</summary>
internal sealed class LogSumExp : Operation
{
    /// <summary>The result before its rounding where that is coarser than the computation; set by the forward pass on a GPU.</summary>
    private Tensor? _exact;

    public override Saved Saves => Saved.Inputs | Saved.Outputs;

    public static Tensor Apply(Tensor x) => new LogSumExp().RunOne(x);

    protected internal override void Backward(GradientStep step)
    {
        var x = step.Input(0);
        var dx = x.EmptyLike();
        if (!x.Device.IsCpu) SoftmaxCuda.LogSumExpBackward(x, _exact ?? step.Output(0), step.OutputGradient(0), dx);
        else if (x.DType == DType.Float32) SoftmaxCpu.LogSumExpBackward<float>(x, step.Output(0), step.OutputGradient(0), dx);
        else SoftmaxCpu.LogSumExpBackward<double>(x, step.Output(0), step.OutputGradient(0), dx);
        step.Give(0, dx);
    }

    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        Require(inputs[0].Rank >= 1 && inputs[0].DType.IsFloating(), $"x must be (…, D) of floating-point numbers, not {inputs[0]}");
        return [Tensor.Empty(inputs[0].Shape.Without(-1), inputs[0].DType, inputs[0].Device)];
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        if (inputs[0].DType == DType.Float32) SoftmaxCpu.LogSumExp<float>(inputs[0], outputs[0]);
        else SoftmaxCpu.LogSumExp<double>(inputs[0], outputs[0]);
    }

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
        var (y, accurate) = (outputs[0], outputs[0].DType.Accurate());
        using var exact = accurate == y.DType ? null : Tensor.Empty(y.Shape, accurate, y.Device);
        SoftmaxCuda.LogSumExp(inputs[0], y, exact);
        if (exact is not null) _exact = Keep(exact);
    }
}
