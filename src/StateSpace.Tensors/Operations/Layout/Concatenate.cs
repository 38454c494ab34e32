using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.Layout;

/// <summary>Tensors one after another along an axis.</summary>
internal sealed class Concatenate(int axis) : Operation
{
    public override Saved Saves => Saved.Nothing;

    public static Tensor Apply(int axis, Tensor[] parts)
    {
        if (parts.Length == 0) throw new ShapeException(nameof(Concatenate), "needs at least one part");
        return new Concatenate(parts[0].Shape.Axis(axis)).RunOne(parts);
    }

    protected internal override void Backward(GradientStep step)
    {
        var gradient = step.OutputGradient(0);
        var start = 0L;
        for (var i = 0; i < step.InputCount; i++)
        {
            var length = step.InputShape(i)[axis];
            if (step.Needs(i)) step.Give(i, gradient.Slice(axis, start, length));
            start += length;
        }
    }

    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var first = inputs[0];
        for (var i = 1; i < inputs.Length; i++)
        {
            Require(
                inputs[i].Rank == first.Rank && inputs[i].Shape.With(axis, first.Shape[axis]) == first.Shape && inputs[i].DType == first.DType,
                $"part 0 is {first} but part {i} is {inputs[i]}; only axis {axis} may differ");
        }

        return [Tensor.Empty(first.Shape.With(axis, inputs.Sum(input => input.Shape[axis])), first.DType, first.Device)];
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        var offset = 0L;
        foreach (var input in inputs)
        {
            StridedCopy.Box(input.Shape, input, 0, outputs[0], offset);
            offset += input.Shape.Product(axis, input.Rank);
        }
    }

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
        var offset = 0L;
        foreach (var input in inputs)
        {
            LayoutCuda.Box(input.Shape, input, 0, outputs[0], offset);
            offset += input.Shape.Product(axis, input.Rank);
        }
    }
}
