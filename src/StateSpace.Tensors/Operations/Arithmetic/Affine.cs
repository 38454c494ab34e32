using System.Numerics;
using System.Numerics.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.Arithmetic;

/// <summary>scale · x + shift with two numbers.</summary>
internal sealed class Affine(double scale, double shift) : Operation
{
    private const long Block = 1 << 15;

    public override Saved Saves => Saved.Nothing;

    public static Tensor Apply(Tensor x, double scale, double shift) => new Affine(scale, shift).RunOne(x);

    protected internal override void Backward(GradientStep step) => step.Give(0, step.OutputGradient(0) * scale);

    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        Require(inputs[0].DType.IsFloating(), $"needs floating-point elements, not {inputs[0]}");
        return [inputs[0].EmptyLike()];
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        if (inputs[0].DType == DType.Float32) Kernel(inputs[0], outputs[0], (float)scale, (float)shift);
        else Kernel(inputs[0], outputs[0], scale, shift);
    }

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => ArithmeticCuda.Affine(inputs[0], outputs[0], scale, shift);

    private static unsafe void Kernel<T>(Tensor x, Tensor y, T scale, T shift)
        where T : unmanaged, INumberBase<T>
    {
        T* source = x.Pointer<T>(), target = y.Pointer<T>();
        CpuTeam.ForBlocks(x.Count, Block, (start, end) =>
        {
            var input = new ReadOnlySpan<T>(source + start, (int)(end - start));
            var output = new Span<T>(target + start, (int)(end - start));
            if (shift == T.Zero)
            {
                TensorPrimitives.Multiply(input, scale, output);
            }
            else if (scale == T.One)
            {
                TensorPrimitives.Add(input, shift, output);
            }
            else
            {
                TensorPrimitives.Multiply(input, scale, output);
                TensorPrimitives.Add(output, shift, output);
            }
        });
    }
}
