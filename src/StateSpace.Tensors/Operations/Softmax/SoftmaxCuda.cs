using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.Softmax;

/// <summary>Launches of <c>Softmax.cu</c>.</summary>
internal static class SoftmaxCuda
{
    private const int Warp = 32;

    /// <summary>Packs that a thread keeps in registers (<c>KEPT</c> and <c>KEPT_BACKWARD</c> of the kernel).</summary>
    private const int Kept = 8;
    private const int KeptBackward = 4;

    private const int LargestBlock = 512;

    public static void Forward(Tensor x, bool logarithm, Tensor y)
    {
        if (x.Count == 0) return;
        var plan = new Plan(x, Packs.AreAligned(x, y), Kept);
        CudaKernel.For(x, "Softmax", "softmax_forward").Launch(plan.Blocks, plan.Block, x, y, plan.Rows, plan.Width, plan.Lanes, plan.Packed, logarithm ? 1 : 0);
    }

    /// <summary>dx from the result and its gradient.</summary>
    public static void Backward(Tensor y, Tensor gradient, bool logarithm, Tensor dx)
    {
        if (y.Count == 0) return;
        var plan = new Plan(y, Packs.AreAligned(y, gradient, dx), KeptBackward);
        CudaKernel.For(y, "Softmax", "softmax_backward")
            .Launch(plan.Blocks, plan.Block, y, gradient, dx, plan.Rows, plan.Width, plan.Lanes, plan.Packed, logarithm ? 1 : 0);
    }

    /// <param name="x">(…, D).</param>
    /// <param name="y">(…).</param>
    /// <param name="exact">y in the type of its computation, or null.</param>
    public static void LogSumExp(Tensor x, Tensor y, Tensor? exact)
    {
        if (y.Count == 0) return;
        var plan = new Plan(x, Packs.IsAligned(x.Address()), Kept);
        CudaKernel.For(x, "Softmax", "log_sum_exp").Launch(plan.Blocks, plan.Block, x, y, exact, plan.Rows, plan.Width, plan.Lanes, plan.Packed);
    }

    public static void LogSumExpBackward(Tensor x, Tensor exact, Tensor gradient, Tensor dx)
    {
        if (x.Count == 0) return;
        var perPack = x.DType.PerPack();
        var packed = Packs.AreAligned(x, dx) && x.Shape[^1] % perPack == 0;
        CudaKernel.For(x, "Softmax", "log_sum_exp_backward")
            .Launch(Packs.Blocks(packed ? x.Count / perPack : x.Count), Packs.Block, x, exact, gradient, dx, x.Count, x.Shape[^1], packed ? 1 : 0);
    }

    /// <summary>Threads for rows: up to a warp each, several rows in a block, or a block each.</summary>
    private readonly struct Plan
    {
        public Plan(Tensor x, bool aligned, int kept)
        {
            (Rows, Width) = (x.Shape.Product(0, x.Rank - 1), x.Shape[^1]);
            var perPack = x.DType.PerPack();
            Packed = aligned && Width % perPack == 0 ? 1 : 0;
            var packs = Packed == 1 ? Width / perPack : Width;
            if (packs <= Warp * kept)
            {
                Lanes = (int)Math.Min(Warp, Packs.PowerOfTwo((packs + 1) / 2));
                Block = Packs.Block;
            }
            else
            {
                Lanes = (int)Math.Clamp(Packs.PowerOfTwo(Grid.Cover(packs, kept / 2)), 2 * Warp, LargestBlock);
                Block = Lanes;
            }
        }

        public long Rows { get; }

        public long Width { get; }

        public int Packed { get; }

        public int Lanes { get; }

        public int Block { get; }

        public long Blocks => Grid.Cover(Rows, Block / Lanes);
    }
}
