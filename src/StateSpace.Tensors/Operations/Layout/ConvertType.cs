using System.Numerics;
using System.Numerics.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cpu;

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

    protected override Tensor[] Prepare(Tensor[] inputs) => [Tensor.Empty(inputs[0].Shape, dtype, inputs[0].Device)];

    private protected override bool MovesElements => true;

    protected override unsafe void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        if (inputs[0].DType == DType.BFloat16)
        {
            if (dtype == DType.Float32)
            {
                BrainFloats.Widen((ushort*)inputs[0].Bytes(), inputs[0].Count, outputs[0].Pointer<float>());
                return;
            }

            using var wide = inputs[0].Detach().Convert(DType.Float32);
            outputs[0].CopyFrom(wide.Convert(dtype));
            return;
        }

        if (dtype == DType.BFloat16)
        {
            using var wide = inputs[0].Detach().Convert(DType.Float32);
            BrainFloats.Narrow(wide.Pointer<float>(), wide.Count, (ushort*)outputs[0].Bytes());
            return;
        }

        switch (inputs[0].DType)
        {
            case DType.Float32: From<float>(inputs[0], outputs[0]); break;
            case DType.Float64: From<double>(inputs[0], outputs[0]); break;
            case DType.Int32: From<int>(inputs[0], outputs[0]); break;
            default: From<long>(inputs[0], outputs[0]); break;
        }
    }

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => LayoutCuda.Convert(inputs[0], outputs[0]);

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
