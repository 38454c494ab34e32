using System.Numerics;

namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>
/// Discrete Fourier transforms along L of data (B, L, D), contiguous in D: the layout of activations, so that lanes go over channels.
/// numpy's conventions: y_k = Σ_j x_j e^(−2πijk/n), inverse with 1/n; a real transform of length n has n/2 + 1 (rounded down) rows.
/// A column's bits do not depend on its neighbours, on D, on B or on the threads.
/// </summary>
internal static unsafe class ColumnFft
{
    /// <summary>y = DFT x, both (batch, n, columns) in split parts; y may be x.</summary>
    public static void Forward<T>(T* xRe, T* xIm, T* yRe, T* yIm, int batch, int n, int columns)
        where T : unmanaged, INumber<T> => Complex(xRe, xIm, yRe, yIm, batch, n, columns, T.One);

    /// <summary>y = DFT⁻¹ x, both (batch, n, columns) in split parts; y may be x.</summary>
    public static void Inverse<T>(T* xRe, T* xIm, T* yRe, T* yIm, int batch, int n, int columns)
        where T : unmanaged, INumber<T> => Complex(xIm, xRe, yIm, yRe, batch, n, columns, T.One / T.CreateChecked(n));

    /// <summary>y = scale · DFT x, both (batch, n, columns) in split parts; y may be x.</summary>
    public static void Complex<T>(T* xRe, T* xIm, T* yRe, T* yIm, int batch, int n, int columns, T scale)
        where T : unmanaged, INumber<T>
    {
        var plan = FftPlans<T>.Get(n);
        ColumnBlocks.Run<T>(batch, n, columns, (4L * n) + plan.WorkRows, (block, work) =>
        {
            var offset = (block.Batch * n * (long)columns) + block.Column;
            var x = block.Read(new(xRe + offset, xIm + offset, columns), n, n, ref work);
            var y = block.BeginWrite(new(yRe + offset, yIm + offset, columns), n, n, ref work);
            plan.Run(x, y, block.Vectors, work, scale);
            block.EndWrite(y, new(yRe + offset, yIm + offset, columns), n);
        });
    }

    /// <summary>y = rfft(x, n): x (batch, rows, columns) real, rows ≤ n, read as zero from row rows on; y (batch, n/2 + 1, columns).</summary>
    public static void RealForward<T>(T* x, T* yRe, T* yIm, int batch, int n, int rows, int columns)
        where T : unmanaged, INumber<T> => RealForward(x, yRe, yIm, batch, n, rows, columns, T.One, T.One);

    /// <summary>y = irfft(x, n), its first rows: x (batch, n/2 + 1, columns), y (batch, rows, columns) real, rows ≤ n.</summary>
    public static void RealInverse<T>(T* xRe, T* xIm, T* y, int batch, int n, int rows, int columns)
        where T : unmanaged, INumber<T> => RealInverse(xRe, xIm, y, batch, n, rows, columns, T.One, T.One / T.CreateChecked(n));

    /// <summary>
    /// The gradient of <see cref="RealForward{T}(T*, T*, T*, int, int, int, int)"/>: from that of its result, g (batch, n/2 + 1, columns),
    /// to that of x (batch, rows, columns).
    /// </summary>
    public static void RealForwardAdjoint<T>(T* gRe, T* gIm, T* x, int batch, int n, int rows, int columns)
        where T : unmanaged, INumber<T> => RealInverse(gRe, gIm, x, batch, n, rows, columns, T.One / T.CreateChecked(2), T.One);

    /// <summary>
    /// The gradient of <see cref="RealInverse{T}(T*, T*, T*, int, int, int, int)"/>: from that of its result, g (batch, rows, columns),
    /// to that of the spectrum, y (batch, n/2 + 1, columns).
    /// </summary>
    public static void RealInverseAdjoint<T>(T* g, T* yRe, T* yIm, int batch, int n, int rows, int columns)
        where T : unmanaged, INumber<T>
    {
        var edge = T.One / T.CreateChecked(n);
        RealForward(g, yRe, yIm, batch, n, rows, columns, edge, edge + edge);
    }

    private static void RealForward<T>(T* x, T* yRe, T* yIm, int batch, int n, int rows, int columns, T edge, T interior)
        where T : unmanaged, INumber<T>
    {
        CheckRows(n, rows);
        var tables = FftPlans<T>.GetReal(n);
        var plan = tables.Complex;
        var (half, bins) = (n / 2, (n / 2) + 1);
        ColumnBlocks.Run<T>(batch, n, columns, (4L * n) + (2L * bins) + plan.WorkRows, (block, work) =>
        {
            var source = x + (block.Batch * rows * (long)columns) + block.Column;
            var offset = (block.Batch * bins * (long)columns) + block.Column;
            var destination = new SplitRows<T>(yRe + offset, yIm + offset, columns);
            var y = block.BeginWrite(destination, bins, bins, ref work);
            if (n % 2 == 0)
            {
                // Even and odd rows are the real and imaginary parts: two rows further is the next one.
                var pairs = block.ReadPairs(source, columns, rows, half, ref work);
                var z = block.Scratch(half, ref work);
                plan.Run(pairs, z, block.Vectors, work, T.One);
                tables.Unpack(z, y, block.Width, edge, interior);
            }
            else
            {
                var real = block.ReadReal(source, columns, rows, n, ref work);
                plan.Run(real, real, block.Vectors, work, T.One);
                block.CopyScaled(real, y, 0, 1, edge);
                block.CopyScaled(real, y, 1, bins, interior);
            }

            block.EndWrite(y, destination, bins);
        });
    }

    private static void RealInverse<T>(T* xRe, T* xIm, T* y, int batch, int n, int rows, int columns, T interior, T scale)
        where T : unmanaged, INumber<T>
    {
        CheckRows(n, rows);
        var tables = FftPlans<T>.GetReal(n);
        var plan = tables.Complex;
        var (half, bins) = (n / 2, (n / 2) + 1);
        ColumnBlocks.Run<T>(batch, n, columns, (4L * n) + (2L * bins) + plan.WorkRows, (block, work) =>
        {
            var offset = (block.Batch * bins * (long)columns) + block.Column;
            var x = block.Read(new(xRe + offset, xIm + offset, columns), bins, bins, ref work);
            var destination = y + (block.Batch * rows * (long)columns) + block.Column;
            if (n % 2 == 0)
            {
                var z = block.Scratch(half, ref work);
                tables.Pack(x, z, block.Width, T.One, interior);
                var pairs = block.BeginWritePairs(destination, columns, rows, half, ref work);
                plan.Run(z.Swapped, pairs.Swapped, block.Vectors, work, scale + scale);
                block.EndWritePairs(pairs, destination, columns, rows);
            }
            else
            {
                var z = block.Scratch(n, ref work);
                block.ExtendHermitian(x, z, n, interior);
                plan.Run(z.Swapped, z.Swapped, block.Vectors, work, scale);
                block.WriteReal(z, destination, columns, rows);
            }
        });
    }

    private static void CheckRows(int n, int rows)
    {
        if (rows < 0 || rows > n)
            throw new ArgumentOutOfRangeException(nameof(rows), $"A real transform of length {n} cannot use {rows} rows; give 0 … {n}.");
    }
}
