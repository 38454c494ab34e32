using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.GatedRmsNorm;

/// <summary>Rows of a group in registers; weight gradients by blocks, then over blocks.</summary>
internal static class GatedRmsNormCuda
{
    private const string Source = "GatedRmsNorm";
    private const int ForwardThreads = 256;
    private const int BackwardThreads = 128;
    private const int ForwardPerMultiprocessor = 1024;
    private const int BackwardPerMultiprocessor = 512;

    public static void Forward(Tensor x, Tensor z, Tensor weight, double epsilon, Tensor y, Tensor inverse)
    {
        if (x.Count == 0) return;
        var (rows, groups) = (inverse.Shape[0], inverse.Shape[1]);
        var width = weight.Count / groups;
        var plan = Plan(width, x.DType, y.DType);
        var threads = plan.Threads(ForwardThreads);
        var blocks = plan.Blocks(rows, threads, CudaDevice.Of(x.Device), ForwardPerMultiprocessor);
        CudaKernel.For(x, Source, "gated_rms_norm_forward", plan.Defines).Launch(
            ((blocks + groups - 1) / groups, groups), threads, x, z, weight, y, inverse, rows, width, epsilon);
    }

    public static void Backward(Tensor x, Tensor z, Tensor weight, Tensor inverse, Tensor gradient, Tensor dx, Tensor dz, Tensor dweight)
    {
        if (x.Count == 0)
        {
            dweight.Clear();
            return;
        }

        var (rows, groups) = (inverse.Shape[0], inverse.Shape[1]);
        var width = weight.Count / groups;
        var plan = Plan(width, x.DType, gradient.DType);
        var threads = plan.Threads(BackwardThreads);
        var blocks = (plan.Blocks(rows, threads, CudaDevice.Of(x.Device), BackwardPerMultiprocessor) + groups - 1) / groups;
        using var partial = Tensor.Empty([blocks, weight.Count], weight.DType, x.Device);
        CudaKernel.For(x, Source, "gated_rms_norm_backward", plan.Defines).Launch(
            (blocks, groups), threads, sharedBytes: (int)(width * weight.DType.Size()), args: [x, z, weight, inverse, gradient, dx, dz, partial, rows, width]);
        PartialSums.Add(CudaKernel.For(x, Source, "sum_partials", plan.Defines), partial, dweight);
    }

    // Two accesses for each thread of a block: three rows and their gates are in registers at once.
    private static RowPlan Plan(long width, DType type, DType result) => RowPlan.For(
        width, type == DType.BFloat16 && result == DType.BFloat16 ? 8 : 4, 2, result == type ? "" : $"RESULT={CudaKernel.Element(result)}");
}
