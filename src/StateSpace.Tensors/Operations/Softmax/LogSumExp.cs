using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Operations.Softmax;

/// <summary>log Σ e^x over the last axis, which vanishes.</summary>
internal sealed class LogSumExp : Operation
{
    public override Saved Saves => Saved.Inputs | Saved.Outputs;

    public static Tensor Apply(Tensor x) => new LogSumExp().RunOne(x);

    protected internal override void Backward(GradientStep step)
    {
        var x = step.Input(0);
        var dx = x.EmptyLike();
        if (x.DType == DType.Float32) SoftmaxCpu.LogSumExpBackward<float>(x, step.Output(0), step.OutputGradient(0), dx);
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
}
