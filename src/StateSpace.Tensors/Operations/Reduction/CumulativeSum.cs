using System.Numerics;
using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Operations.Reduction;

/// <summary>Sums of the elements so far along an axis, from its start or from its end. Sums run in double and are rounded at each element.</summary>
internal sealed class CumulativeSum(int axis, bool reverse) : Operation
{
    public override Saved Saves => Saved.Nothing;

    public static Tensor Apply(Tensor x, int axis, bool reverse) => new CumulativeSum(x.Shape.Axis(axis), reverse).RunOne(x);

    protected internal override void Backward(GradientStep step) => step.Give(0, Apply(step.OutputGradient(0), axis, !reverse));

    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        Require(inputs[0].DType.IsFloating(), $"needs floating-point elements, not {inputs[0]}");
        return [inputs[0].EmptyLike()];
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        if (inputs[0].Count == 0) return;
        if (inputs[0].DType == DType.Float32) Kernel<float>(inputs[0], outputs[0]);
        else Kernel<double>(inputs[0], outputs[0]);
    }

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) =>
        ReductionCuda.CumulativeSum(inputs[0], ReductionLayout.Over(inputs[0].Shape, axis, axis + 1), reverse, outputs[0]);

    private void Kernel<T>(Tensor x, Tensor y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var layout = ReductionLayout.Over(x.Shape, axis, axis + 1);
        if (layout.Inner == 1) CumulativeSumCpu.Rows<T>(x, y, layout, reverse);
        else CumulativeSumCpu.Columns<T>(x, y, layout, reverse);
    }
}
