using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.Layout;

/// <summary>The axes in another order; shares memory where no element moves (axes of size 1).</summary>
internal sealed class Permute(int[] axes) : Operation
{
    private StridedCopy? _copy;

    public override Saved Saves => Saved.Nothing;

    /// <summary>Axis i of the result is axis axes[i] of x.</summary>
    public static Tensor Apply(Tensor x, int[] axes) => new Permute(axes).RunOne(x);

    protected internal override void Backward(GradientStep step)
    {
        var inverse = new int[axes.Length];
        for (var i = 0; i < axes.Length; i++) inverse[axes[i]] = i;
        step.Give(0, Apply(step.OutputGradient(0), inverse));
    }

    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var x = inputs[0];
        var seen = new bool[x.Rank];
        Require(axes.Length == x.Rank, $"x is {x.Shape} but axes are ({string.Join(", ", axes)}); name each axis once");
        foreach (var axis in axes)
        {
            Require(axis >= 0 && axis < x.Rank && !seen[axis], $"x is {x.Shape} but axes are ({string.Join(", ", axes)}); name each axis once");
            seen[axis] = true;
        }

        var strides = StridedCopy.RowMajor(x.Shape);
        Shape shape = [.. axes.Select(axis => x.Shape[axis])];
        _copy = new StridedCopy(shape.ToArray(), [.. axes.Select(axis => strides[axis])], StridedCopy.RowMajor(shape));
        return [_copy.IsIdentity ? x.Alias(shape) : Tensor.Empty(shape, x.DType, x.Device)];
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        if (!_copy!.IsIdentity) _copy.Run(inputs[0], 0, outputs[0], 0);
    }

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
        if (!_copy!.IsIdentity) LayoutCuda.Copy(_copy, inputs[0], 0, outputs[0], 0);
    }
}
