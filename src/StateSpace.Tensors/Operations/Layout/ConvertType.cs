using System.Numerics;
using System.Numerics.Tensors;
using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Operations.Layout;

/// <summary>A copy with another element type, rounded to nearest (integers: truncated, saturating).</summary>
internal sealed class ConvertType(DType dtype) : Operation
{
    public override Saved Saves => Saved.Nothing;

    public static Tensor Apply(Tensor x, DType dtype) => x.DType == dtype ? x : new ConvertType(dtype).RunOne(x);

    protected internal override void Backward(GradientStep step)
    {
        // Only conversions between floating-point types carry a gradient.
        var source = step.InputDType(0);
        if (source.IsFloating() && dtype.IsFloating()) step.Give(0, step.OutputGradient(0).Convert(source));
    }

    protected override Tensor[] Prepare(Tensor[] inputs) => [Tensor.Empty(inputs[0].Shape, dtype)];

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        switch (inputs[0].DType)
        {
            case DType.Float32: From<float>(inputs[0], outputs[0]); break;
            case DType.Float64: From<double>(inputs[0], outputs[0]); break;
            case DType.Int32: From<int>(inputs[0], outputs[0]); break;
            default: From<long>(inputs[0], outputs[0]); break;
        }
    }

    private static void From<TSource>(Tensor x, Tensor y)
        where TSource : unmanaged, INumber<TSource>
    {
        switch (y.DType)
        {
            case DType.Float32: Kernel<TSource, float>(x, y); break;
            case DType.Float64: Kernel<TSource, double>(x, y); break;
            case DType.Int32: Kernel<TSource, int>(x, y); break;
            default: Kernel<TSource, long>(x, y); break;
        }
    }

    private static void Kernel<TSource, TTarget>(Tensor x, Tensor y)
        where TSource : unmanaged, INumber<TSource>
        where TTarget : unmanaged, INumber<TTarget> =>
        TensorPrimitives.ConvertSaturating<TSource, TTarget>(x.Span<TSource>(), y.Span<TTarget>());
}
