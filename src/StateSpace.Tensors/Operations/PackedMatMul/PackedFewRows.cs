using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.Gemm;

namespace StateSpace.Tensors.Operations.PackedMatMul;

/// <summary>
/// y = x Wᵀ for few rows of x and a W of bf16 or int8, whose rows (lines) are read once, as they lie in memory, and widened in registers: memory sets the pace.
/// </summary>
/// <remarks>
/// An element is the sum over lanes of one chain of multiply-adds a lane and block (64 columns of int8; all of them for bf16), the blocks' sums times their scales
/// added in order, then what fills no vector. It does not depend on the number of rows or of threads.
/// </remarks>
internal static unsafe class PackedFewRows<V, S, W>
    where V : struct
    where S : ISimd<float, V>
    where W : IStoredWeights<V>
{
    /// <summary>Lines that a kernel reads side by side.</summary>
    private const int LinesAtOnce = 4;

    /// <summary>Bytes of lines worth a task of their own: some microseconds at the bandwidth of one core.</summary>
    private const long BytesPerTask = 32 * 1024;

    private const int MostTasks = 64;

    /// <summary>Computes all elements.</summary>
    public static void Multiply(in PackedProduct product)
    {
        var work = product;
        var tasks = (int)Math.Clamp(work.LineCount * work.Depth * W.Size / BytesPerTask, 1, MostTasks);
        work.LinesPerTask = (work.LineCount + (tasks * LinesAtOnce) - 1) / (tasks * LinesAtOnce) * LinesAtOnce;
        CpuTeam.For((int)((work.LineCount + work.LinesPerTask - 1) / work.LinesPerTask), &Run, &work);
    }

    private static void Run(int task, void* state)
    {
        ref var work = ref *(PackedProduct*)state;
        var end = Math.Min(work.LineCount, (task + 1) * work.LinesPerTask);
        var line = task * work.LinesPerTask;
        for (; line <= end - LinesAtOnce; line += LinesAtOnce)
        {
            var row = 0L;
            for (; row <= work.RowCount - 2; row += 2) TwoRows(work, row, line);
            if (row < work.RowCount) OneRow(work, row, line);
        }

        for (; line < end; line++)
        {
            for (var row = 0L; row < work.RowCount; row++) Element(work, row, line);
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneRow(in PackedProduct work, long row, long line)
    {
        FourSums<float, V, S> total = default;
        var x = work.Row(row);
        var y0 = work.Line(line);
        var y1 = work.Line(line + 1);
        var y2 = work.Line(line + 2);
        var y3 = work.Line(line + 3);
        var scales = work.ScalesOf(line);
        var blocks = work.Blocks;
        var vectorEnd = work.Depth / S.Count * S.Count;
        var blockLength = W.HasScales ? Int8Blocks.Length : vectorEnd;
        for (nint start = 0; start < vectorEnd; start += blockLength, scales++)
        {
            FourSums<float, V, S> sums = default;
            var end = Math.Min(vectorEnd, start + blockLength);
            for (var i = start; i < end; i += S.Count)
            {
                sums.Step(S.Load(x + i), W.Load(y0 + (i * W.Size)), W.Load(y1 + (i * W.Size)), W.Load(y2 + (i * W.Size)), W.Load(y3 + (i * W.Size)));
            }

            if (W.HasScales)
            {
                total.AddScaled(sums, Scale(scales), Scale(scales + blocks), Scale(scales + (2 * blocks)), Scale(scales + (3 * blocks)));
            }
            else
            {
                total = sums;
            }
        }

        // Stored first: a value that lives across a call would be kept in memory throughout the loop.
        var partial = stackalloc float[LinesAtOnce * S.Count];
        total.Store(partial);
        Write(work, row, line, LinesAtOnce, partial);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoRows(in PackedProduct work, long row, long line)
    {
        var partial = stackalloc float[2 * LinesAtOnce * S.Count];
        if (W.HasScales) new Span<float>(partial, 2 * LinesAtOnce * S.Count).Clear();
        var x0 = work.Row(row);
        var x1 = work.Row(row + 1);
        var y0 = work.Line(line);
        var y1 = work.Line(line + 1);
        var y2 = work.Line(line + 2);
        var y3 = work.Line(line + 3);
        var scales = work.ScalesOf(line);
        var blocks = work.Blocks;
        var vectorEnd = work.Depth / S.Count * S.Count;
        var blockLength = W.HasScales ? Int8Blocks.Length : vectorEnd;
        for (nint start = 0; start < vectorEnd; start += blockLength, scales++)
        {
            FourSums<float, V, S> upper = default, lower = default;
            var end = Math.Min(vectorEnd, start + blockLength);
            for (var i = start; i < end; i += S.Count)
            {
                var (v0, v1) = (W.Load(y0 + (i * W.Size)), W.Load(y1 + (i * W.Size)));
                var (v2, v3) = (W.Load(y2 + (i * W.Size)), W.Load(y3 + (i * W.Size)));
                upper.Step(S.Load(x0 + i), v0, v1, v2, v3);
                lower.Step(S.Load(x1 + i), v0, v1, v2, v3);
            }

            if (W.HasScales)
            {
                // The totals of eight elements and their running sums would not fit into 16 registers: the totals stay in memory.
                var (s0, s1, s2, s3) = (Scale(scales), Scale(scales + blocks), Scale(scales + (2 * blocks)), Scale(scales + (3 * blocks)));
                upper.AddScaledTo(partial, s0, s1, s2, s3);
                lower.AddScaledTo(partial + (LinesAtOnce * S.Count), s0, s1, s2, s3);
            }
            else
            {
                upper.Store(partial);
                lower.Store(partial + (LinesAtOnce * S.Count));
            }
        }

        if (!W.HasScales && vectorEnd == 0) new Span<float>(partial, 2 * LinesAtOnce * S.Count).Clear();
        for (var r = 0; r < 2; r++) Write(work, row + r, line, LinesAtOnce, partial + (r * LinesAtOnce * S.Count));
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Element(in PackedProduct work, long row, long line)
    {
        V total = default;
        var x = work.Row(row);
        var y = work.Line(line);
        var scales = work.ScalesOf(line);
        var vectorEnd = work.Depth / S.Count * S.Count;
        var blockLength = W.HasScales ? Int8Blocks.Length : vectorEnd;
        for (nint start = 0; start < vectorEnd; start += blockLength, scales++)
        {
            V sum = default;
            var end = Math.Min(vectorEnd, start + blockLength);
            for (var i = start; i < end; i += S.Count) sum = S.MultiplyAdd(S.Load(x + i), W.Load(y + (i * W.Size)), sum);
            total = W.HasScales ? S.MultiplyAdd(sum, Scale(scales), total) : sum;
        }

        var partial = stackalloc float[S.Count];
        S.Store(total, partial);
        Write(work, row, line, 1, partial);
    }

    /// <summary>Sums the lanes of some elements of a row, adds the rest of the depth that fills no vector, in order, and writes them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Write(in PackedProduct work, long row, long line, int lines, float* partial)
    {
        var x = work.Row(row);
        var target = work.Y + (row * work.RowStrideOfY) + line;
        nint start = work.Depth / S.Count * S.Count;
        for (var l = 0; l < lines; l++, partial += S.Count)
        {
            var sum = S.Sum(S.Load(partial));
            if (start < work.Depth)
            {
                var y = work.Line(line + l);
                var rest = 0f;
                for (var i = start; i < work.Depth; i++) rest = MathF.FusedMultiplyAdd(x[i], W.LoadOne(y + (i * W.Size)), rest);
                sum = W.HasScales ? MathF.FusedMultiplyAdd(rest, BFloat16Bits.Widen(work.ScalesOf(line + l)[work.Blocks - 1]), sum) : sum + rest;
            }

            target[l] = sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Scale(ushort* scale) => S.Broadcast(BFloat16Bits.Widen(*scale));
}

/// <summary>The operands of <see cref="PackedFewRows{V, S, W}"/>.</summary>
internal unsafe struct PackedProduct
{
    public long RowCount;
    public float* X;
    public long LineCount;
    public byte* Lines;
    public nint LineBytes;
    public ushort* Scales;

    /// <summary>Scales from one line to the next.</summary>
    public nint Blocks;
    public nint Depth;
    public float* Y;
    public long RowStrideOfY;
    public long LinesPerTask;

    public readonly float* Row(long row) => X + (row * Depth);

    public readonly byte* Line(long line) => Lines + (line * LineBytes);

    public readonly ushort* ScalesOf(long line) => Scales + (line * Blocks);

    public readonly void Multiply(WeightStorage storage)
    {
        if (Avx512F.IsSupported)
        {
            if (storage == WeightStorage.Int8) PackedFewRows<Vector512<float>, Simd512<float>, Int8Of512>.Multiply(this);
            else PackedFewRows<Vector512<float>, Simd512<float>, BFloat16Of512>.Multiply(this);
        }
        else if (storage == WeightStorage.Int8)
        {
            PackedFewRows<Vector256<float>, Simd256<float>, Int8Of256>.Multiply(this);
        }
        else
        {
            PackedFewRows<Vector256<float>, Simd256<float>, BFloat16Of256>.Multiply(this);
        }
    }
}
