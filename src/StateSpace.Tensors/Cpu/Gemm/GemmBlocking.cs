namespace StateSpace.Tensors.Cpu.Gemm;

/// <summary>How one multiply is cut. Everything follows from the shape, the strides and the tile, nothing from the number of threads.</summary>
internal unsafe struct GemmBlocking
{
    /// <summary>
    /// Largest part of the multiply whose operands are packed together. It bounds the scratch memory (2048 rows by 4 chunks of 512
    /// floats are 17 MB, 1024 columns 8 MB, which a shared cache may hold); packing again for the next part costs about 1 %.
    /// </summary>
    private const int RowsPerPass = 2048;

    private const int ColumnsPerPass = 1024;
    private const int ChunksPerPass = 4;

    /// <summary>
    /// Rows and tiles of a task's block of C. With AVX-512, 256 · 256 floats of C and 256 columns · 512 steps of B are 786 kB and stay
    /// in L2 (1 MB) while the rows of A stream past once per chunk; each element of A and B that comes from L3 is then used 256 times.
    /// With AVX2 a task has half the columns and half the depth: 262 kB.
    /// </summary>
    private const int MostTaskRows = 256;

    private const int MostTaskTiles = 8;

    /// <summary>Up to this many rows a task takes them all: each column of B is then packed by the only task that uses it.</summary>
    private const int AllRows = 512;

    /// <summary>A block of C with fewer rows or columns than this is cut the other way only.</summary>
    private const int NarrowSize = 192;

    /// <summary>Operations worth a task of their own: about 30 µs, thirty times what it costs to start a loop on the team.</summary>
    private const double FlopsPerTask = 2e6;

    /// <summary>Tasks to aim for: several per thread of a usual machine, so that the threads end together.</summary>
    private const int EnoughTasks = 16;

    private const int MostTasks = 64;

    /// <summary>Elements (16 kB to 64 kB, some microseconds of packing) from which an operand is packed once for all tasks.</summary>
    private const long ElementsToShare = 16 * 1024;

    /// <summary>Up to this size, or with few columns, packing A costs more than it saves; transposed, its rows are far apart.</summary>
    private const long DirectBytesOfA = 512 * 1024;

    private const long DirectBytesOfTransposedA = 96 * 1024;

    /// <summary>Up to this size, and with few rows, packing B costs more than it saves.</summary>
    private const long DirectBytesOfB = 192 * 1024;

    /// <summary>The multiply is a single task, with a single chunk of the depth.</summary>
    public bool IsOneTask;

    public int PassRows;
    public int PassColumns;
    public int PassDepth;
    public int ChunkDepth;
    public int TaskRows;
    public int TaskColumns;

    /// <summary>A is packed once, ahead of the tasks; else each task packs its rows, unless <see cref="DirectA"/>.</summary>
    public bool ShareA;

    public bool ShareB;

    /// <summary>A is read as it lies in memory.</summary>
    public bool DirectA;

    public bool DirectB;

    public static GemmBlocking For<T, TTile>(in GemmProblem<T> problem)
        where T : unmanaged
        where TTile : ITile<T>
    {
        GemmBlocking blocking = default;
        blocking.DirectA = problem.TransposeA
            ? (long)problem.M * problem.K * sizeof(T) <= DirectBytesOfTransposedA
            : ((long)problem.M * problem.K * sizeof(T) <= DirectBytesOfA || problem.N <= NarrowSize) && !Collides(problem.Lda * sizeof(T));
        blocking.DirectB = !problem.TransposeB && (long)problem.K * problem.N * sizeof(T) <= DirectBytesOfB && problem.M <= NarrowSize;
        if (problem.Flops < 2 * FlopsPerTask && problem.K <= TTile.MaxDepth && problem.M <= AllRows && problem.N <= AllRows)
        {
            // One task. This is apart for its speed: the divisions below take longer than a small multiply.
            (blocking.PassRows, blocking.PassColumns, blocking.PassDepth) = (problem.M, problem.N, problem.K);
            (blocking.TaskRows, blocking.TaskColumns, blocking.ChunkDepth) = (problem.M, problem.N, problem.K);
            blocking.IsOneTask = true;
            return blocking;
        }

        blocking.ChunkDepth = EvenPart(problem.K, TTile.MaxDepth, 64 / sizeof(T));
        blocking.PassDepth = ChunksPerPass * blocking.ChunkDepth;
        blocking.PassRows = EvenPart(problem.M, RowsPerPass, TTile.Rows);
        blocking.PassColumns = EvenPart(problem.N, ColumnsPerPass, TTile.Columns);

        var rows = Math.Min(problem.M, blocking.PassRows);
        var columns = Math.Min(problem.N, blocking.PassColumns);
        var depth = Math.Min(problem.K, blocking.PassDepth);
        var tasks = (int)Math.Clamp(2d * rows * columns * depth / FlopsPerTask, 1, MostTasks);
        (blocking.TaskRows, blocking.TaskColumns) = TaskShape<TTile, T>(rows, columns, tasks);
        var rowTasks = Parts(rows, blocking.TaskRows);
        var columnTasks = Parts(columns, blocking.TaskColumns);

        // An operand is packed once for all tasks if several use it, or if its rows are long in memory and the tasks would take
        // pieces of them. It is packed by the chunk, to be used while it is in a cache, if few rows or columns use it.
        blocking.ShareA = !blocking.DirectA && (columnTasks > 1 || (problem.TransposeA && rowTasks > 1)) && (long)rows * depth >= ElementsToShare;
        blocking.ShareB = !blocking.DirectB && (rowTasks > 1 || (!problem.TransposeB && columnTasks > 1)) && (long)columns * depth >= ElementsToShare;
        if ((blocking.ShareB && rows <= NarrowSize) || (blocking.ShareA && columns <= NarrowSize)) blocking.PassDepth = blocking.ChunkDepth;
        return blocking;
    }

    private static (int Rows, int Columns) TaskShape<TTile, T>(int rows, int columns, int tasks)
        where T : unmanaged
        where TTile : ITile<T>
    {
        if (columns <= NarrowSize && rows > columns) return (EvenPart(rows, Math.Max(2 * TTile.Rows, Parts(rows, tasks)), TTile.Rows), columns);
        if (rows <= NarrowSize) return (rows, EvenPart(columns, Math.Clamp(columns / tasks, 2 * TTile.Columns, MostTaskTiles * TTile.Columns), TTile.Columns));

        var taskRows = rows <= AllRows ? rows : EvenPart(rows, MostTaskRows, TTile.Rows);
        var taskColumns = MostTaskTiles * TTile.Columns;
        while (taskColumns > 2 * TTile.Columns && Parts(rows, taskRows) * Parts(columns, taskColumns) < Math.Min(tasks, EnoughTasks)) taskColumns /= 2;
        return (taskRows, EvenPart(columns, taskColumns, TTile.Columns));
    }

    private static int Parts(int length, int part) => (length + part - 1) / part;

    /// <summary>Cuts a length into equal parts of at most <paramref name="most"/>, rounded up to a multiple of <paramref name="step"/>.</summary>
    private static int EvenPart(int length, int most, int step) =>
        Math.Min(length, Parts(Parts(length, Parts(length, most)), step) * step);

    /// <summary>
    /// Whether rows at this distance fall onto the same few of the 64 sets of L1 (a set is found by address bits 6 to 11), which
    /// hold 8 or 12 lines each: a tile's rows would then evict each other at every step of the depth.
    /// </summary>
    private static bool Collides(long bytes)
    {
        var distance = bytes % 4096;
        return Math.Min(distance, 4096 - distance) < 128;
    }
}
