using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.Layout;

/// <summary>One axis cut into consecutive parts; they share memory where they are contiguous.</summary>
internal sealed class Split(int axis, long[] lengths) : Operation
{
    public override Saved Saves => Saved.Nothing;

    public static Tensor[] Apply(Tensor x, int axis, long[] lengths) => new Split(x.Shape.Axis(axis), lengths).Run(x);

    protected internal override void Backward(GradientStep step) =>
        step.Give(0, Tensor.Concatenate(axis, [.. Enumerable.Range(0, step.OutputCount).Select(step.OutputGradient)]));

    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var x = inputs[0];
        Require(
            lengths.Length > 0 && Array.TrueForAll(lengths, length => length >= 0) && lengths.Sum() == x.Shape[axis],
            $"parts of ({string.Join(", ", lengths)}) do not fill axis {axis} of {x.Shape}");
        var start = 0L;
        var outputs = new Tensor[lengths.Length];
        for (var i = 0; i < outputs.Length; i++)
        {
            var shape = x.Shape.With(axis, lengths[i]);
            outputs[i] = IsContiguous(x) ? SharedRange.Of(x, shape, start * x.Shape.Product(axis + 1, x.Rank)) : Tensor.Empty(shape, x.DType, x.Device);
            start += lengths[i];
        }

        return outputs;
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        if (IsContiguous(inputs[0])) return;
        var offset = 0L;
        foreach (var output in outputs)
        {
            StridedCopy.Box(output.Shape, inputs[0], offset, output, 0);
            offset += output.Shape.Product(axis, output.Rank);
        }
    }

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
        var offset = 0L;
        foreach (var output in outputs)
        {
            if (output.Storage != inputs[0].Storage) LayoutCuda.Box(output.Shape, inputs[0], offset, output, 0);
            offset += output.Shape.Product(axis, output.Rank);
        }
    }

    private bool IsContiguous(Tensor x) => lengths.Length == 1 || x.Shape.Product(0, axis) == 1;
}
