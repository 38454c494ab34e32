using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Operations.Indexing;

/// <summary>Elements picked along an axis: y[…, j, …] = x[…, index[…, j, …], …].</summary>
internal sealed class Gather(int axis) : Operation
{
    /// <summary>The index, on the CPU as Int64; set by the forward pass.</summary>
    private Tensor? _index;

    public override Saved Saves => Saved.Nothing;

    public static Tensor Apply(Tensor x, int axis, Tensor index) => new Gather(x.Shape.Axis(axis)).RunOne(x, index);

    protected internal override void Backward(GradientStep step) =>
        step.Give(0, Tensor.Zeros(step.InputShape(0), step.InputDType(0), step.Device).ScatterAdd(axis, _index!, step.OutputGradient(0)));

    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var (x, index) = (inputs[0], inputs[1]);
        Require(
            index.DType.IsInteger() && index.Rank == x.Rank && index.Shape.With(axis, x.Shape[axis]) == x.Shape,
            $"x is {x} but index is {index}; it must be integers, of the shape of x beside axis {axis}");
        return [Tensor.Empty(index.Shape, x.DType, x.Device)];
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        using var index = IndexInput.ToInt64(inputs[1]);
        IndexInput.Check(Name, "index", index, inputs[0].Shape[axis]);
        _index = Keep(index);
        if (inputs[0].DType.Size() == 4) IndexingCpu.Gather<uint>(inputs[0], axis, index, outputs[0]);
        else IndexingCpu.Gather<ulong>(inputs[0], axis, index, outputs[0]);
    }

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
        _index = Keep(inputs[1]);
        IndexingCuda.Gather(Name, inputs[0], axis, inputs[1], outputs[0]);
    }
}
