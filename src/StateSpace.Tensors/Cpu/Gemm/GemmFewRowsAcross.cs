using System.Numerics;
using System.Runtime.CompilerServices;

namespace StateSpace.Tensors.Cpu.Gemm;

/// <summary>
/// Products of a few rows with many lines that lie side by side in memory: x·W for some tokens, or Aᵀ times a few vectors. Step by step
/// of the depth, a long row across the lines is added to the results, which stay in L1; the rows are read once, from end to end.
/// </summary>
internal static unsafe class GemmFewRowsAcross<T, V, S>
    where T : unmanaged, INumberBase<T>
    where V : struct
    where S : ISimd<T, V>
{
    /// <summary>Steps of the depth taken together: the results are loaded and stored once for so many multiply-adds.</summary>
    private const int StepsAtOnce = 4;

    /// <summary>Fewest lines of a task, so that its piece of a row is long enough to be fetched ahead by the processor (2 kB).</summary>
    private static int LinesPerTask => 2048 / sizeof(T);

    /// <summary>C (+)= Few·Lines, where lines lie side by side.</summary>
    public static void Multiply(in FewRowsAcross<T> rows)
    {
        var work = rows;
        CpuTeam.For((rows.LineCount + LinesPerTask - 1) / LinesPerTask, &Run, &work);
    }

    private static void Run(int task, void* state)
    {
        ref var work = ref *(FewRowsAcross<T>*)state;
        var start = task * LinesPerTask;
        var count = Math.Min(LinesPerTask, work.LineCount - start);
        var sums = GemmScratch.Private<T>((long)work.RowCount * count);
        new Span<T>(sums, work.RowCount * count).Clear();
        var lines = work.Lines + start;
        var depth = 0;
        for (; depth <= work.Depth - StepsAtOnce; depth += StepsAtOnce, lines += StepsAtOnce * work.DepthStrideOfLines)
        {
            var row = 0;
            for (; row <= work.RowCount - 2; row += 2) AddToTwo(work, row, depth, lines, sums + (row * count), count);
            if (row < work.RowCount) AddToOne(work, row, depth, lines, sums + (row * count), count);
        }

        for (; depth < work.Depth; depth++, lines += work.DepthStrideOfLines)
        {
            for (var row = 0; row < work.RowCount; row++) AddStep(*work.At(row, depth), lines, sums + (row * count), count);
        }

        for (var row = 0; row < work.RowCount; row++)
        {
            var target = work.C + (row * work.RowStrideOfC) + (start * work.LineStrideOfC);
            for (var line = 0; line < count; line++, target += work.LineStrideOfC)
            {
                var sum = sums[(row * count) + line];
                *target = work.Accumulate ? *target + sum : sum;
            }
        }
    }

    /// <summary>sums += x₀·y₀ + x₁·y₁ + x₂·y₂ + x₃·y₃, in this order, for two rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddToTwo(in FewRowsAcross<T> work, int row, int depth, T* y, T* sums, int count)
    {
        var (a0, a1, a2, a3) = (*work.At(row, depth), *work.At(row, depth + 1), *work.At(row, depth + 2), *work.At(row, depth + 3));
        var (b0, b1, b2, b3) = (*work.At(row + 1, depth), *work.At(row + 1, depth + 1), *work.At(row + 1, depth + 2), *work.At(row + 1, depth + 3));
        var (v0, v1, v2, v3) = (S.Broadcast(a0), S.Broadcast(a1), S.Broadcast(a2), S.Broadcast(a3));
        var (w0, w1, w2, w3) = (S.Broadcast(b0), S.Broadcast(b1), S.Broadcast(b2), S.Broadcast(b3));
        var y1 = y + work.DepthStrideOfLines;
        var y2 = y1 + work.DepthStrideOfLines;
        var y3 = y2 + work.DepthStrideOfLines;
        var next = sums + count;
        nint i = 0;
        for (; i <= count - S.Count; i += S.Count)
        {
            var (l0, l1, l2, l3) = (S.Load(y + i), S.Load(y1 + i), S.Load(y2 + i), S.Load(y3 + i));
            S.Store(S.MultiplyAdd(v3, l3, S.MultiplyAdd(v2, l2, S.MultiplyAdd(v1, l1, S.MultiplyAdd(v0, l0, S.Load(sums + i))))), sums + i);
            S.Store(S.MultiplyAdd(w3, l3, S.MultiplyAdd(w2, l2, S.MultiplyAdd(w1, l1, S.MultiplyAdd(w0, l0, S.Load(next + i))))), next + i);
        }

        for (; i < count; i++)
        {
            sums[i] = Add(a3, y3[i], Add(a2, y2[i], Add(a1, y1[i], Add(a0, y[i], sums[i]))));
            next[i] = Add(b3, y3[i], Add(b2, y2[i], Add(b1, y1[i], Add(b0, y[i], next[i]))));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddToOne(in FewRowsAcross<T> work, int row, int depth, T* y, T* sums, int count)
    {
        var (a0, a1, a2, a3) = (*work.At(row, depth), *work.At(row, depth + 1), *work.At(row, depth + 2), *work.At(row, depth + 3));
        var (v0, v1, v2, v3) = (S.Broadcast(a0), S.Broadcast(a1), S.Broadcast(a2), S.Broadcast(a3));
        var y1 = y + work.DepthStrideOfLines;
        var y2 = y1 + work.DepthStrideOfLines;
        var y3 = y2 + work.DepthStrideOfLines;
        nint i = 0;
        for (; i <= count - S.Count; i += S.Count)
        {
            var sum = S.MultiplyAdd(v1, S.Load(y1 + i), S.MultiplyAdd(v0, S.Load(y + i), S.Load(sums + i)));
            S.Store(S.MultiplyAdd(v3, S.Load(y3 + i), S.MultiplyAdd(v2, S.Load(y2 + i), sum)), sums + i);
        }

        for (; i < count; i++) sums[i] = Add(a3, y3[i], Add(a2, y2[i], Add(a1, y1[i], Add(a0, y[i], sums[i]))));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddStep(T x, T* y, T* sums, int count)
    {
        var v = S.Broadcast(x);
        nint i = 0;
        for (; i <= count - S.Count; i += S.Count) S.Store(S.MultiplyAdd(v, S.Load(y + i), S.Load(sums + i)), sums + i);
        for (; i < count; i++) sums[i] = Add(x, y[i], sums[i]);
    }

    private static T Add(T x, T y, T sum) => T.MultiplyAddEstimate(x, y, sum);
}

/// <summary>The operands of <see cref="GemmFewRowsAcross{T, V, S}"/>: C[row, line] (+)= Σ Few[row, i]·Lines[i, line].</summary>
internal unsafe struct FewRowsAcross<T>
    where T : unmanaged
{
    public int RowCount;
    public T* Rows;
    public nint RowStride;
    public nint DepthStrideOfRows;
    public int LineCount;
    public T* Lines;
    public nint DepthStrideOfLines;
    public int Depth;
    public T* C;
    public nint RowStrideOfC;
    public nint LineStrideOfC;
    public bool Accumulate;

    public readonly T* At(int row, int depth) => Rows + (row * RowStride) + (depth * DepthStrideOfRows);
}
