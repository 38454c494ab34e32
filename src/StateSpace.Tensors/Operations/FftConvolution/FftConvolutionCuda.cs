using System.Globalization;
using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.Operations.RealFft;

namespace StateSpace.Tensors.Operations.FftConvolution;

/// <summary>
/// The convolution on a GPU, always by Fourier transforms of a power of two that is at least L + L_k − 1: in shared memory as a whole up to 8192
/// (FftConvolution.cu), by passes through memory beyond that, and in double.
/// </summary>
internal static class FftConvolutionCuda
{
    private const long SmallestInside = 256;
    private const long LargestInside = 8192;

    public static void Forward(Tensor u, Tensor kernel, Tensor y)
    {
        if (y.Count == 0) return;
        if (kernel.Shape[1] == 0)
        {
            y.Clear();
            return;
        }

        using var scope = new TensorScope();
        var sizes = new Sizes(u, kernel);
        var filter = sizes.Filter(kernel);
        if (sizes.IsInside) sizes.Convolve(u, filter, y, adjoint: false);
        else
        {
            var z = sizes.Transform(u);
            FftCuda.Launch(z, "convolution_multiply", sizes.Batch, (sizes.Size / 2) + 1, sizes.Pairs, z, filter, sizes.Size, sizes.Pairs);
            sizes.Return(z, y);
        }
    }

    /// <summary>∂u and ∂k; taps that have no effect get zero.</summary>
    public static void Backward(Tensor u, Tensor kernel, Tensor gradient, Tensor du, Tensor dkernel)
    {
        if (kernel.Shape[1] == 0) du.Clear();
        if (u.Count == 0 || kernel.Shape[1] > u.Shape[1]) dkernel.Clear();
        if (u.Count == 0 || kernel.Count == 0) return;
        using var scope = new TensorScope();
        var sizes = new Sizes(u, kernel);
        var filter = sizes.Filter(kernel);
        var dfilter = FftCuda.Complex(1, sizes.Size, sizes.Pairs, kernel);
        if (sizes.IsInside)
        {
            sizes.Convolve(gradient, filter, du, adjoint: true);
            sizes.Correlate(u, gradient, dfilter);
        }
        else
        {
            Tensor z = sizes.Transform(u), g = sizes.Transform(gradient);
            FftCuda.Launch(z, "convolution_backward", 1, (sizes.Size / 2) + 1, sizes.Pairs, z, g, filter, dfilter, sizes.Batch, sizes.Size, sizes.Pairs);
            z.Dispose();
            sizes.Return(g, du);
        }

        FftCuda.Transform(dfilter, null, RealColumns.OfRows(dkernel, sizes.Length), 1, sizes.Size, sizes.Pairs, kernel);
    }

    private readonly struct Sizes
    {
        private readonly Tensor _like;

        public Sizes(Tensor u, Tensor kernel)
        {
            _like = u;
            (Batch, Length, Columns) = (u.Shape[0], u.Shape[1], u.Shape[2]);
            Pairs = FftCuda.Pairs(Columns);
            for (Size = 1; Size < Length + Math.Min(Length, kernel.Shape[1]) - 1; Size *= 2)
            {
            }

            IsInside = u.DType != DType.Float64 && Size <= LargestInside;
            if (IsInside) Size = Math.Max(Size, SmallestInside);
        }

        public long Batch { get; }

        public long Length { get; }

        public long Columns { get; }

        public long Pairs { get; }

        /// <summary>The transforms' length.</summary>
        public long Size { get; }

        /// <summary>Whether whole transforms fit into shared memory.</summary>
        public bool IsInside { get; }

        public Tensor Filter(Tensor kernel) => FftCuda.Transform(null, RealColumns.OfRows(kernel, Length), null, 1, Size, Pairs, kernel);

        public Tensor Transform(Tensor x) => FftCuda.Transform(null, RealColumns.Of(x), null, Batch, Size, Pairs, x);

        public void Return(Tensor z, Tensor to) => FftCuda.Transform(z, null, RealColumns.Of(to), Batch, Size, Pairs, _like);

        public void Convolve(Tensor x, Tensor filter, Tensor y, bool adjoint)
        {
            // 64 KiB for each block, so that a multiprocessor has three; never less than the 16 bytes of a row that two pairs are.
            var pairs = (int)Math.Clamp(LargestInside / Size, 2, 16);
            Launch("convolution_fused", pairs, Batch, 1, x, filter, y, (int)Length, Columns, Pairs, adjoint ? 1 : 0, AreAligned(x, y) ? 1 : 0);
        }

        public void Correlate(Tensor u, Tensor gradient, Tensor dfilter)
        {
            var pairs = (int)Math.Clamp(LargestInside / Size, 1, 16);
            Launch("convolution_fused_gradient", pairs, 1, 2, u, gradient, dfilter, Batch, (int)Length, Columns, Pairs, AreAligned(u, gradient) ? 1 : 0);
        }

        private static string Define(string name, int value) => string.Create(CultureInfo.InvariantCulture, $"{name}={value}");

        private void Launch(string function, int pairs, long batch, int columns, params ReadOnlySpan<KernelArgument> args)
        {
            var kernel = CudaKernel.For(_like, "FftConvolution", function, Define("LOG_SIZE", (int)Math.Log2(Size)), Define("PAIRS", pairs));
            var bytes = columns * (Size + (Size / 16)) * pairs * 2 * sizeof(float);
            kernel.Launch((Grid.Cover(Pairs, pairs), batch), (int)(Size * pairs / 32), args, (int)bytes);
        }

        /// <summary>Whether two columns of a row can be read at once.</summary>
        private bool AreAligned(Tensor x, Tensor y)
        {
            var bytes = (ulong)(2 * _like.DType.Size());
            return Columns % 2 == 0 && x.Address() % bytes == 0 && y.Address() % bytes == 0;
        }
    }
}
