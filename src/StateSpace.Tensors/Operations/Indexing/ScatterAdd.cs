using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Operations.Indexing;

/// <summary>Elements added along an axis, in order: y = x, then y[…, index[…, j, …], …] += source[…, j, …] for j = 0, 1, ….</summary>
internal sealed class ScatterAdd(int axis) : Operation
{
    /// <summary>The index, on the CPU as Int64; set by the forward pass.</summary>
    private Tensor? _index;

    public override Saved Saves => Saved.Nothing;

    public static Tensor Apply(Tensor x, int axis, Tensor index, Tensor source) => new ScatterAdd(x.Shape.Axis(axis)).RunOne(x, index, source);

    protected internal override void Backward(GradientStep step)
    {
        var gradient = step.OutputGradient(0);
        step.Give(0, gradient);
        if (step.Needs(2)) step.Give(2, gradient.Gather(axis, _index!));
    }

    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var (x, index, source) = (inputs[0], inputs[1], inputs[2]);
        Require(x.DType.IsFloating() && source.DType == x.DType, $"x is {x} but source is {source}; they must be floating-point numbers of one type");
        Require(
            index.DType.IsInteger() && index.Rank == x.Rank && index.Shape.With(axis, x.Shape[axis]) == x.Shape,
            $"x is {x} but index is {index}; it must be integers, of the shape of x beside axis {axis}");
        Require(source.Shape == index.Shape, $"index is {index} but source is {source}");
        return [x.EmptyLike()];
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        using var index = IndexInput.ToInt64(inputs[1]);
        IndexInput.Check(Name, "index", index, inputs[0].Shape[axis]);
        _index = Keep(index);
        outputs[0].CopyFrom(inputs[0]);
        if (inputs[0].DType == DType.Float32) IndexingCpu.ScatterAdd<float>(axis, index, inputs[2], outputs[0]);
        else IndexingCpu.ScatterAdd<double>(axis, index, inputs[2], outputs[0]);
    }

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
        _index = Keep(inputs[1]);
        IndexingCuda.ScatterAdd(Name, inputs[0], axis, inputs[1], inputs[2], outputs[0]);
    }
}
