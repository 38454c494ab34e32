using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.Layout;

/// <summary>Elements of one value before and after those of each axis.</summary>
internal sealed class Pad((long Before, long After)[] padding, double value) : Operation
{
    public override Saved Saves => Saved.Nothing;

    public static Tensor Apply(Tensor x, (long Before, long After)[] padding, double value) => new Pad(padding, value).RunOne(x);

    protected internal override void Backward(GradientStep step)
    {
        var gradient = step.OutputGradient(0);
        for (var axis = 0; axis < padding.Length; axis++) gradient = gradient.Slice(axis, padding[axis].Before, step.InputShape(0)[axis]);
        step.Give(0, gradient);
    }

    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var x = inputs[0];
        Require(
            padding.Length == x.Rank && Array.TrueForAll(padding, sides => sides is { Before: >= 0, After: >= 0 }),
            $"padding of {x.Shape} must have two sizes of at least 0 for each axis, not {string.Join(", ", padding)}");
        return [Tensor.Empty([.. padding.Select((sides, axis) => sides.Before + x.Shape[axis] + sides.After)], x.DType, x.Device)];
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        outputs[0].Fill(value);
        StridedCopy.Box(inputs[0].Shape, inputs[0], 0, outputs[0], Offset(outputs[0]));
    }

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
        outputs[0].Fill(value);
        LayoutCuda.Box(inputs[0].Shape, inputs[0], 0, outputs[0], Offset(outputs[0]));
    }

    private long Offset(Tensor y)
    {
        var strides = StridedCopy.RowMajor(y.Shape);
        return padding.Select((sides, axis) => sides.Before * strides[axis]).Sum();
    }
}
