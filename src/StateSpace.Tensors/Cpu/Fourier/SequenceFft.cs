using System.Numerics;
using System.Runtime.InteropServices;

namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>
/// Discrete Fourier transforms of single contiguous sequences, in the conventions of <see cref="ColumnFft"/>. A long sequence
/// of n = n₁n₂ is transformed as an (n₁, n₂) matrix (four steps: columns, twiddle factors, transpose, columns), so that vectors
/// are full; short ones and those with a prime above 13 run as one column. For many sequences prefer the layout of <see cref="ColumnFft"/>.
/// </summary>
internal static unsafe class SequenceFft
{
    private const int ShortestForFourSteps = 256;

    /// <summary>y = DFT x, n elements in split parts; y may be x.</summary>
    public static void Forward<T>(T* xRe, T* xIm, T* yRe, T* yIm, int n)
        where T : unmanaged, INumber<T> => Complex(xRe, xIm, yRe, yIm, n, T.One);

    /// <summary>y = DFT⁻¹ x, n elements in split parts; y may be x.</summary>
    public static void Inverse<T>(T* xRe, T* xIm, T* yRe, T* yIm, int n)
        where T : unmanaged, INumber<T> => Complex(xIm, xRe, yIm, yRe, n, T.One / T.CreateChecked(n));

    /// <summary>y = rfft(x): n real elements to n/2 + 1 in split parts.</summary>
    public static void RealForward<T>(T* x, T* yRe, T* yIm, int n)
        where T : unmanaged, INumber<T>
    {
        if (n % 2 != 0 || n / 2 < ShortestForFourSteps)
        {
            ColumnFft.RealForward(x, yRe, yIm, 1, n, n, 1);
            return;
        }

        var m = n / 2;
        var tables = FftPlans<T>.GetReal(n);
        var half = T.One / (T.One + T.One);
        for (var j = 0; j < m; j++)
        {
            yRe[j] = x[2 * j];
            yIm[j] = x[(2 * j) + 1];
        }

        Complex(yRe, yIm, yRe, yIm, m, T.One);
        var (zr, zi) = (yRe[0], yIm[0]);
        (yRe[0], yIm[0], yRe[m], yIm[m]) = (zr + zi, T.Zero, zr - zi, T.Zero);
        for (var k = 1; k < m - k; k++)
        {
            var (wr, wi) = tables.Root(k);
            var (er, ei) = ((yRe[k] + yRe[m - k]) * half, (yIm[k] - yIm[m - k]) * half);
            var (or, oi) = ((yIm[k] + yIm[m - k]) * half, (yRe[m - k] - yRe[k]) * half);
            var (tr, ti) = ((or * wr) - (oi * wi), (or * wi) + (oi * wr));
            (yRe[k], yIm[k], yRe[m - k], yIm[m - k]) = (er + tr, ei + ti, er - tr, ti - ei);
        }

        if (m % 2 == 0) yIm[m / 2] = -yIm[m / 2];
    }

    /// <summary>
    /// y = irfft(x, n): n/2 + 1 elements in split parts to n real ones; the imaginary parts of x_0 and (n even) x_(n/2) are ignored.
    /// </summary>
    public static void RealInverse<T>(T* xRe, T* xIm, T* y, int n)
        where T : unmanaged, INumber<T>
    {
        if (n % 2 != 0 || n / 2 < ShortestForFourSteps)
        {
            ColumnFft.RealInverse(xRe, xIm, y, 1, n, n, 1);
            return;
        }

        var m = n / 2;
        var tables = FftPlans<T>.GetReal(n);
        var half = T.One / (T.One + T.One);
        var zr = (T*)NativeMemory.AlignedAlloc((nuint)(2L * m * sizeof(T)), 64);
        try
        {
            var zi = zr + m;
            (zr[0], zi[0]) = ((xRe[0] + xRe[m]) * half, (xRe[0] - xRe[m]) * half);
            for (var k = 1; k < m - k; k++)
            {
                var (wr, wi) = tables.Root(k);
                var (er, ei) = ((xRe[k] + xRe[m - k]) * half, (xIm[k] - xIm[m - k]) * half);
                var (dr, di) = ((xRe[k] - xRe[m - k]) * half, (xIm[k] + xIm[m - k]) * half);
                var (or, oi) = ((dr * wr) + (di * wi), (di * wr) - (dr * wi));
                (zr[k], zi[k], zr[m - k], zi[m - k]) = (er - oi, ei + or, er + oi, or - ei);
            }

            if (m % 2 == 0) (zr[m / 2], zi[m / 2]) = (xRe[m / 2], -xIm[m / 2]);
            Complex(zi, zr, zi, zr, m, T.One / T.CreateChecked(m));
            for (var j = 0; j < m; j++)
            {
                y[2 * j] = zr[j];
                y[(2 * j) + 1] = zi[j];
            }
        }
        finally
        {
            NativeMemory.AlignedFree(zr);
        }
    }

    private static void Complex<T>(T* xRe, T* xIm, T* yRe, T* yIm, int n, T scale)
        where T : unmanaged, INumber<T>
    {
        if (n < ShortestForFourSteps || FftLength.Radices(n) is null)
        {
            ColumnFft.Complex(xRe, xIm, yRe, yIm, 1, n, 1, scale);
            return;
        }

        var tables = FftPlans<T>.GetFourStep(n);
        var (rows, columns) = (tables.Rows, tables.Columns);
        var work = (T*)NativeMemory.AlignedAlloc((nuint)(4L * n * sizeof(T)), 64);
        try
        {
            ColumnFft.Complex(xRe, xIm, work, work + n, 1, rows, columns, T.One);
            tables.TwiddleAndTranspose(work, work + n, work + (2L * n), work + (3L * n));
            ColumnFft.Complex(work + (2L * n), work + (3L * n), yRe, yIm, 1, columns, rows, scale);
        }
        finally
        {
            NativeMemory.AlignedFree(work);
        }
    }
}
