using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Operations.Layout;

/// <summary>A copy, by default on another device.</summary>
internal sealed class Transfer(Device device) : Operation
{
    public override Saved Saves => Saved.Nothing;

    public static Tensor Apply(Tensor x, Device device) => x.Device == device ? x : new Transfer(device).RunOne(x);

    /// <summary>A recorded copy on the same device.</summary>
    public static Tensor Copy(Tensor x) => new Transfer(x.Device).RunOne(x);

    protected internal override void Backward(GradientStep step) => step.Give(0, step.OutputGradient(0).To(step.Device));

    protected override Tensor[] Prepare(Tensor[] inputs) => [Tensor.Empty(inputs[0].Shape, inputs[0].DType, device)];

    private protected override bool MovesElements => true;

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs) => outputs[0].CopyFrom(inputs[0]);

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => outputs[0].CopyFrom(inputs[0]);
}
