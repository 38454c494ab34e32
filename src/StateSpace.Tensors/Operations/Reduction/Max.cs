using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.Indexing;

namespace StateSpace.Tensors.Operations.Reduction;

/// <summary>Largest element along an axis; the first of equals gets the gradient.</summary>
internal sealed class Max(int axis, bool keep) : Operation
{
    /// <summary>Where the largest elements are; set by the forward pass.</summary>
    private Tensor? _index;

    public override Saved Saves => Saved.Nothing;

    public static Tensor Apply(Tensor x, int axis, bool keep) => new Max(x.Shape.Axis(axis), keep).RunOne(x);

    protected internal override void Backward(GradientStep step)
    {
        var gradient = step.OutputGradient(0).Reshape(_index!.Shape);
        step.Give(0, Tensor.Zeros(step.InputShape(0), step.InputDType(0), gradient.Device).ScatterAdd(axis, _index!, gradient));
    }

    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var x = inputs[0];
        var shape = keep ? x.Shape.With(axis, 1) : x.Shape.Without(axis);
        Require(x.DType.IsFloating(), $"needs floating-point elements, not {x}");
        Require((x.Shape[axis] > 0 || shape.Count == 0) && x.Shape[axis] <= int.MaxValue, $"axis {axis} of {x.Shape} must have 1 … 2^31 − 1 elements");
        return [Tensor.Empty(shape, x.DType, x.Device)];
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        using var index = Tensor.Empty(inputs[0].Shape.With(axis, 1), DType.Int64);
        ArgMaxCpu.Run(inputs[0], axis, index);
        _index = Keep(index);
        if (inputs[0].DType.Size() == 4) IndexingCpu.Gather<uint>(inputs[0], axis, index, outputs[0]);
        else IndexingCpu.Gather<ulong>(inputs[0], axis, index, outputs[0]);
    }

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
        var x = inputs[0];
        using var index = Tensor.Empty(x.Shape.With(axis, 1), DType.Int64, x.Device);
        ReductionCuda.ArgMax(x, ReductionLayout.Over(x.Shape, axis, axis + 1), index, outputs[0]);
        _index = Keep(index);
    }
}
