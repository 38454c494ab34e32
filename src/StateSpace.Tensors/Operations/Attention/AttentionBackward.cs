using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.Gemm;
using StateSpace.Tensors.Cpu.VectorMath;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Operations.Attention;

/// <summary>
/// The gradient: scores are computed again, block by block, from the rows' log-sums. Where there are few sequences their rows are cut into
/// pieces, each of which sums the gradients of the keys that it sees; the pieces are added in order. See the README beside this file.
/// </summary>
internal static class AttentionBackward
{
    public static void Run<T>(in AttentionCall call, Tensor y, Tensor logSums, Tensor gradient, Tensor dq, Tensor dk, Tensor dv)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Avx512F.IsSupported) AttentionBackward<T, Tile512<T>>.Run(call, y, logSums, gradient, dq, dk, dv);
        else AttentionBackward<T, Tile256<T>>.Run(call, y, logSums, gradient, dq, dk, dv);
    }
}

/// <summary>As <see cref="AttentionBackward"/>, with the micro-kernel as a type argument.</summary>
internal static unsafe class AttentionBackward<T, TTile>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TTile : ITile<T>
{
    private const int LargestRows = VisibleKeys<T>.LargestRows;
    private const int LargestKeys = VisibleKeys<T>.LargestKeys;

    /// <summary>Pieces to have in all, at least; each costs memory for the gradients of the keys that it sees.</summary>
    private const int Pieces = 16;

    private const int KeysPerTask = 256;

    private static int Lanes => Vector512<T>.Count;

    public static void Run(AttentionCall call, Tensor y, Tensor logSums, Tensor gradient, Tensor dq, Tensor dk, Tensor dv)
    {
        var blocks = (call.Rows + LargestRows - 1) / LargestRows;
        var cuts = (int)Math.Clamp(Pieces / Math.Max(1, call.Sequences), 1, Math.Max(1, blocks));
        int stride = AttentionBlock<T, TTile>.Padded(call.KeySize), valueStride = AttentionBlock<T, TTile>.Padded(call.ValueSize);
        var pieces = Cut(call, blocks, cuts, stride + valueStride, out var elements);
        using var sums = Tensor.Empty([elements], dq.DType);
        var memory = sums.Pointer<T>();
        var operands = new Operands(y.Pointer<T>(), logSums.Pointer<T>(), gradient.Pointer<T>(), dq.Pointer<T>());
        CpuTeam.For(pieces.Length, index =>
        {
            ref readonly var piece = ref pieces[pieces.Length - 1 - index];
            RunPiece(call, piece, operands, memory + piece.Offset);
        });

        T* keyGradient = dk.Pointer<T>(), valueGradient = dv.Pointer<T>();
        var tasks = (call.Keys + KeysPerTask - 1) / KeysPerTask;
        var keyScale = T.CreateTruncating(1 / Math.Log2(Math.E));
        CpuTeam.For(checked((int)(call.Sequences * tasks)), index =>
        {
            var (sequence, task) = Math.DivRem(index, tasks);
            var own = new ReadOnlySpan<Piece>(pieces, (int)sequence * cuts, cuts);
            for (var key = task * KeysPerTask; key < Math.Min(call.Keys, (task + 1) * KeysPerTask); key++)
            {
                AddUp(own, memory, key, 0, stride, keyScale, keyGradient + call.OffsetOfKey(sequence, key, call.KeySize), call.KeySize);
                AddUp(own, memory, key, stride, valueStride, T.One, valueGradient + call.OffsetOfKey(sequence, key, call.ValueSize), call.ValueSize);
            }
        });
    }

    private static Piece[] Cut(in AttentionCall call, long blocks, int cuts, int stride, out long elements)
    {
        var pieces = new Piece[call.Sequences * cuts];
        elements = 0;
        for (var i = 0; i < pieces.Length; i++)
        {
            var (sequence, cut) = Math.DivRem(i, cuts);
            var (start, end) = (blocks * cut / cuts * LargestRows, Math.Min(call.Rows, blocks * (cut + 1) / cuts * LargestRows));
            int first = int.MaxValue, last = 0;
            for (var t = start / call.Group; t * call.Group < end; t++)
            {
                var (low, high) = call.KeysOf(sequence, t * call.Group);
                (first, last) = (Math.Min(first, low), Math.Max(last, high));
            }

            var keys = Math.Max(0, last - first);
            pieces[i] = new(sequence, start, end, first, keys, elements);
            elements += (long)(keys + TTile.RowStep) * stride;
        }

        return pieces;
    }

    private static void RunPiece(in AttentionCall call, in Piece piece, in Operands operands, T* memory)
    {
        var stride = AttentionBlock<T, TTile>.Padded(call.KeySize);
        var rowsOfSums = piece.Keys + (long)TTile.RowStep;
        var valueSums = memory + (rowsOfSums * stride);
        for (long key = 0; key < rowsOfSums; key++)
        {
            new Span<T>(memory + (key * stride), stride).Clear();
            new Span<T>(valueSums + (key * AttentionBlock<T, TTile>.Padded(call.ValueSize)), AttentionBlock<T, TTile>.Padded(call.ValueSize)).Clear();
        }

        for (var row = piece.Start; row < piece.End; row += LargestRows)
        {
            RunRows(call, piece, row, (int)Math.Min(LargestRows, piece.End - row), operands, memory, valueSums);
        }
    }

    private static void RunRows(in AttentionCall call, in Piece piece, long row, int rows, in Operands operands, T* keySums, T* valueSums)
    {
        var (size, valueSize, sequence) = (call.KeySize, call.ValueSize, piece.Sequence);
        int stride = AttentionBlock<T, TTile>.Padded(size), valueStride = AttentionBlock<T, TTile>.Padded(valueSize);
        var visible = new VisibleKeys<T>(call, sequence, row, rows);
        var columns = visible.Columns;

        using var scratch = new VectorScratch<T>(((((2L * columns) + LargestKeys) * (stride + valueStride)) + ((long)columns * stride) + (((2 * LargestKeys) + 2L) * columns)) / Lanes);
        T* queries = scratch.Take((long)columns * stride / Lanes), transposedQueries = scratch.Take((long)columns * stride / Lanes);
        T* upstream = scratch.Take((long)columns * valueStride / Lanes), transposedUpstream = scratch.Take((long)columns * valueStride / Lanes);
        T* keys = scratch.Take((long)LargestKeys * stride / Lanes), values = scratch.Take((long)LargestKeys * valueStride / Lanes);
        T* scores = scratch.Take((long)LargestKeys * columns / Lanes), products = scratch.Take((long)LargestKeys * columns / Lanes);
        T* querySums = scratch.Take((long)columns * stride / Lanes), logSums = scratch.Take(columns / Lanes), means = scratch.Take(columns / Lanes);

        AttentionBlock<T, TTile>.LoadRows(call, call.Q.Pointer<T>(), sequence, row, rows, columns, size, T.CreateTruncating(call.Scale * Math.Log2(Math.E)), queries);
        AttentionBlock<T, TTile>.LoadRows(call, operands.Gradient, sequence, row, rows, columns, valueSize, T.One, upstream);
        AttentionBlock<T, TTile>.Transpose(queries, columns, size, transposedQueries);
        AttentionBlock<T, TTile>.Transpose(upstream, columns, valueSize, transposedUpstream);
        new Span<T>(querySums, checked(columns * stride)).Clear();
        for (var i = 0; i < columns; i++)
        {
            logSums[i] = i < rows ? operands.LogSums[(sequence * call.Rows) + row + i] : T.Zero;
            means[i] = i < rows ? Cpu.Lanes.Dot(upstream + ((long)i * valueStride), operands.Y + call.OffsetOfRow(sequence, row + i, valueSize), valueSize) : T.Zero;
        }

        for (var key = visible.First; key < visible.End; key += LargestKeys)
        {
            var count = Math.Min(LargestKeys, visible.End - key);
            if (!visible.Enter(key, count)) continue;
            AttentionBlock<T, TTile>.LoadKeys(call, call.K.Pointer<T>(), sequence, key, count, size, keys);
            AttentionBlock<T, TTile>.LoadKeys(call, call.V.Pointer<T>(), sequence, key, count, valueSize, values);
            AttentionBlock<T, TTile>.Multiply(visible, keys, count, size, transposedQueries, scores);
            AttentionBlock<T, TTile>.Multiply(visible, values, count, valueSize, transposedUpstream, products);
            for (var vector = 0; vector < visible.Vectors; vector++)
            {
                visible.Mask(vector, scores, columns);
                Differentiate(visible, vector, scores, products, logSums, means);
                AttentionBlock<T, TTile>.ClearUnseen(visible, vector, count, scores);
                AttentionBlock<T, TTile>.ClearUnseen(visible, vector, count, products);
            }

            AttentionBlock<T, TTile>.AddToKeys(visible, scores, count, upstream, valueSize, valueSums + ((long)(key - piece.First) * valueStride));
            AttentionBlock<T, TTile>.AddToKeys(visible, products, count, queries, size, keySums + ((long)(key - piece.First) * stride));
            AttentionBlock<T, TTile>.AddToRows(visible, products, keys, size, querySums);
        }

        AttentionBlock<T, TTile>.StoreRows(call, querySums, T.CreateTruncating(call.Scale), operands.QueryGradient, sequence, row, rows, size);
    }

    /// <summary>Scores to p = 2^(score − log-sum), products (g·v) to p (g·v − g·y): the gradient of the score.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Differentiate(in VisibleKeys<T> visible, int vector, T* scores, T* products, T* logSums, T* means)
    {
        var columns = visible.Columns;
        var (from, to) = visible.KeysOfVector(vector);
        Vector512<T> logSum = Vector512.Load(logSums + (vector * Lanes)), mean = Vector512.Load(means + (vector * Lanes));
        T* score = scores + (vector * Lanes) + (from * columns), product = products + (vector * Lanes) + (from * columns);
        for (var key = from; key < to; key++, score += columns, product += columns)
        {
            var p = UnaryDriver.Invoke<T, Exp2Operator>(Vector512.Load(score) - logSum);
            Vector512.Store(p, score);
            Vector512.Store(p * (Vector512.Load(product) - mean), product);
        }
    }

    /// <summary>Adds up what the pieces have for a key.</summary>
    private static void AddUp(ReadOnlySpan<Piece> pieces, T* memory, long key, int keyStride, int stride, T factor, T* target, int size)
    {
        new Span<T>(target, size).Clear();
        var f = Vector512.Create(factor);
        foreach (ref readonly var piece in pieces)
        {
            if (key < piece.First || key >= piece.First + (long)piece.Keys) continue;
            var source = memory + piece.Offset + ((piece.Keys + (long)TTile.RowStep) * keyStride) + ((key - piece.First) * stride);
            for (var i = 0; i < size; i += Lanes)
            {
                Cpu.Lanes.Store(Cpu.Lanes.MultiplyAdd(Vector512.Load(source + i), f, Cpu.Lanes.Load(target + i, size - i)), target + i, size - i);
            }
        }
    }

    /// <summary>Rows Start to End − 1 of a sequence and the keys that they see; Offset is where its sums begin: dk, then dv, each with a row step of zeros at the end.</summary>
    private readonly record struct Piece(long Sequence, long Start, long End, int First, int Keys, long Offset);

    private readonly struct Operands(T* y, T* logSums, T* gradient, T* queryGradient)
    {
        public T* Y { get; } = y;

        public T* LogSums { get; } = logSums;

        public T* Gradient { get; } = gradient;

        public T* QueryGradient { get; } = queryGradient;
    }
}
