using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.Softmax;

/// <summary>Launches of <c>Softmax.cu</c>.</summary>
internal static class SoftmaxCuda
{
    public static void Forward(Tensor x, bool logarithm, Tensor y)
    {
        if (x.Count == 0) return;
        var (rows, width, lanes, packed) = Plan(x, Packs.AreAligned(x, y));
        CudaKernel.For(x, "Softmax", "softmax_forward")
            .Launch(Blocks(rows, lanes), Packs.Block, x, y, rows, width, lanes, packed ? 1 : 0, logarithm ? 1 : 0);
    }

    /// <summary>dx from the result and its gradient.</summary>
    public static void Backward(Tensor y, Tensor gradient, bool logarithm, Tensor dx)
    {
        if (y.Count == 0) return;
        var (rows, width, lanes, packed) = Plan(y, Packs.AreAligned(y, gradient, dx));
        CudaKernel.For(y, "Softmax", "softmax_backward")
            .Launch(Blocks(rows, lanes), Packs.Block, y, gradient, dx, rows, width, lanes, packed ? 1 : 0, logarithm ? 1 : 0);
    }

    /// <param name="x">(…, D).</param>
    /// <param name="y">(…).</param>
    /// <param name="exact">y in the type of its computation, or null.</param>
    public static void LogSumExp(Tensor x, Tensor y, Tensor? exact)
    {
        if (y.Count == 0) return;
        var (_, width, lanes, packed) = Plan(x, Packs.IsAligned(x.Address()));
        CudaKernel.For(x, "Softmax", "log_sum_exp").Launch(Blocks(y.Count, lanes), Packs.Block, x, y, exact, y.Count, width, lanes, packed ? 1 : 0);
    }

    public static void LogSumExpBackward(Tensor x, Tensor exact, Tensor gradient, Tensor dx)
    {
        if (x.Count == 0) return;
        var perPack = x.DType.PerPack();
        var packed = Packs.AreAligned(x, dx) && x.Shape[^1] % perPack == 0;
        CudaKernel.For(x, "Softmax", "log_sum_exp_backward")
            .Launch(Packs.Blocks(packed ? x.Count / perPack : x.Count), Packs.Block, x, exact, gradient, dx, x.Count, x.Shape[^1], packed ? 1 : 0);
    }

    private static long Blocks(long rows, int lanes) => Grid.Cover(rows, Packs.Block / lanes);

    private static (long Rows, long Width, int Lanes, bool Packed) Plan(Tensor x, bool aligned)
    {
        var (width, perPack) = (x.Shape[^1], x.DType.PerPack());
        var packed = aligned && width % perPack == 0;
        return (x.Shape.Product(0, x.Rank - 1), width, Packs.Lanes(width, 2 * (packed ? perPack : 1), 1, 1), packed);
    }
}
