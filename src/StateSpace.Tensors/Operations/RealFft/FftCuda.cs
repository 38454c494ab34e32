using System.Globalization;
using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.RealFft;

/// <summary>
/// Fourier transforms on a GPU: a pass through memory for each factor of the length; Bluestein's convolution where a prime factor is larger
/// than 13. Two real columns are one complex column.
/// </summary>
internal static class FftCuda
{
    private const int Threads = 256;
    private static readonly int[] Radices = [16, 8, 4, 2, 3, 5, 7, 11, 13];

    /// <summary>Complex columns for so many real ones.</summary>
    public static long Pairs(long columns) => (columns + 1) / 2;

    /// <summary>Scratch memory for complex numbers, (B, n, pairs, 2).</summary>
    public static Tensor Complex(long batch, long length, long pairs, Tensor like) => Tensor.Empty([batch, length, pairs, 2], like.DType.Accurate(), like.Device);

    /// <summary>A kernel of Fft.cu.</summary>
    public static CudaKernel Kernel(Tensor like, string function) => CudaKernel.For(like, "Fft", function);

    public static Grid GridOf(long count, long pairs, long batch) => (Grid.Cover(count * pairs, Threads), batch);

    /// <summary>Starts a kernel of Fft.cu over (batch, count, pairs).</summary>
    public static void Launch(Tensor like, string function, long batch, long count, long pairs, params ReadOnlySpan<KernelArgument> args) =>
        Kernel(like, function).Launch(GridOf(count, pairs, batch), Threads, args);

    /// <summary>re, im ← factors · rfft(x).</summary>
    /// <param name="x">(B, L, D), L ≤ n.</param>
    /// <param name="length">n.</param>
    /// <param name="re">(B, ⌊n/2⌋ + 1, D).</param>
    /// <param name="im">The same; zero at the edges.</param>
    /// <param name="edge">Factor of the first frequency and of n/2.</param>
    /// <param name="inner">Factor of the others.</param>
    public static void Forward(Tensor x, long length, Tensor re, Tensor im, double edge, double inner)
    {
        if (re.Count == 0) return;
        var (batch, columns, pairs) = (x.Shape[0], x.Shape[2], Pairs(x.Shape[2]));
        using var scope = new TensorScope();
        var z = Transform(null, RealColumns.Of(x), null, batch, length, pairs, x);
        Launch(x, "fft_untangle", batch, (length / 2) + 1, pairs, z, re, im, length, pairs, columns, edge, inner);
    }

    /// <summary>x ← the first rows of the inverse transform (without 1/n) of the spectrum times factors.</summary>
    public static void Inverse(Tensor re, Tensor im, long length, Tensor x, double edge, double inner)
    {
        if (x.Count == 0) return;
        var (batch, columns, pairs) = (x.Shape[0], x.Shape[2], Pairs(x.Shape[2]));
        using var scope = new TensorScope();
        var z = Complex(batch, length, pairs, x);
        Launch(x, "fft_tangle", batch, (length / 2) + 1, pairs, re, im, z, length, pairs, columns, edge, inner);
        Transform(z, null, RealColumns.Of(x), batch, length, pairs, x);
    }

    /// <summary>
    /// Transforms complex columns. They come from real ones where <paramref name="from"/> is given; where <paramref name="to"/> is, the exchanged
    /// result (re and im) goes there, else the result is returned.
    /// </summary>
    public static Tensor Transform(Tensor? source, RealColumns? from, RealColumns? to, long batch, long length, long pairs, Tensor like)
    {
        if (Factors(length) is { } factors) return Passes(source, from, to, batch, length, pairs, like, factors);
        if (from is not null) source = Passes(null, from, null, batch, length, pairs, like, [1]);
        var size = 1L;
        while (size < (2 * length) - 1) size *= 2;
        var filter = Complex(1, size, 1, like);
        CudaKernel.For(filter, "Fft", "chirp_filter").Launch(Grid.Cover(size, Threads), Threads, filter, length, size);
        filter = Transform(filter, null, null, 1, size, 1, like);
        var z = Complex(batch, size, pairs, like);
        Launch(z, "chirp_begin", batch, size, pairs, source, z, length, size, pairs);
        z = Transform(z, null, null, batch, size, pairs, like);
        Launch(z, "chirp_multiply", batch, size, pairs, z, filter, size, pairs);
        z = Transform(z, null, null, batch, size, pairs, like);
        var x = Complex(batch, length, pairs, like);
        Launch(z, "chirp_end", batch, length, pairs, z, x, length, size, pairs);
        return to is null ? x : Passes(x, null, to, batch, length, pairs, like, [1]);
    }

    private static Tensor Passes(Tensor? source, RealColumns? from, RealColumns? to, long batch, long length, long pairs, Tensor like, int[] factors)
    {
        var (x, done) = (source, 1L);
        for (var i = 0; i < factors.Length; i++)
        {
            var (first, last) = (i == 0 ? from : null, i == factors.Length - 1 ? to : null);
            var y = last is null ? Complex(batch, length, pairs, like) : null;
            var columns = first ?? last;
            var element = columns?.Tensor.DType ?? like.DType.Accurate();
            var kernel = CudaKernel.For(like.Device, element, "FftPass", "fft_pass", Define("RADIX", factors[i]), first is null ? "FROM_REAL=0" : "FROM_REAL=1", last is null ? "TO_REAL=0" : "TO_REAL=1");
            kernel.Launch(
                GridOf(length / factors[i], pairs, batch), Threads, first?.Tensor ?? x, last?.Tensor ?? y, length, done, pairs,
                columns?.Rows ?? 0, columns?.Columns ?? 0, columns?.BatchStride ?? 0, columns?.RowStride ?? 0, columns?.ColumnStride ?? 0);
            if (i > 0) x!.Dispose();
            x = y;
            done *= factors[i];
        }

        return x!;
    }

    /// <summary>The length's factors, or null where one is too large.</summary>
    private static int[]? Factors(long length)
    {
        var factors = new List<int>();
        foreach (var radix in Radices)
        {
            for (; length % radix == 0; length /= radix) factors.Add(radix);
        }

        if (length != 1) return null;
        return factors.Count == 0 ? [1] : [.. factors];
    }

    private static string Define(string name, int value) => string.Create(CultureInfo.InvariantCulture, $"{name}={value}");
}

/// <summary>Where real columns lie: element (b, l, d) at b·batch + l·row + d·column; rows from <paramref name="Rows"/> on are zero, or not written.</summary>
internal sealed record RealColumns(Tensor Tensor, long Rows, long Columns, long BatchStride, long RowStride, long ColumnStride)
{
    /// <summary>Those of (B, L, D).</summary>
    public static RealColumns Of(Tensor x) => new(x, x.Shape[1], x.Shape[2], x.Shape[1] * x.Shape[2], x.Shape[2], 1);

    /// <summary>Those of (D, L), up to a length.</summary>
    public static RealColumns OfRows(Tensor kernel, long length) => new(kernel, Math.Min(length, kernel.Shape[1]), kernel.Shape[0], 0, 1, kernel.Shape[1]);
}
