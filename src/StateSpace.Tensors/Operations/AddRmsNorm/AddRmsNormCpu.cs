using System.Numerics;
using System.Numerics.Tensors;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Operations.RmsNorm;

namespace StateSpace.Tensors.Operations.AddRmsNorm;

/// <summary>The sum, then RmsNorm: the same bits as the two operations apart.</summary>
internal static unsafe class AddRmsNormCpu
{
    private const long Grain = 1 << 15;

    public static void Forward<T>(Tensor residual, Tensor x, Tensor weight, double epsilon, Tensor y, Tensor sum, Tensor inverse)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Add<T>(residual, x, sum);
        RmsNormCpu.Forward<T>(sum, weight, epsilon, y, inverse);
    }

    public static void Backward<T>(Tensor sum, Tensor weight, Tensor inverse, Tensor gradient, Tensor? dsum, Tensor d, Tensor dweight)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        RmsNormCpu.Backward<T>(sum, weight, inverse, gradient, d, dweight);
        if (dsum is not null) Add<T>(dsum, d, d);
    }

    private static void Add<T>(Tensor left, Tensor right, Tensor sum)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* a = left.Pointer<T>(), b = right.Pointer<T>(), to = sum.Pointer<T>();
        CpuTeam.ForBlocks(sum.Count, Grain, (start, end) =>
        {
            var count = (int)(end - start);
            TensorPrimitives.Add(new ReadOnlySpan<T>(a + start, count), new ReadOnlySpan<T>(b + start, count), new Span<T>(to + start, count));
        });
    }
}
