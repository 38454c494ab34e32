using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.Gemm;
using StateSpace.Tensors.Cpu.VectorMath;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Operations.Attention;

/// <summary>
/// The forward pass: a block of rows goes through the keys that it sees, block by block, with a running maximum and sum (Dao et al., 2022,
/// algorithm 1). See the README beside this file.
/// </summary>
internal static unsafe class AttentionForward
{
    /// <summary>Fills y and, for the gradient, log2 Σ 2^score of each row, (sequences, rows).</summary>
    public static void Run<T>(in AttentionCall call, Tensor y, Tensor logSums)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (call.Rows <= AttentionFewRows.Most) AttentionFewRows.Run<T>(call, y, logSums);
        else if (Avx512F.IsSupported) AttentionForward<T, Tile512<T>>.Run(call, y, logSums);
        else AttentionForward<T, Tile256<T>>.Run(call, y, logSums);
    }
}

/// <summary>As <see cref="AttentionForward"/>, with the micro-kernel as a type argument.</summary>
internal static unsafe class AttentionForward<T, TTile>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TTile : ITile<T>
{
    private const int LargestRows = VisibleKeys<T>.LargestRows;
    private const int LargestKeys = VisibleKeys<T>.LargestKeys;

    private static int Lanes => Vector512<T>.Count;

    public static void Run(AttentionCall call, Tensor y, Tensor logSums)
    {
        var blocks = (call.Rows + LargestRows - 1) / LargestRows;
        T* target = y.Pointer<T>(), sums = logSums.Pointer<T>();

        // Late rows see most and go first, so that no long piece of work is left at the end.
        CpuTeam.For(checked((int)(blocks * call.Sequences)), index => RunRows(call, index % call.Sequences, (blocks - 1 - (index / call.Sequences)) * LargestRows, target, sums));
    }

    private static void RunRows(in AttentionCall call, long sequence, long row, T* y, T* logSums)
    {
        var (size, valueSize) = (call.KeySize, call.ValueSize);
        int stride = AttentionBlock<T, TTile>.Padded(size), valueStride = AttentionBlock<T, TTile>.Padded(valueSize);
        var rows = (int)Math.Min(LargestRows, call.Rows - row);
        var visible = new VisibleKeys<T>(call, sequence, row, rows);
        var columns = visible.Columns;

        using var scratch = new VectorScratch<T>((((2L * columns) + LargestKeys) * (stride + valueStride) / Lanes) + ((long)(LargestKeys + 3) * columns / Lanes));
        T* packed = scratch.Take((long)columns * stride / Lanes), queries = scratch.Take((long)columns * stride / Lanes);
        T* keys = scratch.Take((long)LargestKeys * stride / Lanes), values = scratch.Take((long)LargestKeys * valueStride / Lanes);
        T* scores = scratch.Take((long)LargestKeys * columns / Lanes), sums = scratch.Take((long)columns * valueStride / Lanes);
        var state = new RunningSoftmax(scratch.Take(columns / Lanes), scratch.Take(columns / Lanes), scratch.Take(columns / Lanes), columns);

        AttentionBlock<T, TTile>.LoadRows(call, call.Q.Pointer<T>(), sequence, row, rows, columns, size, T.CreateTruncating(call.Scale * Math.Log2(Math.E)), packed);
        AttentionBlock<T, TTile>.Transpose(packed, columns, size, queries);
        new Span<T>(sums, checked(columns * valueStride)).Clear();
        for (var key = visible.First; key < visible.End; key += LargestKeys)
        {
            var count = Math.Min(LargestKeys, visible.End - key);
            if (!visible.Enter(key, count)) continue;
            AttentionBlock<T, TTile>.LoadKeys(call, call.K.Pointer<T>(), sequence, key, count, size, keys);
            AttentionBlock<T, TTile>.LoadKeys(call, call.V.Pointer<T>(), sequence, key, count, valueSize, values);
            AttentionBlock<T, TTile>.Multiply(visible, keys, count, size, queries, scores);
            for (var vector = 0; vector < visible.Vectors; vector++)
            {
                visible.Mask(vector, scores, columns);
                state.Add(visible, vector, count, scores);
            }

            state.Rescale(sums, rows, valueStride);
            AttentionBlock<T, TTile>.AddToRows(visible, scores, values, valueSize, sums);
        }

        state.Finish(sums, rows, valueStride, logSums + (sequence * call.Rows) + row);
        AttentionBlock<T, TTile>.StoreRows(call, sums, T.One, y, sequence, row, rows, valueSize);
    }

    /// <summary>The running maximum and sum of each row, and by what its sums over earlier blocks shrink.</summary>
    private readonly struct RunningSoftmax
    {
        private readonly T* _maxima;
        private readonly T* _sums;
        private readonly T* _factors;

        public RunningSoftmax(T* maxima, T* sums, T* factors, int columns)
        {
            _maxima = maxima;
            _sums = sums;
            _factors = factors;

            // Not −∞: the difference of two of them, in a row that has seen no key yet, would be NaN.
            new Span<T>(maxima, columns).Fill(typeof(T) == typeof(float) ? T.CreateTruncating(float.MinValue) : T.CreateTruncating(double.MinValue));
            new Span<T>(sums, columns).Clear();
        }

        /// <summary>Turns a vector's scores into 2^(score − maximum).</summary>
        public void Add(in VisibleKeys<T> visible, int vector, int count, T* scores)
        {
            var columns = visible.Columns;
            var (from, to) = visible.KeysOfVector(vector);
            var column = scores + (vector * Lanes);
            var before = Vector512.Load(_maxima + (vector * Lanes));
            var maximum = Maximum(before, column + (from * columns), columns, to - from);
            var factor = UnaryDriver.Invoke<T, Exp2Operator>(before - maximum);
            var sum = SumExp(maximum, column + (from * columns), columns, to - from);
            AttentionBlock<T, TTile>.ClearUnseen(visible, vector, count, scores);
            var sums = _sums + (vector * Lanes);
            Vector512.Store(maximum, _maxima + (vector * Lanes));
            Vector512.Store(Cpu.Lanes.MultiplyAdd(Vector512.Load(sums), factor, sum), sums);
            Vector512.Store(factor, _factors + (vector * Lanes));
        }

        public void Rescale(T* rows, int count, int stride)
        {
            for (var row = 0; row < count; row++)
            {
                if (_factors[row] != T.One) Scale(new(rows + ((long)row * stride), stride), _factors[row]);
            }
        }

        public void Finish(T* rows, int count, int stride, T* logSums)
        {
            for (var row = 0; row < count; row++)
            {
                Scale(new(rows + ((long)row * stride), stride), T.One / _sums[row]);
                logSums[row] = T.CreateTruncating(double.CreateTruncating(_maxima[row]) + Math.Log2(double.CreateTruncating(_sums[row])));
            }
        }

        private static void Scale(Span<T> row, T factor) => TensorPrimitives.Multiply(row, factor, row);

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static Vector512<T> Maximum(Vector512<T> maximum, T* scores, int stride, int keys)
        {
            var (first, second) = (maximum, maximum);
            for (; keys >= 2; keys -= 2, scores += 2 * stride)
            {
                first = Vector512.MaxNative(first, Vector512.Load(scores));
                second = Vector512.MaxNative(second, Vector512.Load(scores + stride));
            }

            if (keys > 0) first = Vector512.MaxNative(first, Vector512.Load(scores));
            return Vector512.MaxNative(first, second);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static Vector512<T> SumExp(Vector512<T> maximum, T* scores, int stride, int keys)
        {
            var sum = Vector512<T>.Zero;
            for (; keys > 0; keys--, scores += stride)
            {
                var term = UnaryDriver.Invoke<T, Exp2Operator>(Vector512.Load(scores) - maximum);
                Vector512.Store(term, scores);
                sum += term;
            }

            return sum;
        }
    }
}
