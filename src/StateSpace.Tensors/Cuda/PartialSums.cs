namespace StateSpace.Tensors.Cuda;

/// <summary>The second launch of sums over rows (<c>partials.cuh</c>): adds what the blocks left, in a fixed order.</summary>
internal static class PartialSums
{
    /// <summary>Threads of a block.</summary>
    public const int Threads = 1024;

    private const int Columns = 32;

    /// <summary>Blocks for so many columns.</summary>
    public static int Blocks(long columns) => checked((int)((columns + Columns - 1) / Columns));

    /// <summary>total[c] = sum over rows of partial[row, c], by the function <c>sum_partials</c> of a source.</summary>
    public static void Add(CudaKernel kernel, Tensor partial, Tensor total)
    {
        if (total.Count > 0) kernel.Launch(Blocks(total.Count), Threads, partial, total, partial.Shape[0], total.Count);
    }
}
