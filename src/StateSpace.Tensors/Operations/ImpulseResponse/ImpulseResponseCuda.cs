using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.ImpulseResponse;

/// <summary>The impulse response on a GPU: a block for 2048 outputs of a channel, or for the gradients of one mode.</summary>
internal static class ImpulseResponseCuda
{
    private const int Lanes = 128;
    private const int OutputsPerBlock = 16 * Lanes;

    public static void Forward(ImpulseTensors x, Tensor kernel)
    {
        if (kernel.Count == 0) return;
        Kernel(x, "impulse_response").Launch(
            (Grid.Cover(kernel.Shape[1], OutputsPerBlock), kernel.Shape[0]), Lanes,
            x.LambdaRe, x.LambdaIm, x.WeightRe, x.WeightIm, kernel, x.LambdaRe.Shape[1], kernel.Shape[1], x.Scale);
    }

    public static void Backward(ImpulseTensors x, Tensor gradient, ImpulseTensors to)
    {
        if (x.LambdaRe.Count == 0) return;
        Kernel(x, "impulse_response_backward").Launch(
            x.LambdaRe.Count, Lanes,
            x.LambdaRe, x.LambdaIm, x.WeightRe, x.WeightIm, gradient, to.LambdaRe, to.LambdaIm, to.WeightRe, to.WeightIm, x.LambdaRe.Shape[1], gradient.Shape[1], x.Scale);
    }

    private static CudaKernel Kernel(ImpulseTensors x, string function) =>
        CudaKernel.For(x.LambdaRe, "ImpulseResponse", function, x.LambdaIm is null ? "COMPLEX=0" : "COMPLEX=1", x.IsLog ? "IS_LOG=1" : "IS_LOG=0");
}
