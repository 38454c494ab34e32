using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.LayerNorm;

/// <summary>Rows in registers; gradients of weight and bias by blocks, then over blocks.</summary>
internal static class LayerNormCuda
{
    private const string Source = "LayerNorm";
    private const int ForwardThreads = 256;
    private const int BackwardThreads = 128;
    private const int ForwardPerMultiprocessor = 2048;
    private const int BackwardPerMultiprocessor = 512;

    public static void Forward(Tensor x, Tensor weight, Tensor bias, double epsilon, Tensor y, Tensor statistics)
    {
        if (x.Count == 0) return;
        var (width, rows) = (x.Shape[^1], statistics.Shape[1]);
        var plan = Plan(x, y.DType);
        var threads = plan.Threads(ForwardThreads);
        var blocks = plan.Blocks(rows, threads, CudaDevice.Of(x.Device), ForwardPerMultiprocessor);
        CudaKernel.For(x, Source, "layer_norm_forward", plan.Defines).Launch(blocks, threads, x, weight, bias, y, statistics, rows, width, epsilon);
    }

    public static void Backward(Tensor x, Tensor weight, Tensor statistics, Tensor gradient, Tensor dx, Tensor dweight, Tensor dbias)
    {
        if (x.Count == 0)
        {
            dweight.Clear();
            dbias.Clear();
            return;
        }

        var (width, rows) = (x.Shape[^1], statistics.Shape[1]);
        var plan = Plan(x, gradient.DType);
        var threads = plan.Threads(BackwardThreads);
        var blocks = plan.Blocks(rows, threads, CudaDevice.Of(x.Device), BackwardPerMultiprocessor);
        using var partial = Tensor.Empty([blocks, 2 * width], weight.DType, x.Device);
        using var total = Tensor.Empty([2, width], weight.DType, x.Device);
        CudaKernel.For(x, Source, "layer_norm_backward", plan.Defines).Launch(
            blocks, threads, sharedBytes: (int)(width * weight.DType.Size()), args: [x, weight, statistics, gradient, dx, partial, rows, width]);
        PartialSums.Add(CudaKernel.For(x, Source, "sum_partials", plan.Defines), partial, total);
        dweight.CopyFrom(total.Alias(dweight.Shape));
        dbias.CopyFrom(total.Alias(dbias.Shape, width));
    }

    private static RowPlan Plan(Tensor x, DType result) =>
        RowPlan.For(x.Shape[^1], x.DType == DType.BFloat16 && result == DType.BFloat16 ? 8 : 4, 1, result == x.DType ? "" : $"RESULT={CudaKernel.Element(result)}");
}
