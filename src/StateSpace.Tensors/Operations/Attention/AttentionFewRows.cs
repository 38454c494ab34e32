using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.Gemm;
using StateSpace.Tensors.Memory;
using StateSpace.Tensors.Operations.Softmax;

namespace StateSpace.Tensors.Operations.Attention;

/// <summary>
/// The forward pass for a few rows, as when a text is generated token by token: keys and values are read once, where they lie. The keys are
/// cut into pieces where there are few sequences; each piece has a maximum, a sum and weighted values of its own, which are then combined in order.
/// </summary>
internal static unsafe class AttentionFewRows
{
    /// <summary>Rows up to which this way is the faster one.</summary>
    public const int Most = 8;

    private const int LargestKeys = 256;
    private const int FewestKeysOfPiece = 1024;
    private const int Pieces = 16;

    public static void Run<T>(AttentionCall call, Tensor y, Tensor logSums)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (call.Sequences == 0 || call.Rows == 0) return;
        var pieces = Math.Clamp(Math.Min(call.Keys / FewestKeysOfPiece, Pieces / call.Sequences), 1, Pieces);
        var (rows, size) = ((int)call.Rows, call.ValueSize);
        using var partial = Tensor.Empty([pieces, call.Sequences, rows, 2 + size], y.DType);
        var parts = partial.Pointer<T>();
        var stride = call.Sequences * rows * (2 + size);
        CpuTeam.For(checked((int)(pieces * call.Sequences)), index =>
        {
            var (piece, sequence) = Math.DivRem(index, call.Sequences);
            var (from, to) = ((int)(call.Keys * piece / pieces), (int)(call.Keys * (piece + 1) / pieces));
            RunPiece(call, sequence, from, to, parts + (piece * stride) + (sequence * rows * (2 + size)));
        });

        T* target = y.Pointer<T>(), sums = logSums.Pointer<T>();
        for (long sequence = 0; sequence < call.Sequences; sequence++)
        {
            for (var row = 0; row < rows; row++)
            {
                var index = (sequence * rows) + row;
                sums[index] = Combine(parts + (index * (2 + size)), stride, pieces, size, target + call.OffsetOfRow(sequence, row, size));
            }
        }
    }

    /// <summary>Rows of (maximum, Σ e^(score − maximum), Σ e^(score − maximum) value) over the keys of one piece.</summary>
    private static void RunPiece<T>(in AttentionCall call, long sequence, int from, int to, T* part)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (rows, size, valueSize) = ((int)call.Rows, call.KeySize, call.ValueSize);
        var lanes = Vector512<T>.Count;
        using var scratch = new VectorScratch<T>(((long)rows * (size + LargestKeys) / lanes) + 1);
        T* scores = scratch.Take((long)rows * LargestKeys / lanes), queries = scratch.Take(((long)rows * size / lanes) + 1);
        var factor = T.CreateTruncating(call.Scale);
        var (low, high) = (to, from);
        for (var row = 0; row < rows; row++)
        {
            var source = call.Q.Pointer<T>() + call.OffsetOfRow(sequence, row, size);
            for (var d = 0; d < size; d++) queries[((long)row * size) + d] = source[d] * factor;
            new Span<T>(part + ((long)row * (2 + valueSize)), 2 + valueSize).Clear();
            part[(long)row * (2 + valueSize)] = T.NegativeInfinity;
            var (first, end) = call.KeysOf(sequence, row);
            (low, high) = (Math.Min(low, Math.Max(from, first)), Math.Max(high, Math.Min(to, end)));
        }

        for (var key = low; key < high; key += LargestKeys)
        {
            var count = Math.Min(LargestKeys, high - key);
            T* keys = call.K.Pointer<T>() + call.OffsetOfKey(sequence, key, size), values = call.V.Pointer<T>() + call.OffsetOfKey(sequence, key, valueSize);
            Gemm.Multiply(false, true, rows, count, size, queries, size, keys, call.KeyHeads * size, scores, LargestKeys, accumulate: false);
            for (var row = 0; row < rows; row++)
            {
                var (first, end) = call.KeysOf(sequence, row);
                Weigh(scores + ((long)row * LargestKeys), Math.Clamp(first - key, 0, count), Math.Clamp(end - key, 0, count), count, part + ((long)row * (2 + valueSize)), valueSize);
            }

            Gemm.Multiply(false, false, rows, valueSize, count, scores, LargestKeys, values, call.KeyHeads * valueSize, part + 2, 2 + valueSize, accumulate: true);
        }
    }

    /// <summary>Scores to e^(score − maximum), zero where the row does not see the key; moves the row's maximum and rescales its sums.</summary>
    private static void Weigh<T>(T* scores, int from, int to, int count, T* part, int size)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (from >= to)
        {
            new Span<T>(scores, count).Clear();
            return;
        }

        var maximum = T.MaxNative(part[0], SoftmaxRow.Maximum(scores + from, to - from));
        var factor = T.Exp(part[0] - maximum);
        part[0] = maximum;
        part[1] = (part[1] * factor) + T.CreateTruncating(SoftmaxRow.SumExp(scores + from, maximum, to - from, scores + from));
        new Span<T>(scores, from).Clear();
        new Span<T>(scores + to, count - to).Clear();
        if (factor == T.One) return;
        for (var d = 0; d < size; d++) part[2 + d] *= factor;
    }

    /// <summary>Weighs the pieces of a row against each other.</summary>
    /// <returns>log2 Σ 2^score, scores in units of log 2.</returns>
    private static T Combine<T>(T* part, long stride, long pieces, int size, T* y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T maximum = T.NegativeInfinity, sum = T.Zero;
        for (long piece = 0; piece < pieces; piece++) maximum = T.MaxNative(maximum, part[piece * stride]);
        for (long piece = 0; piece < pieces; piece++) sum += T.Exp(part[piece * stride] - maximum) * part[(piece * stride) + 1];
        new Span<T>(y, size).Clear();
        for (long piece = 0; piece < pieces; piece++)
        {
            var weight = T.Exp(part[piece * stride] - maximum) / sum;
            for (var d = 0; d < size; d++) y[d] += weight * part[(piece * stride) + 2 + d];
        }

        return T.CreateTruncating((double.CreateTruncating(maximum) + Math.Log(double.CreateTruncating(sum))) * Math.Log2(Math.E));
    }
}
