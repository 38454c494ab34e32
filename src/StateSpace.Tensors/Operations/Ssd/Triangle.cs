using System.Numerics;
using StateSpace.Tensors.Cpu.Gemm;

namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>
/// Products with a lower triangular (Q, Q) matrix W, by strips of rows that end at the diagonal: little more than half of a full product. In a
/// row t, elements up to <see cref="End"/> are read, which must be zero behind the diagonal, and none after.
/// </summary>
internal static unsafe class Triangle
{
    /// <summary>Two tiles of the matrix multiply.</summary>
    private const int Strip = 24;

    /// <summary>Where the strip of row t ends.</summary>
    public static int End(int t, int steps) => Math.Min(steps, ((t / Strip) + 1) * Strip);

    /// <summary>Y (+)= W·X, with X (Q, columns).</summary>
    public static void Multiply<T>(ChunkMatrix<T> w, int steps, T* x, long strideOfX, T* y, long strideOfY, int columns, bool accumulate)
        where T : unmanaged, INumberBase<T>
    {
        for (var row = 0; row < steps; row += Strip)
        {
            var end = End(row, steps);
            Gemm.Multiply(false, false, end - row, columns, end, w.Row(row), w.Stride, x, strideOfX, y + (row * strideOfY), strideOfY, accumulate);
        }
    }

    /// <summary>Y (+)= Wᵀ·X, with X (Q, columns).</summary>
    public static void MultiplyTransposed<T>(ChunkMatrix<T> w, int steps, T* x, long strideOfX, T* y, long strideOfY, int columns, bool accumulate)
        where T : unmanaged, INumberBase<T>
    {
        for (var row = 0; row < steps; row += Strip)
        {
            var rows = End(row, steps) - row;
            Gemm.Multiply(
                true, false, rows, columns, steps - row, w.Row(row) + row, w.Stride, x + (row * strideOfX), strideOfX, y + (row * strideOfY), strideOfY, accumulate);
        }
    }

    /// <summary>W = X·Yᵀ up to the ends of the strips, with X and Y (Q, columns).</summary>
    public static void Outer<T>(T* x, long strideOfX, T* y, long strideOfY, int columns, ChunkMatrix<T> w, int steps)
        where T : unmanaged, INumberBase<T>
    {
        for (var row = 0; row < steps; row += Strip)
        {
            var end = End(row, steps);
            Gemm.Multiply(false, true, end - row, end, columns, x + (row * strideOfX), strideOfX, y, strideOfY, w.Row(row), w.Stride, accumulate: false);
        }
    }
}
