using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.Rotary;

/// <summary>The launch of <c>Rotary.cu</c>.</summary>
internal static class RotaryCuda
{
    /// <summary>Steps of a block (<c>STEPS</c> of the kernel).</summary>
    private const int Steps = 8;

    /// <summary>y = x rotated, or rotated back.</summary>
    public static void Run(Tensor x, long start, double theta, Tensor? positions, bool backwards, Tensor y)
    {
        if (x.Count == 0) return;
        var (steps, half) = (x.Shape[0] * x.Shape[1], x.Shape[3] / 2);
        var shared = checked((int)(((Steps * 2 * x.DType.Accurate().Size()) + sizeof(double)) * half));
        var packed = Packs.AreAligned(x, y) && half % x.DType.PerPack() == 0;
        CudaKernel.For(x, "Rotary", "rotary").Launch(
            Grid.Cover(steps, Steps),
            Packs.Block,
            [x, positions, y, steps, x.Shape[1], x.Shape[2], half, start, theta, backwards ? -1.0 : 1.0, packed ? 1 : 0],
            shared);
    }
}
