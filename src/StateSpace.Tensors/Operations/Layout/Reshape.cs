using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Operations.Layout;

/// <summary>Other axes over the same elements in the same order; shares memory.</summary>
internal sealed class Reshape(Shape shape) : Operation
{
    public override Saved Saves => Saved.Nothing;

    public static Tensor Apply(Tensor x, Shape shape) => new Reshape(shape).RunOne(x);

    protected internal override void Backward(GradientStep step) => step.Give(0, step.OutputGradient(0).Reshape(step.InputShape(0)));

    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        Require(inputs[0].Count == shape.Count, $"{inputs[0].Shape} has {inputs[0].Count} elements but {shape} has {shape.Count}");
        return [inputs[0].Alias(shape)];
    }

    private protected override bool MovesElements => true;

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
    }

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
    }
}
