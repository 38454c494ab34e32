using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace StateSpace.Tensors.Cpu.Gemm;

/// <summary>
/// Products of a few rows with many lines, both contiguous along the depth: x·Wᵀ for one or some tokens (decoding), or a matrix
/// times a few vectors. Each element is a dot product of vectors as they lie in memory; nothing is packed, because the many lines
/// are read once or few times and memory sets the pace.
/// </summary>
/// <typeparam name="T">Element of rows and results.</typeparam>
/// <typeparam name="V">Vector of T.</typeparam>
/// <typeparam name="S">Its arithmetic.</typeparam>
/// <typeparam name="W">How the lines' elements become T: as they are, or widened.</typeparam>
internal static unsafe class GemmFewRows<T, V, S, W>
    where T : unmanaged, INumberBase<T>
    where V : struct
    where S : ISimd<T, V>
    where W : ILineElement<T, V>
{
    /// <summary>Lines that a kernel reads side by side: with four rows 16 accumulators, with two rows 8.</summary>
    private const int LinesAtOnce = 4;

    /// <summary>Bytes of lines worth a task of their own: at 10 GB/s some microseconds.</summary>
    private const long BytesPerTask = 32 * 1024;

    private const int MostTasks = 32;

    /// <summary>
    /// Lines are fetched at least so far ahead. They follow each other in memory, but four read side by side look to the processor like four short
    /// streams, which it fetches ahead too late or too far.
    /// </summary>
    private const long BytesAhead = 4096;

    /// <summary>C (+)= Few·Linesᵀ, where few rows and lines are contiguous along the depth.</summary>
    public static void Multiply(in FewRows<T> rows)
    {
        var work = rows;
        var tasks = (int)Math.Clamp((long)rows.LineCount * rows.Depth * W.Size / BytesPerTask, 1, MostTasks);
        work.LinesPerTask = (rows.LineCount + (tasks * LinesAtOnce) - 1) / (tasks * LinesAtOnce) * LinesAtOnce;
        var group = LinesAtOnce * Math.Max(1, (long)rows.LineStride);
        work.Ahead = (nint)((BytesAhead + group - 1) / group * group);
        CpuTeam.For((rows.LineCount + work.LinesPerTask - 1) / work.LinesPerTask, &Run, &work);
    }

    private static void Run(int task, void* state)
    {
        ref var work = ref *(FewRows<T>*)state;
        var end = Math.Min(work.LineCount, (task + 1) * work.LinesPerTask);
        var line = task * work.LinesPerTask;
        for (; line <= end - LinesAtOnce; line += LinesAtOnce)
        {
            var row = 0;
            if (S.HasManyRegisters)
            {
                for (; row <= work.RowCount - 4; row += 4) FourRows(work, row, line);
            }

            for (; row <= work.RowCount - 2; row += 2) TwoRows(work, row, line);
            for (; row < work.RowCount; row++) OneRow(work, row, line);
        }

        for (; line < end; line++)
        {
            for (var row = 0; row < work.RowCount; row++) Element(work, row, line);
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows(in FewRows<T> work, int row, int line)
    {
        Quad q0 = default, q1 = default, q2 = default, q3 = default;
        var x0 = work.Row(row);
        var x1 = work.Row(row + 1);
        var x2 = work.Row(row + 2);
        var x3 = work.Row(row + 3);
        var y0 = work.Line(line);
        var y1 = work.Line(line + 1);
        var y2 = work.Line(line + 2);
        var y3 = work.Line(line + 3);
        nint i = 0;
        var ahead = work.Ahead;
        for (nint last = work.Depth - S.Count; i <= last; i += S.Count)
        {
            Fetch(y0, y1, y2, y3, (i * W.Size) + ahead);
            var (v0, v1, v2, v3) = (W.Load(y0 + (i * W.Size)), W.Load(y1 + (i * W.Size)), W.Load(y2 + (i * W.Size)), W.Load(y3 + (i * W.Size)));
            q0.Step(S.Load(x0 + i), v0, v1, v2, v3);
            q1.Step(S.Load(x1 + i), v0, v1, v2, v3);
            q2.Step(S.Load(x2 + i), v0, v1, v2, v3);
            q3.Step(S.Load(x3 + i), v0, v1, v2, v3);
        }

        // Stored first: a value that lives across a call would be kept in memory throughout the loop.
        var partial = stackalloc T[4 * LinesAtOnce * S.Count];
        q0.Store(partial);
        q1.Store(partial + (LinesAtOnce * S.Count));
        q2.Store(partial + (2 * LinesAtOnce * S.Count));
        q3.Store(partial + (3 * LinesAtOnce * S.Count));
        for (var r = 0; r < 4; r++) Write(work, row + r, line, LinesAtOnce, i, partial + (r * LinesAtOnce * S.Count));
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoRows(in FewRows<T> work, int row, int line)
    {
        Quad q0 = default, q1 = default;
        var x0 = work.Row(row);
        var x1 = work.Row(row + 1);
        var y0 = work.Line(line);
        var y1 = work.Line(line + 1);
        var y2 = work.Line(line + 2);
        var y3 = work.Line(line + 3);
        nint i = 0;
        var ahead = work.Ahead;
        for (nint last = work.Depth - S.Count; i <= last; i += S.Count)
        {
            Fetch(y0, y1, y2, y3, (i * W.Size) + ahead);
            var (v0, v1, v2, v3) = (W.Load(y0 + (i * W.Size)), W.Load(y1 + (i * W.Size)), W.Load(y2 + (i * W.Size)), W.Load(y3 + (i * W.Size)));
            q0.Step(S.Load(x0 + i), v0, v1, v2, v3);
            q1.Step(S.Load(x1 + i), v0, v1, v2, v3);
        }

        var partial = stackalloc T[2 * LinesAtOnce * S.Count];
        q0.Store(partial);
        q1.Store(partial + (LinesAtOnce * S.Count));
        for (var r = 0; r < 2; r++) Write(work, row + r, line, LinesAtOnce, i, partial + (r * LinesAtOnce * S.Count));
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneRow(in FewRows<T> work, int row, int line)
    {
        Quad q = default;
        var x = work.Row(row);
        var y0 = work.Line(line);
        var y1 = work.Line(line + 1);
        var y2 = work.Line(line + 2);
        var y3 = work.Line(line + 3);
        nint i = 0;
        var ahead = work.Ahead;
        for (nint last = work.Depth - S.Count; i <= last; i += S.Count)
        {
            Fetch(y0, y1, y2, y3, (i * W.Size) + ahead);
            q.Step(S.Load(x + i), W.Load(y0 + (i * W.Size)), W.Load(y1 + (i * W.Size)), W.Load(y2 + (i * W.Size)), W.Load(y3 + (i * W.Size)));
        }

        var partial = stackalloc T[LinesAtOnce * S.Count];
        q.Store(partial);
        Write(work, row, line, LinesAtOnce, i, partial);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Element(in FewRows<T> work, int row, int line)
    {
        V sum = default;
        var x = work.Row(row);
        var y = work.Line(line);
        nint i = 0;
        for (nint last = work.Depth - S.Count; i <= last; i += S.Count) sum = S.MultiplyAdd(S.Load(x + i), W.Load(y + (i * W.Size)), sum);
        var partial = stackalloc T[S.Count];
        S.Store(sum, partial);
        Write(work, row, line, 1, i, partial);
    }

    /// <summary>Sums the partial sums of some elements of a row, adds the rest of the depth that fills no vector, in order, and writes them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Write(in FewRows<T> work, int row, int line, int lines, nint from, T* partial)
    {
        var x = work.Row(row);
        var target = work.C + (row * work.RowStrideOfC) + (line * work.LineStrideOfC);
        for (var l = 0; l < lines; l++, partial += S.Count, target += work.LineStrideOfC)
        {
            var sum = S.Sum(S.Load(partial));
            var y = work.Line(line + l);
            for (var i = from; i < work.Depth; i++) sum = T.MultiplyAddEstimate(x[i], W.LoadOne(y + (i * W.Size)), sum);
            *target = work.Accumulate ? *target + sum : sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch(byte* y0, byte* y1, byte* y2, byte* y3, nint offset)
    {
        if (!Sse.IsSupported) return;
        Sse.Prefetch0(y0 + offset);
        Sse.Prefetch0(y1 + offset);
        Sse.Prefetch0(y2 + offset);
        Sse.Prefetch0(y3 + offset);
    }

    /// <summary>Accumulators of one row with four lines.</summary>
    private struct Quad
    {
        private V _v0;
        private V _v1;
        private V _v2;
        private V _v3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step(V x, V y0, V y1, V y2, V y3)
        {
            _v0 = S.MultiplyAdd(x, y0, _v0);
            _v1 = S.MultiplyAdd(x, y1, _v1);
            _v2 = S.MultiplyAdd(x, y2, _v2);
            _v3 = S.MultiplyAdd(x, y3, _v3);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store(T* partial)
        {
            S.Store(_v0, partial);
            S.Store(_v1, partial + S.Count);
            S.Store(_v2, partial + (2 * S.Count));
            S.Store(_v3, partial + (3 * S.Count));
        }
    }
}

/// <summary>The operands of <see cref="GemmFewRows{T, V, S, W}"/>: C[row, line] (+)= Σ Few[row, i]·Lines[line, i].</summary>
internal unsafe struct FewRows<T>
    where T : unmanaged
{
    public int RowCount;
    public T* Rows;
    public nint RowStride;
    public int LineCount;
    public byte* Lines;

    /// <summary>Bytes from one line to the next.</summary>
    public nint LineStride;
    public int Depth;
    public T* C;
    public nint RowStrideOfC;
    public nint LineStrideOfC;
    public bool Accumulate;
    public int LinesPerTask;

    /// <summary>Bytes that lines are fetched ahead.</summary>
    public nint Ahead;

    public readonly T* Row(int row) => Rows + (row * RowStride);

    public readonly byte* Line(int line) => Lines + (line * LineStride);
}
