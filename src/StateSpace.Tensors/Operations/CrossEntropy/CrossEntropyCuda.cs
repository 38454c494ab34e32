using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.CrossEntropy;

/// <summary>A block for each row: logits are read once forward, and once backward where the gradient is written. The host waits for nothing.</summary>
internal static class CrossEntropyCuda
{
    private const string Source = "CrossEntropy";
    private const int ForwardThreads = 256;
    private const int BackwardThreads = 1024;
    private const int MeanThreads = 1024;
    private const int Warp = 32;

    /// <param name="operation">Name of the operation, for the error.</param>
    /// <param name="logits">(…, V).</param>
    /// <param name="targets">Classes, (…).</param>
    /// <param name="ignore">Target that does not count.</param>
    /// <param name="statistics">Receives each row's largest logit and log₂ Σ e^(logit − largest), (2, rows).</param>
    /// <param name="mean">Receives the loss.</param>
    /// <param name="count">Receives the number of targets that count, at least 1.</param>
    public static void Forward(string operation, Tensor logits, Tensor targets, long ignore, Tensor statistics, Tensor mean, Tensor count)
    {
        var (rows, classes) = (targets.Count, logits.Shape[^1]);
        var defines = Defines(logits, targets, 4);
        using var losses = Tensor.Empty([Math.Max(1, rows)], DType.Float64, logits.Device);
        if (rows > 0)
        {
            var check = CudaDevice.Of(logits.Device).Check;
            CudaKernel.For(logits, Source, "cross_entropy_forward", defines).Launch(
                rows, Block(logits, ForwardThreads), logits, targets, statistics, losses, rows, classes, ignore,
                check.Record, check.Site(operation, "target", targets.Shape, classes, ignore));
        }

        CudaKernel.For(logits, Source, "cross_entropy_mean", defines).Launch(1, MeanThreads, losses, targets, mean, count, rows, ignore);
    }

    /// <param name="logits">(…, V).</param>
    /// <param name="targets">Classes, (…).</param>
    /// <param name="ignore">Target that does not count.</param>
    /// <param name="statistics">Of the forward pass.</param>
    /// <param name="gradient">Of the mean.</param>
    /// <param name="count">Of the forward pass.</param>
    /// <param name="dlogits">Receives the gradient; may be the logits' own memory.</param>
    public static void Backward(Tensor logits, Tensor targets, long ignore, Tensor statistics, Tensor gradient, Tensor count, Tensor dlogits)
    {
        if (logits.Count == 0) return;
        CudaKernel.For(logits, Source, "cross_entropy_backward", Defines(logits, targets, 1)).Launch(
            targets.Count, Block(logits, BackwardThreads), logits, targets, statistics, gradient, count, dlogits, targets.Count, logits.Shape[^1], ignore);
    }

    private static int Vector(Tensor logits)
    {
        var vector = 16 / logits.DType.Size();
        while (logits.Shape[^1] % vector != 0) vector /= 2;
        return vector;
    }

    private static int Block(Tensor logits, int most) =>
        (int)Math.Clamp(Grid.Cover(Grid.Cover(logits.Shape[^1], Vector(logits)), Warp) * Warp, Warp, most);

    // depth: accesses of a thread that are under way together.
    private static string[] Defines(Tensor logits, Tensor targets, int depth) =>
        [$"VEC={Vector(logits)}", targets.DType == DType.Int32 ? "INDEX=int" : "INDEX=i64", $"DEPTH={depth}"];
}
