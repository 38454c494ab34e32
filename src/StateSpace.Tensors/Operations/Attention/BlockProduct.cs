using StateSpace.Tensors.Cpu.Gemm;

namespace StateSpace.Tensors.Operations.Attention;

/// <summary>Products of blocks that lie in the cache, by the micro-kernel of the matrix multiply, on the calling thread.</summary>
internal static unsafe class BlockProduct<T, TTile>
    where T : unmanaged
    where TTile : ITile<T>
{
    /// <summary>Rows of a strip of C that <see cref="Run"/> handles at a time; callers that skip parts do so strip by strip.</summary>
    public static int StripRows => TTile.Rows;

    /// <summary>C = A·B, or C += A·B.</summary>
    /// <param name="a">A's first element.</param>
    /// <param name="rowStride">Elements from one row of A to the next.</param>
    /// <param name="depthStride">Elements from one step of A's depth to the next.</param>
    /// <param name="b">B, (depth, columns).</param>
    /// <param name="strideB">Elements from one row of B to the next.</param>
    /// <param name="c">C, (rows, columns).</param>
    /// <param name="strideC">Elements from one row of C to the next.</param>
    /// <param name="rows">Rows, rounded up to a multiple of the micro-kernel's row step: A and C must have as many.</param>
    /// <param name="columns">Columns, a multiple of the lanes of 512 bits.</param>
    /// <param name="depth">Products per element.</param>
    /// <param name="accumulate">Whether the product is added to C.</param>
    public static void Run(T* a, nint rowStride, nint depthStride, T* b, nint strideB, T* c, nint strideC, int rows, int columns, int depth, bool accumulate)
    {
        TileRun<T> run = default;
        (run.Depth, run.Accumulate) = (depth, accumulate);
        (run.RowStrideOfA, run.DepthStrideOfA, run.DepthStrideOfB, run.RowStrideOfC) = (rowStride, depthStride, strideB, strideC);
        for (var row = 0; row < rows; row += TTile.Rows)
        {
            var height = Math.Min(TTile.Rows, RoundUp(rows - row));
            for (var column = 0; column < columns;)
            {
                var width = columns - column >= TTile.Columns ? TTile.Columns : TTile.Columns / 2;
                run.A = a + (row * rowStride);
                run.B = b + column;
                run.C = c + (row * strideC) + column;

                // Nothing later is far away.
                run.NextA = run.NextB = (byte*)run.A;
                TTile.Run(height, width, &run);
                column += width;
            }
        }
    }

    /// <summary>Rows as the micro-kernel computes them.</summary>
    public static int RoundUp(int rows) => (rows + TTile.RowStep - 1) / TTile.RowStep * TTile.RowStep;
}
