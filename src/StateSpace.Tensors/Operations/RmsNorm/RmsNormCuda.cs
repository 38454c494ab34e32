using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.RmsNorm;

/// <summary>Rows in registers; weight gradients by blocks, then over blocks.</summary>
internal static class RmsNormCuda
{
    private const string Source = "RmsNorm";
    private const int ForwardThreads = 256;
    private const int BackwardThreads = 128;
    private const int ForwardPerMultiprocessor = 2048;
    private const int BackwardPerMultiprocessor = 512;

    public static void Forward(Tensor x, Tensor weight, double epsilon, Tensor y, Tensor inverse)
    {
        if (x.Count == 0) return;
        var (width, rows) = (x.Shape[^1], inverse.Count);
        var plan = Plan(x, y.DType);
        var threads = plan.Threads(ForwardThreads);
        var blocks = plan.Blocks(rows, threads, CudaDevice.Of(x.Device), ForwardPerMultiprocessor);
        CudaKernel.For(x, Source, "rms_norm_forward", plan.Defines).Launch(blocks, threads, x, weight, y, inverse, rows, width, epsilon);
    }

    public static void Backward(Tensor x, Tensor weight, Tensor inverse, Tensor gradient, Tensor dx, Tensor dweight)
    {
        if (x.Count == 0)
        {
            dweight.Clear();
            return;
        }

        var (width, rows) = (x.Shape[^1], inverse.Count);
        var plan = Plan(x, gradient.DType);
        var threads = plan.Threads(BackwardThreads);
        var blocks = plan.Blocks(rows, threads, CudaDevice.Of(x.Device), BackwardPerMultiprocessor);
        using var partial = Tensor.Empty([blocks, width], weight.DType, x.Device);
        CudaKernel.For(x, Source, "rms_norm_backward", plan.Defines).Launch(
            blocks, threads, sharedBytes: (int)(width * weight.DType.Size()), args: [x, weight, inverse, gradient, dx, partial, rows, width]);
        PartialSums.Add(CudaKernel.For(x, Source, "sum_partials", plan.Defines), partial, dweight);
    }

    private static RowPlan Plan(Tensor x, DType result) =>
        RowPlan.For(x.Shape[^1], x.DType == DType.BFloat16 && result == DType.BFloat16 ? 8 : 4, 1, result == x.DType ? "" : $"RESULT={CudaKernel.Element(result)}");
}
