using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Operations.Softmax;

/// <summary>Logarithm of the softmax over the last axis.</summary>
public sealed class LogSoftmax : Operation
{
    private LogSoftmax()
    {
    }

    /// <inheritdoc/>
    public override Saved Saves => Saved.Outputs;

    /// <summary>y_d = x_d − log Σ e^x over the last axis, in nats; does not overflow. A row of −∞ alone gets NaN.</summary>
    /// <param name="x">Input, (…, D).</param>
    /// <returns>Output, (…, D).</returns>
    /// <exception cref="ShapeException">x is a scalar or holds integers.</exception>
    public static Tensor Apply(Tensor x) => new LogSoftmax().RunOne(x);

    /// <inheritdoc/>
    protected internal override void Backward(GradientStep step)
    {
        var y = step.Output(0);
        var dx = y.EmptyLike();
        if (!y.Device.IsCpu) SoftmaxCuda.Backward(y, step.OutputGradient(0), logarithm: true, dx);
        else if (y.DType == DType.Float32) SoftmaxCpu.BackwardLog<float>(y, step.OutputGradient(0), dx);
        else SoftmaxCpu.BackwardLog<double>(y, step.OutputGradient(0), dx);
        step.Give(0, dx);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        Require(inputs[0].Rank >= 1 && inputs[0].DType.IsFloating(), $"x must be (…, D) of floating-point numbers, not {inputs[0]}");
        return [inputs[0].EmptyLike()];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        if (inputs[0].DType == DType.Float32) SoftmaxCpu.ForwardLog<float>(inputs[0], outputs[0]);
        else SoftmaxCpu.ForwardLog<double>(inputs[0], outputs[0]);
    }

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => SoftmaxCuda.Forward(inputs[0], logarithm: true, outputs[0]);
}
