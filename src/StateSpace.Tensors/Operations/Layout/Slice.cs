using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.Layout;

/// <summary>A range of one axis; shares memory where the range is contiguous.</summary>
internal sealed class Slice(int axis, long start, long length) : Operation
{
    public override Saved Saves => Saved.Nothing;

    public static Tensor Apply(Tensor x, int axis, long start, long length) => new Slice(x.Shape.Axis(axis), start, length).RunOne(x);

    protected internal override void Backward(GradientStep step) =>
        step.Give(0, step.OutputGradient(0).Pad(axis, start, step.InputShape(0)[axis] - start - length));

    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var x = inputs[0];
        Require(
            start >= 0 && length >= 0 && start <= x.Shape[axis] - length,
            $"{length} elements from {start} do not lie in axis {axis} of {x.Shape}");
        var shape = x.Shape.With(axis, length);
        return [IsContiguous(x) ? SharedRange.Of(x, shape, Offset(x)) : Tensor.Empty(shape, x.DType, x.Device)];
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        if (!IsContiguous(inputs[0])) StridedCopy.Box(outputs[0].Shape, inputs[0], Offset(inputs[0]), outputs[0], 0);
    }

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
        if (outputs[0].Storage != inputs[0].Storage) LayoutCuda.Box(outputs[0].Shape, inputs[0], Offset(inputs[0]), outputs[0], 0);
    }

    private bool IsContiguous(Tensor x) => length == x.Shape[axis] || x.Shape.Product(0, axis) == 1;

    private long Offset(Tensor x) => start * x.Shape.Product(axis + 1, x.Rank);
}
