using System.Runtime.CompilerServices;

namespace StateSpace.Tensors.Cpu.Gemm;

/// <summary>One multiply: op(A) is (M, K), op(B) is (K, N), C is (M, N); matrices are row-major with row strides.</summary>
internal unsafe struct GemmProblem<T>
    where T : unmanaged
{
    public bool TransposeA;
    public bool TransposeB;
    public int M;
    public int N;
    public int K;
    public T* A;
    public nint Lda;
    public T* B;
    public nint Ldb;
    public T* C;
    public nint Ldc;
    public bool Accumulate;

    /// <summary>Element (row, depth) of op(A).</summary>
    public readonly T* AtA(nint row, nint depth) => TransposeA ? A + (depth * Lda) + row : A + (row * Lda) + depth;

    /// <summary>Element (depth, column) of op(B).</summary>
    public readonly T* AtB(nint depth, nint column) => TransposeB ? B + (column * Ldb) + depth : B + (depth * Ldb) + column;
}

internal static unsafe class GemmBlocked<T, TTile>
    where T : unmanaged
    where TTile : ITile<T>
{
    public static int KC = 384, NB = 128, MB = 1024;
    private struct Pass
    {
        public GemmProblem<T> Problem;
        public T* PackedA;
        public int RowStart, RowCount, RowBlock, RowBlocks, ColumnBlock, ColumnBlocks, PackStrips;
        public int ChunkDepth;
        public int PaddedRows;
    }

    public static void Multiply(in GemmProblem<T> problem)
    {
        var chunks = (problem.K + KC - 1) / KC;
        var pass = new Pass { Problem = problem };
        pass.ChunkDepth = ((problem.K + chunks - 1) / chunks + 15) / 16 * 16;
        pass.ColumnBlock = NB;
        pass.ColumnBlocks = (problem.N + NB - 1) / NB;
        for (var row = 0; row < problem.M; row += MB)
        {
            pass.RowStart = row;
            pass.RowCount = Math.Min(MB, problem.M - row);
            pass.PaddedRows = Pad(pass.RowCount, TTile.RowStep);
            pass.PackedA = GemmScratch.Shared<T>((long)pass.PaddedRows * problem.K);
            var strips = (pass.RowCount + TTile.Rows - 1) / TTile.Rows;
            pass.PackStrips = Math.Max(1, Math.Min(8, strips / 8));
            pass.RowBlock = pass.RowCount;
            pass.RowBlocks = 1;
            CpuTeam.For((strips + pass.PackStrips - 1) / pass.PackStrips, &PackA, &pass);
            CpuTeam.For(pass.ColumnBlocks * pass.RowBlocks, &Compute, &pass);
        }
    }

    private static int Pad(int x, int step) => (x + step - 1) / step * step;

    private static void PackA(int task, void* state)
    {
        var pass = (Pass*)state;
        ref var problem = ref pass->Problem;
        var end = Math.Min(pass->RowCount, (task + 1) * pass->PackStrips * TTile.Rows);
        for (var depth = 0; depth < problem.K; depth += pass->ChunkDepth)
        {
            var count = Math.Min(pass->ChunkDepth, problem.K - depth);
            for (var row = task * pass->PackStrips * TTile.Rows; row < end; row += TTile.Rows)
            {
                var rows = Math.Min(TTile.Rows, pass->RowCount - row);
                GemmPacking<T>.Pack(!problem.TransposeA, problem.AtA(pass->RowStart + row, depth), problem.Lda, rows, count,
                    pass->PackedA + ((long)pass->PaddedRows * depth) + ((long)row * count), Pad(rows, TTile.RowStep));
            }
        }
    }

    [SkipLocalsInit]
    private static void Compute(int task, void* state)
    {
        var pass = (Pass*)state;
        ref var problem = ref pass->Problem;
        var columnStart = task % pass->ColumnBlocks * pass->ColumnBlock;
        var columns = Math.Min(pass->ColumnBlock, problem.N - columnStart);
        var edge = stackalloc T[TTile.Rows * TTile.Columns];
        var packedB = GemmScratch.Private<T>((long)Pad(columns, TTile.Columns) * pass->ChunkDepth);
        for (var depth = 0; depth < problem.K; depth += pass->ChunkDepth)
        {
            var count = Math.Min(pass->ChunkDepth, problem.K - depth);
            for (var column = 0; column < columns; column += TTile.Columns)
            {
                GemmPacking<T>.Pack(problem.TransposeB, problem.AtB(depth, columnStart + column), problem.Ldb, Math.Min(TTile.Columns, columns - column), count,
                    packedB + ((long)column * count), TTile.Columns);
            }

            var accumulate = problem.Accumulate || depth > 0;
            for (var row = 0; row < pass->RowCount; row += TTile.Rows)
            {
                var rows = Math.Min(TTile.Rows, pass->RowCount - row);
                var padded = Pad(rows, TTile.RowStep);
                var a = pass->PackedA + ((long)pass->PaddedRows * depth) + ((long)row * count);
                for (var column = 0; column < columns; column += TTile.Columns)
                {
                    var b = packedB + ((long)column * count);
                    var c = problem.C + ((pass->RowStart + row) * problem.Ldc) + columnStart + column;
                    if (rows == padded && column + TTile.Columns <= columns)
                    {
                        TTile.Run(rows, count, a, b, c, problem.Ldc, accumulate);
                    }
                    else
                    {
                        TTile.Run(padded, count, a, b, edge, TTile.Columns, accumulate: false);
                        Merge(edge, rows, Math.Min(TTile.Columns, columns - column), c, problem.Ldc, accumulate);
                    }
                }
            }
        }
    }

    private static void Merge(T* tile, int rows, int columns, T* c, nint ldc, bool accumulate)
    {
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                ref var target = ref c[(row * ldc) + column];
                var value = tile[(row * TTile.Columns) + column];
                if (!accumulate) target = value;
                else if (typeof(T) == typeof(float)) target = (T)(object)((float)(object)target + (float)(object)value);
                else target = (T)(object)((double)(object)target + (double)(object)value);
            }
        }
    }
}
