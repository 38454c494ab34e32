using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.Reduction;

/// <summary>Sums of the elements so far along an axis, from its start or from its end. Sums run in double and are rounded at each element.</summary>
internal sealed class CumulativeSum(int axis, bool reverse) : Operation
{
    /// <summary>Elements of a parallel piece.</summary>
    private const long Grain = 1 << 15;

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

    private unsafe void Kernel<T>(Tensor x, Tensor y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (outer, length, inner) = ReductionLayout.Over(x.Shape, axis, axis + 1);
        T* source = x.Pointer<T>(), target = y.Pointer<T>();
        var lanes = inner == 1 ? 1 : Vector512<T>.Count;
        var blocks = (inner + lanes - 1) / lanes;
        var stride = reverse ? -inner : inner;
        var origin = reverse ? (length - 1) * inner : 0;
        CpuTeam.ForBlocks(outer * blocks, Math.Max(1, Grain / (lanes * length)), (start, end) =>
        {
            for (var piece = start; piece < end; piece++)
            {
                var column = piece % blocks * lanes;
                var offset = (piece / blocks * length * inner) + column + origin;
                if (lanes == 1) Column(source + offset, target + offset, length, stride);
                else if (sizeof(T) == 4) Columns((float*)source + offset, (float*)target + offset, length, stride, inner - column);
                else Columns((double*)source + offset, (double*)target + offset, length, stride, inner - column);
            }
        });
    }

    private static unsafe void Column<T>(T* x, T* y, long length, long stride)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var sum = 0.0;
        for (long i = 0; i < length; i++)
        {
            sum += double.CreateTruncating(x[i * stride]);
            y[i * stride] = T.CreateTruncating(sum);
        }
    }

    private static unsafe void Columns(float* x, float* y, long length, long stride, long left)
    {
        Vector512<double> lower = Vector512<double>.Zero, upper = lower;
        for (long i = 0; i < length; i++)
        {
            var (a, b) = Vector512.Widen(Lanes.Load(x + (i * stride), left));
            lower += a;
            upper += b;
            Lanes.Store(Vector512.Narrow(lower, upper), y + (i * stride), left);
        }
    }

    private static unsafe void Columns(double* x, double* y, long length, long stride, long left)
    {
        var sum = Vector512<double>.Zero;
        for (long i = 0; i < length; i++)
        {
            sum += Lanes.Load(x + (i * stride), left);
            Lanes.Store(sum, y + (i * stride), left);
        }
    }
}
