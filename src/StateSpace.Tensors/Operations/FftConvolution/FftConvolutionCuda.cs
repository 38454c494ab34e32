using StateSpace.Tensors.Operations.RealFft;

namespace StateSpace.Tensors.Operations.FftConvolution;

/// <summary>The convolution on a GPU, always by Fourier transforms of a power of two that is at least L + L_k − 1.</summary>
internal static class FftConvolutionCuda
{
    public static void Forward(Tensor u, Tensor kernel, Tensor y)
    {
        if (y.Count == 0) return;
        if (kernel.Shape[1] == 0)
        {
            y.Clear();
            return;
        }

        using var scope = new TensorScope();
        var (batch, size, pairs) = Sizes(u, kernel);
        var filter = FftCuda.Transform(null, RealColumns.OfRows(kernel, u.Shape[1]), null, 1, size, pairs, kernel);
        var z = FftCuda.Transform(null, RealColumns.Of(u), null, batch, size, pairs, u);
        FftCuda.Launch(z, "convolution_multiply", batch, (size / 2) + 1, pairs, z, filter, size, pairs);
        FftCuda.Transform(z, null, RealColumns.Of(y), batch, size, pairs, u);
    }

    /// <summary>∂u and ∂k; taps that have no effect get zero.</summary>
    public static void Backward(Tensor u, Tensor kernel, Tensor gradient, Tensor du, Tensor dkernel)
    {
        if (kernel.Shape[1] == 0) du.Clear();
        if (u.Count == 0 || kernel.Shape[1] > u.Shape[1]) dkernel.Clear();
        if (u.Count == 0 || kernel.Count == 0) return;
        using var scope = new TensorScope();
        var (batch, size, pairs) = Sizes(u, kernel);
        var filter = FftCuda.Transform(null, RealColumns.OfRows(kernel, u.Shape[1]), null, 1, size, pairs, kernel);
        var z = FftCuda.Transform(null, RealColumns.Of(u), null, batch, size, pairs, u);
        var g = FftCuda.Transform(null, RealColumns.Of(gradient), null, batch, size, pairs, u);
        var dfilter = FftCuda.Complex(1, size, pairs, kernel);
        FftCuda.Launch(z, "convolution_backward", 1, (size / 2) + 1, pairs, z, g, filter, dfilter, batch, size, pairs);
        z.Dispose();
        FftCuda.Transform(g, null, RealColumns.Of(du), batch, size, pairs, u);
        FftCuda.Transform(dfilter, null, RealColumns.OfRows(dkernel, u.Shape[1]), 1, size, pairs, kernel);
    }

    private static (long Batch, long Size, long Pairs) Sizes(Tensor u, Tensor kernel)
    {
        var size = 1L;
        while (size < u.Shape[1] + Math.Min(u.Shape[1], kernel.Shape[1]) - 1) size *= 2;
        return (u.Shape[0], size, FftCuda.Pairs(u.Shape[2]));
    }
}
