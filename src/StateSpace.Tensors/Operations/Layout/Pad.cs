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
        var (x, y) = (inputs[0], outputs[0]);
        y.Fill(value);
        var strides = StridedCopy.RowMajor(y.Shape);
        StridedCopy.Box(x.Shape, x, 0, y, padding.Select((sides, axis) => sides.Before * strides[axis]).Sum());
    }
}
