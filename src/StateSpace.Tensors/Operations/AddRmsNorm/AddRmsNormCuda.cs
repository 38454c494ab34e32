using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.AddRmsNorm;

/// <summary>As RmsNorm, with the sum made while the row is in registers, and one gradient for both summands.</summary>
internal static class AddRmsNormCuda
{
    private const string Source = "AddRmsNorm";
    private const int Threads = 256;
    private const int ForwardPerMultiprocessor = 2048;
    private const int BackwardPerMultiprocessor = 1024;

    public static void Forward(Tensor residual, Tensor x, Tensor weight, double epsilon, Tensor y, Tensor sum, Tensor inverse)
    {
        if (x.Count == 0) return;
        var (width, rows) = (x.Shape[^1], inverse.Count);
        var plan = Plan(x, residual.DType, y.DType);
        var threads = plan.Threads(Threads);
        var blocks = plan.Blocks(rows, threads, CudaDevice.Of(x.Device), ForwardPerMultiprocessor);
        CudaKernel.For(x, Source, "add_rms_norm_forward", plan.Defines).Launch(blocks, threads, residual, x, weight, y, sum, inverse, rows, width, epsilon);
    }

    /// <param name="sum">The forward pass's sum.</param>
    /// <param name="weight">Scale.</param>
    /// <param name="inverse">1 / rms of each row.</param>
    /// <param name="gradient">Of the normalized sum.</param>
    /// <param name="dsum">Of the sum; zeros where null.</param>
    /// <param name="dresidual">Receives the residual's gradient.</param>
    /// <param name="dx">Receives the same in x's type; null where it is the same tensor.</param>
    /// <param name="dweight">Receives the weight's gradient.</param>
    /// <param name="type">Type of x.</param>
    public static void Backward(Tensor sum, Tensor weight, Tensor inverse, Tensor gradient, Tensor? dsum, Tensor dresidual, Tensor? dx, Tensor dweight, DType type)
    {
        if (sum.Count == 0)
        {
            dweight.Clear();
            return;
        }

        var (width, rows) = (sum.Shape[^1], inverse.Count);
        var plan = Plan(sum, type, sum.DType, gradient.DType);
        var threads = plan.Threads(Threads);
        var blocks = plan.Blocks(rows, threads, CudaDevice.Of(sum.Device), BackwardPerMultiprocessor);
        using var partial = Tensor.Empty([blocks, width], weight.DType, sum.Device);
        CudaKernel.For(sum.Device, type, Source, "add_rms_norm_backward", plan.Defines).Launch(
            blocks,
            threads,
            sharedBytes: (int)(width * weight.DType.Size()),
            args: [sum, weight, inverse, gradient, dsum, dresidual, dx, partial, rows, width]);
        PartialSums.Add(CudaKernel.For(sum.Device, type, Source, "sum_partials", plan.Defines), partial, dweight);
    }

    private static RowPlan Plan(Tensor x, DType residual, DType result) => Plan(x, x.DType, residual, result);

    private static RowPlan Plan(Tensor x, DType type, DType residual, DType result) => RowPlan.For(
        x.Shape[^1], type == DType.BFloat16 && residual == DType.BFloat16 && result == DType.BFloat16 ? 8 : 4, 1, Types(type, residual, result));

    private static string Types(DType type, DType residual, DType result) => (type, residual, result) switch
    {
        (DType.BFloat16, DType.Float32, DType.BFloat16) => "RESIDUAL=float",
        _ when type == residual && type == result => "",
        _ => $"RESIDUAL={CudaKernel.Element(residual)} RESULT={CudaKernel.Element(result)}",
    };
}
