using System.Runtime.CompilerServices;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Operations.PackedMatMul;

/// <summary>
/// y = x Wᵀ for few rows of x and a W of int8, whose rows (lines) are read once, as they lie in memory. To keep pace with memory the products are of integers:
/// each block of 64 numbers of x becomes 16-bit whole numbers times a scale (an error of 2⁻¹⁶ of the block's largest, hundreds of times less than that of W),
/// and a block's products are summed exactly in 32 bits: at most 64 · 127 · 32767 &lt; 2³¹.
/// </summary>
/// <remarks>An element is the blocks' sums times their scales, added in order per lane, then the lanes. It does not depend on the number of rows or of threads.</remarks>
internal static unsafe class Int8FewRows<V, S>
    where V : struct
    where S : IInt8Vector<V>
{
    /// <summary>Lines that a kernel reads side by side.</summary>
    private const int LinesAtOnce = 4;

    /// <summary>Bytes of lines worth a task of their own: at 10 GB/s some microseconds.</summary>
    private const long BytesPerTask = 32 * 1024;

    private const int MostTasks = 32;

    /// <summary>Lines are fetched at least so far ahead, for the reason that the float kernel gives.</summary>
    private const long BytesAhead = 8192;

    /// <summary>Computes all elements.</summary>
    public static void Multiply(in Int8Product product)
    {
        var work = product;
        var blocks = Int8Blocks.Count(work.Depth);
        var rounded = MemoryPool.Rent(work.RowCount * blocks * ((Int8Blocks.Length * sizeof(short)) + sizeof(float)));
        try
        {
            work.Rounded = (short*)rounded.Pointer;
            work.RoundedScales = (float*)(work.Rounded + (work.RowCount * blocks * Int8Blocks.Length));
            for (var row = 0L; row < work.RowCount; row++) Int16Blocks.Round(work.X + (row * work.Depth), work.Depth, work.RoundedRow(row), work.RoundedScalesOf(row));

            var tasks = (int)Math.Clamp(work.LineCount * work.Depth / BytesPerTask, 1, MostTasks);
            work.LinesPerTask = (work.LineCount + (tasks * LinesAtOnce) - 1) / (tasks * LinesAtOnce) * LinesAtOnce;
            var group = LinesAtOnce * (long)work.Depth;
            work.Ahead = (nint)((BytesAhead + group - 1) / group * group);
            CpuTeam.For((int)((work.LineCount + work.LinesPerTask - 1) / work.LinesPerTask), &Run, &work);
        }
        finally
        {
            rounded.Release();
        }
    }

    private static void Run(int task, void* state)
    {
        ref var work = ref *(Int8Product*)state;
        var end = Math.Min(work.LineCount, (task + 1) * work.LinesPerTask);
        var line = task * work.LinesPerTask;
        for (; line <= end - LinesAtOnce; line += LinesAtOnce)
        {
            for (var row = 0L; row < work.RowCount; row++) FourElements(work, row, line);
        }

        for (; line < end; line++)
        {
            for (var row = 0L; row < work.RowCount; row++) Element(work, row, line);
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourElements(in Int8Product work, long row, long line)
    {
        V total0 = default, total1 = default, total2 = default, total3 = default;
        var x = work.RoundedRow(row);
        var xScales = work.RoundedScalesOf(row);
        var y0 = work.Line(line);
        var y1 = work.Line(line + 1);
        var y2 = work.Line(line + 2);
        var y3 = work.Line(line + 3);
        var scales = work.ScalesOf(line);
        var blocks = (nint)work.Blocks;
        var ahead = work.Ahead;
        var end = work.VectorEnd;
        for (nint start = 0; start < end; start += Int8Blocks.Length, scales++, xScales++)
        {
            S.Fetch(y0 + start + ahead);
            S.Fetch(y1 + start + ahead);
            S.Fetch(y2 + start + ahead);
            S.Fetch(y3 + start + ahead);
            var length = Math.Min(Int8Blocks.Length, end - start);
            S.AddBlock(length, x + start, y0 + start, y1 + start, y2 + start, y3 + start, out var sum0, out var sum1, out var sum2, out var sum3);
            var scale = *xScales;
            total0 = S.AddScaled(sum0, BrainFloats.Widen(*scales) * scale, total0);
            total1 = S.AddScaled(sum1, BrainFloats.Widen(scales[blocks]) * scale, total1);
            total2 = S.AddScaled(sum2, BrainFloats.Widen(scales[2 * blocks]) * scale, total2);
            total3 = S.AddScaled(sum3, BrainFloats.Widen(scales[3 * blocks]) * scale, total3);
        }

        var target = work.Y + (row * work.RowStrideOfY) + line;
        target[0] = S.Sum(total0);
        target[1] = S.Sum(total1);
        target[2] = S.Sum(total2);
        target[3] = S.Sum(total3);
        if (end < work.Depth) AddRest(work, row, line, LinesAtOnce);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Element(in Int8Product work, long row, long line)
    {
        V total = default;
        var x = work.RoundedRow(row);
        var xScales = work.RoundedScalesOf(row);
        var y = work.Line(line);
        var scales = work.ScalesOf(line);
        var end = work.VectorEnd;
        for (nint start = 0; start < end; start += Int8Blocks.Length, scales++, xScales++)
        {
            S.AddBlock(Math.Min(Int8Blocks.Length, end - start), x + start, y + start, y + start, y + start, y + start, out var sum, out _, out _, out _);
            total = S.AddScaled(sum, BrainFloats.Widen(*scales) * *xScales, total);
        }

        work.Y[(row * work.RowStrideOfY) + line] = S.Sum(total);
        if (end < work.Depth) AddRest(work, row, line, 1);
    }

    /// <summary>Adds what fills no vector of the last block.</summary>
    private static void AddRest(in Int8Product work, long row, long line, int lines)
    {
        var last = work.Blocks - 1;
        var x = work.RoundedRow(row);
        var target = work.Y + (row * work.RowStrideOfY) + line;
        for (var l = 0; l < lines; l++)
        {
            var y = work.Line(line + l);
            var sum = 0;
            for (var i = work.VectorEnd; i < work.Depth; i++) sum += x[i] * y[i];
            target[l] = MathF.FusedMultiplyAdd(sum, BrainFloats.Widen(work.ScalesOf(line + l)[last]) * work.RoundedScalesOf(row)[last], target[l]);
        }
    }
}

/// <summary>The operands of <see cref="Int8FewRows{V, S}"/>.</summary>
internal unsafe struct Int8Product
{
    public long RowCount;
    public float* X;
    public long LineCount;
    public sbyte* Lines;
    public ushort* Scales;
    public nint Depth;
    public float* Y;
    public long RowStrideOfY;
    public long LinesPerTask;
    public short* Rounded;
    public float* RoundedScales;

    /// <summary>Bytes that lines are fetched ahead.</summary>
    public nint Ahead;

    /// <summary>The part of the depth that fills vectors of the smallest size.</summary>
    public readonly nint VectorEnd => Depth / 16 * 16;

    /// <summary>Scales of a row or line.</summary>
    public readonly long Blocks => Int8Blocks.Count(Depth);

    public readonly short* RoundedRow(long row) => Rounded + (row * Blocks * Int8Blocks.Length);

    public readonly float* RoundedScalesOf(long row) => RoundedScales + (row * Blocks);

    public readonly sbyte* Line(long line) => Lines + (line * Depth);

    public readonly ushort* ScalesOf(long line) => Scales + (line * Blocks);
}
