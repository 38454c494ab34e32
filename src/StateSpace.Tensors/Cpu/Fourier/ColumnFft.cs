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
        var transform = new ComplexTransform<T>(FftPlans<T>.Get(n), scale);
        var size = (long)n * columns;
        ColumnBlocks.Run(transform, new(xRe, xIm, columns, size, n, n), new(yRe, yIm, columns, size, n, n), batch, columns);
    }

    /// <summary>
    /// y = rfft(x, n): x (batch, rows, columns) real, rows ≤ n, read as zero from row rows on; y (batch, n/2 + 1, columns), apart from x.
    /// </summary>
    public static void RealForward<T>(T* x, T* yRe, T* yIm, int batch, int n, int rows, int columns)
        where T : unmanaged, INumber<T> => RealForward(x, yRe, yIm, batch, n, rows, columns, T.One, T.One);

    /// <summary>
    /// y = irfft(x, n), its first rows: x (batch, n/2 + 1, columns), y (batch, rows, columns) real, rows ≤ n, apart from x.
    /// </summary>
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
        var (source, transform) = n % 2 == 0
            ? (Pairs(x, n, rows, columns), (ColumnTransform<T>)new EvenRealForward<T>(FftPlans<T>.GetReal(n), edge, interior))
            : (Real(x, n, rows, columns), new OddRealForward<T>(FftPlans<T>.Get(n), edge, interior));
        ColumnBlocks.Run(transform, source, Spectrum(yRe, yIm, n, columns), batch, columns);
    }

    private static void RealInverse<T>(T* xRe, T* xIm, T* y, int batch, int n, int rows, int columns, T interior, T scale)
        where T : unmanaged, INumber<T>
    {
        var (sink, transform) = n % 2 == 0
            ? (Pairs(y, n, rows, columns), (ColumnTransform<T>)new EvenRealInverse<T>(FftPlans<T>.GetReal(n), interior, scale))
            : (Real(y, n, rows, columns), new OddRealInverse<T>(FftPlans<T>.Get(n), interior, scale));
        ColumnBlocks.Run(transform, Spectrum(xRe, xIm, n, columns), sink, batch, columns);
    }

    // Rows 2j are the real parts, rows 2j + 1 the imaginary parts.
    private static ColumnRows<T> Pairs<T>(T* x, int n, int rows, int columns)
        where T : unmanaged
    {
        CheckRows(n, rows);
        return new(x, x + columns, 2L * columns, (long)rows * columns, (rows + 1) / 2, rows / 2);
    }

    private static ColumnRows<T> Real<T>(T* x, int n, int rows, int columns)
        where T : unmanaged
    {
        CheckRows(n, rows);
        return new(x, x, columns, (long)rows * columns, rows, 0);
    }

    private static ColumnRows<T> Spectrum<T>(T* re, T* im, int n, int columns)
        where T : unmanaged
    {
        var bins = (n / 2) + 1;
        return new(re, im, columns, (long)bins * columns, bins, bins);
    }

    private static void CheckRows(int n, int rows)
    {
        if (n < 1 || rows < 0 || rows > n)
            throw new ArgumentOutOfRangeException(nameof(rows), $"A real transform of length {n} cannot use {rows} rows; give 0 … {n}.");
    }
}
