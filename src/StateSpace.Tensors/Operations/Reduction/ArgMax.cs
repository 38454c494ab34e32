namespace StateSpace.Tensors.Operations.Reduction;

/// <summary>Index of the first largest element along an axis, which vanishes or stays with size 1. It has no gradient.</summary>
internal sealed class ArgMax(int axis, bool keep) : Operation
{
    public override Saved Saves => Saved.Nothing;

    public static Tensor Apply(Tensor x, int axis, bool keep) => new ArgMax(x.Shape.Axis(axis), keep).RunOne(x.Detach());

    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var x = inputs[0];
        var shape = keep ? x.Shape.With(axis, 1) : x.Shape.Without(axis);
        Require(x.DType.IsFloating(), $"needs floating-point elements, not {x}");
        Require((x.Shape[axis] > 0 || shape.Count == 0) && x.Shape[axis] <= int.MaxValue, $"axis {axis} of {x.Shape} must have 1 … 2^31 − 1 elements");
        return [Tensor.Empty(shape, DType.Int64, x.Device)];
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs) => ArgMaxCpu.Run(inputs[0], axis, outputs[0]);

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) =>
        ReductionCuda.ArgMax(inputs[0], ReductionLayout.Over(inputs[0].Shape, axis, axis + 1), outputs[0], null);
}
