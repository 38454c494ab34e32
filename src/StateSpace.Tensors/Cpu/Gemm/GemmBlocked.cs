using System.Numerics;
using System.Runtime.CompilerServices;

namespace StateSpace.Tensors.Cpu.Gemm;

/// <summary>
/// The multiply of matrices that are large both ways. It goes in passes over the depth, the rows and the columns; a pass packs
/// the operands that several tasks share, then runs the tasks, which are blocks of C.
/// </summary>
internal static unsafe class GemmBlocked<T, TTile>
    where T : unmanaged, INumberBase<T>
    where TTile : ITile<T>
{
    public static void Multiply(in GemmProblem<T> problem)
    {
        var pass = new Pass { Problem = problem, Blocking = GemmBlocking.For<T, TTile>(problem) };
        ref var blocking = ref pass.Blocking;
        if (blocking.IsOneTask)
        {
            (pass.Rows, pass.Columns, pass.DepthEnd) = (problem.M, problem.N, problem.K);
            pass.ColumnTasks = 1;
            Compute(0, &pass);
            return;
        }

        for (var depth = 0; depth < problem.K; depth += blocking.PassDepth)
        {
            pass.DepthStart = depth;
            pass.DepthEnd = Math.Min(problem.K, depth + blocking.PassDepth);
            for (var row = 0; row < problem.M; row += blocking.PassRows)
            {
                pass.RowStart = row;
                pass.Rows = Math.Min(blocking.PassRows, problem.M - row);
                for (var column = 0; column < problem.N; column += blocking.PassColumns)
                {
                    pass.ColumnStart = column;
                    pass.Columns = Math.Min(blocking.PassColumns, problem.N - column);
                    Run(ref pass);
                }
            }
        }
    }

    private static void Run(ref Pass pass)
    {
        ref var blocking = ref pass.Blocking;
        var depth = pass.DepthEnd - pass.DepthStart;
        var chunks = Parts(depth, blocking.ChunkDepth);
        pass.RowTasks = Parts(pass.Rows, blocking.TaskRows);
        pass.ColumnTasks = Parts(pass.Columns, blocking.TaskColumns);
        pass.PackOfA = new PackTasks(!pass.Problem.TransposeA, pass.Rows, 8 * TTile.Rows, blocking.ChunkDepth);
        pass.PackOfB = new PackTasks(pass.Problem.TransposeB, pass.Columns, 2 * TTile.Columns, blocking.ChunkDepth);

        var sizeA = blocking.ShareA ? (long)PaddedRows(pass.Rows) * depth : 0;
        var sizeB = blocking.ShareB ? (long)PaddedColumns(pass.Columns) * depth : 0;
        var shared = GemmScratch.Shared<T>(sizeA + sizeB);
        pass.SharedA = blocking.ShareA ? shared : null;
        pass.SharedB = blocking.ShareB ? shared + sizeA : null;

        // The packed rows stay valid while the columns advance.
        pass.PackTasksOfA = blocking.ShareA && pass.ColumnStart == 0 ? chunks * pass.PackOfA.PerChunk : 0;
        var packTasksOfB = blocking.ShareB ? chunks * pass.PackOfB.PerChunk : 0;
        fixed (Pass* state = &pass)
        {
            CpuTeam.For(pass.PackTasksOfA + packTasksOfB, &PackShared, state);
            CpuTeam.For(pass.RowTasks * pass.ColumnTasks, &Compute, state);
        }
    }

    private static void PackShared(int task, void* state)
    {
        ref var pass = ref *(Pass*)state;
        ref var problem = ref pass.Problem;
        var isA = task < pass.PackTasksOfA;
        if (!isA) task -= pass.PackTasksOfA;
        ref var pack = ref isA ? ref pass.PackOfA : ref pass.PackOfB;
        var depth = pass.DepthStart + (task / pack.PerChunk * pass.Blocking.ChunkDepth);
        var count = Math.Min(pass.Blocking.ChunkDepth, pass.DepthEnd - depth);
        task %= pack.PerChunk;
        var start = task / pack.Groups * pack.Steps;
        var steps = Math.Min(pack.Steps, count - start);
        if (steps <= 0) return;
        var line = task % pack.Groups * pack.Lines;
        if (isA) PackA(problem, pass.RowStart + line, Math.Min(pack.Lines, pass.Rows - line), depth, count, pass.PanelsOfA(depth, line), start, steps);
        else PackB(problem, pass.ColumnStart + line, Math.Min(pack.Lines, pass.Columns - line), depth, count, pass.PanelsOfB(depth, line), start, steps);
    }

    /// <summary>Packs <paramref name="steps"/> steps from <paramref name="start"/> of a chunk of <paramref name="count"/> steps.</summary>
    private static void PackA(in GemmProblem<T> problem, int row, int rows, int depth, int count, T* panels, int start, int steps) =>
        GemmPacking<T>.Pack(
            !problem.TransposeA, problem.AtA(row, depth + start), problem.Lda, rows, steps, panels, count, TTile.Rows, PaddedRows(rows % TTile.Rows), start);

    private static void PackB(in GemmProblem<T> problem, int column, int columns, int depth, int count, T* panels, int start, int steps) =>
        GemmPacking<T>.Pack(
            problem.TransposeB, problem.AtB(depth + start, column), problem.Ldb, columns, steps, panels, count, TTile.Columns,
            PaddedColumns(columns % TTile.Columns), start);

    /// <summary>One block of C: for each chunk of the depth, every tile of the block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compute(int task, void* state)
    {
        ref var pass = ref *(Pass*)state;
        ref var problem = ref pass.Problem;
        ref var blocking = ref pass.Blocking;
        var row = task / pass.ColumnTasks * blocking.TaskRows;
        var column = task % pass.ColumnTasks * blocking.TaskColumns;
        Block block = default;
        block.Rows = Math.Min(blocking.TaskRows, pass.Rows - row);
        block.Columns = Math.Min(blocking.TaskColumns, pass.Columns - column);
        block.RowsInPlace = blocking.DirectA ? block.Rows / TTile.RowStep * TTile.RowStep : 0;
        block.ColumnsInPlace = blocking.DirectB ? block.Columns / (TTile.Columns / 2) * (TTile.Columns / 2) : 0;

        var ownA = blocking.ShareA ? 0 : (long)PaddedRows(block.Rows) * blocking.ChunkDepth;
        var ownB = blocking.ShareB ? 0 : (long)PaddedColumns(block.Columns) * blocking.ChunkDepth;
        var own = GemmScratch.Private<T>(ownA + ownB);
        for (var depth = pass.DepthStart; depth < pass.DepthEnd; depth += blocking.ChunkDepth)
        {
            block.Depth = Math.Min(blocking.ChunkDepth, pass.DepthEnd - depth);
            block.Accumulate = problem.Accumulate || depth > 0;
            block.A = problem.AtA(pass.RowStart + row, depth);
            block.B = problem.AtB(depth, pass.ColumnStart + column);
            block.C = problem.AtC(pass.RowStart + row, pass.ColumnStart + column);
            if (blocking.ShareA)
            {
                block.PanelsOfA = pass.PanelsOfA(depth, row);
            }
            else
            {
                block.PanelsOfA = own;
                var packed = block.RowsInPlace / TTile.Rows * TTile.Rows;
                if (block.RowsInPlace < block.Rows)
                    PackA(problem, pass.RowStart + row + packed, block.Rows - packed, depth, block.Depth, own + ((nint)packed * block.Depth), 0, block.Depth);
            }

            if (blocking.ShareB)
            {
                block.PanelsOfB = pass.PanelsOfB(depth, column);
                var nextDepth = depth + block.Depth;
                block.NextPanelsOfB = nextDepth < pass.DepthEnd ? pass.PanelsOfB(nextDepth, column) : null;
            }
            else
            {
                block.PanelsOfB = own + ownA;
                var packed = block.ColumnsInPlace / TTile.Columns * TTile.Columns;
                if (block.ColumnsInPlace < block.Columns)
                    PackB(problem, pass.ColumnStart + column + packed, block.Columns - packed, depth, block.Depth, own + ownA + ((nint)packed * block.Depth), 0, block.Depth);
            }

            Multiply(problem, block, blocking.ShareA);
        }
    }

    /// <summary>Every tile of a block, by strips of rows: a strip of A stays in L1, the columns of B stream from L2.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply(in GemmProblem<T> problem, in Block block, bool fetchRows)
    {
        var edge = stackalloc T[TTile.Rows * TTile.Columns];
        var (rowStride, depthStride) = problem.TransposeA ? ((nint)1, problem.Lda) : (problem.Lda, (nint)1);
        var tilesPerStrip = Parts(block.Columns, TTile.Columns);
        var tiles = Parts(block.Rows, TTile.Rows) * tilesPerStrip;
        var aheadOfA = Parts(TTile.Rows * block.Depth * sizeof(T), tilesPerStrip);
        var aheadOfB = Parts(block.Columns * block.Depth * sizeof(T), tiles);
        var nextB = (byte*)block.NextPanelsOfB;
        TileRun<T> run = default;
        run.Depth = block.Depth;
        for (var row = 0; row < block.Rows; row += TTile.Rows)
        {
            var rows = Math.Min(TTile.Rows, block.Rows - row);
            var paddedRows = PaddedRows(rows);
            var panel = block.PanelsOfA + ((nint)row * block.Depth);
            var inPlace = row + rows <= block.RowsInPlace;
            run.A = inPlace ? block.A + (row * rowStride) : panel;
            run.RowStrideOfA = inPlace ? rowStride : 1;
            run.DepthStrideOfA = inPlace ? depthStride : paddedRows;
            var nextA = fetchRows && row + TTile.Rows < block.Rows ? (byte*)(panel + (TTile.Rows * block.Depth)) : null;
            for (var column = 0; column < block.Columns; column += TTile.Columns)
            {
                var columns = Math.Min(TTile.Columns, block.Columns - column);
                var paddedColumns = PaddedColumns(columns);
                inPlace = column + columns <= block.ColumnsInPlace;
                run.B = inPlace ? block.B + column : block.PanelsOfB + ((nint)column * block.Depth);
                run.DepthStrideOfB = inPlace ? problem.Ldb : paddedColumns;
                run.NextA = nextA is null ? (byte*)run.A : nextA;
                run.NextB = nextB is null ? (byte*)run.A : nextB;
                var c = block.C + (row * problem.Ldc) + column;
                var whole = rows == paddedRows && columns == paddedColumns;
                run.C = whole ? c : edge;
                run.RowStrideOfC = whole ? problem.Ldc : TTile.Columns;
                run.Accumulate = whole && block.Accumulate;
                TTile.Run(paddedRows, paddedColumns, &run);
                if (!whole) CopyEdge(edge, rows, columns, c, problem.Ldc, block.Accumulate);
                if (nextA is not null) nextA += aheadOfA;
                if (nextB is not null) nextB += aheadOfB;
            }
        }
    }

    private static void CopyEdge(T* edge, int rows, int columns, T* c, nint ldc, bool accumulate)
    {
        for (var row = 0; row < rows; row++, edge += TTile.Columns, c += ldc)
        {
            if (accumulate)
            {
                for (var column = 0; column < columns; column++) c[column] += edge[column];
            }
            else
            {
                for (var column = 0; column < columns; column++) c[column] = edge[column];
            }
        }
    }

    private static int Parts(int length, int part) => (length + part - 1) / part;

    private static int PaddedRows(int rows) => Parts(rows, TTile.RowStep) * TTile.RowStep;

    private static int PaddedColumns(int columns) => Parts(columns, TTile.Columns / 2) * (TTile.Columns / 2);

    /// <summary>One chunk of the depth of one task.</summary>
    private struct Block
    {
        public int Rows;
        public int Columns;
        public int Depth;
        public bool Accumulate;

        /// <summary>Leading rows that are read as they lie in memory, from <see cref="A"/>; the others from panels.</summary>
        public int RowsInPlace;
        public int ColumnsInPlace;
        public T* A;
        public T* B;
        public T* C;
        public T* PanelsOfA;
        public T* PanelsOfB;

        /// <summary>The panels of the next chunk, if they are packed already.</summary>
        public T* NextPanelsOfB;
    }

    /// <summary>
    /// How a shared operand is cut for packing: where lines are contiguous, into groups of whole lines; else into groups of steps,
    /// which are long rows in memory (the processor fetches ahead within a row, not from row to row).
    /// </summary>
    private readonly struct PackTasks
    {
        public readonly int Lines;
        public readonly int Steps;
        public readonly int Groups;
        public readonly int PerChunk;

        public PackTasks(bool alongDepth, int lines, int linesPerTask, int chunkDepth)
        {
            (Lines, Steps) = alongDepth ? (linesPerTask, chunkDepth) : (lines, 32);
            Groups = Parts(lines, Lines);
            PerChunk = Groups * Parts(chunkDepth, Steps);
        }
    }

    private struct Pass
    {
        public GemmProblem<T> Problem;
        public GemmBlocking Blocking;
        public int RowStart;
        public int Rows;
        public int ColumnStart;
        public int Columns;
        public int DepthStart;
        public int DepthEnd;
        public int RowTasks;
        public int ColumnTasks;
        public PackTasks PackOfA;
        public PackTasks PackOfB;
        public int PackTasksOfA;
        public T* SharedA;
        public T* SharedB;

        /// <summary>Panels of the chunk at <paramref name="depth"/>, from a row of the pass that starts a tile.</summary>
        public readonly T* PanelsOfA(int depth, int row) =>
            SharedA + ((nint)PaddedRows(Rows) * (depth - DepthStart)) + ((nint)row * Math.Min(Blocking.ChunkDepth, DepthEnd - depth));

        /// <summary>Panels of the chunk at <paramref name="depth"/>, from a column of the pass that starts a tile.</summary>
        public readonly T* PanelsOfB(int depth, int column) =>
            SharedB + ((nint)PaddedColumns(Columns) * (depth - DepthStart)) + ((nint)column * Math.Min(Blocking.ChunkDepth, DepthEnd - depth));
    }
}
