using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.Gemm;

namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>
/// The recurrence of one head: four rows of the state at a time, which share the loads of B and C, through some steps, during which they stay
/// in the L1 cache.
/// </summary>
internal static unsafe class RecurrentHead<T, V, S>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : struct
    where S : ISimd<T, V>
{
    private const int RowsAtOnce = 4;

    /// <summary>B and C of so many steps stay in the L1 cache beside the rows.</summary>
    private const int StepsAtOnce = 16;

    /// <summary>What has decayed below becomes zero; see <see cref="Decay"/>.</summary>
    private static T Smallest
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => T.CreateTruncating(sizeof(T) == sizeof(float) ? Decay.SmallestSingle : Decay.SmallestDouble);
    }

    /// <param name="x">The inputs.</param>
    /// <param name="sequence">Index in the batch.</param>
    /// <param name="head">The head.</param>
    /// <param name="y">(B, L, H, P).</param>
    /// <param name="state">The head's final state, (P, N).</param>
    public static void Run(SsdArrays<T> x, long sequence, long head, T* y, T* state)
    {
        var initial = x.Initial == null ? null : x.Initial + x.AtState(sequence, head);
        var count = checked(x.HeadSize * x.States);
        if (initial == null) new Span<T>(state, count).Clear();
        else if (x.Length == 0) new Span<T>(initial, count).CopyTo(new(state, count));

        var steps = stackalloc Step[StepsAtOnce];
        for (long start = 0; start < x.Length; start += StepsAtOnce)
        {
            var some = (int)Math.Min(StepsAtOnce, x.Length - start);
            for (var t = 0; t < some; t++) steps[t] = new(x, sequence, head, start + t, y);
            var before = start == 0 && initial != null ? initial : state;
            for (var p = 0; p < x.HeadSize; p += RowsAtOnce)
            {
                var rows = Math.Min(RowsAtOnce, x.HeadSize - p);
                T* from = before + ((long)p * x.States), to = state + ((long)p * x.States);
                for (var t = 0; t < some; t++, from = to)
                {
                    if (steps[t].IsReset)
                    {
                        new Span<T>(to, rows * x.States).Clear();
                        from = to;
                    }

                    if (rows == RowsAtOnce) FourRows(ref steps[t], p, x.States, from, to);
                    else for (var i = 0; i < rows; i++) OneRow(ref steps[t], p + i, x.States, from + ((long)i * x.States), to + ((long)i * x.States));
                }
            }
        }
    }

    /// <summary>h = exp(ΔA) h + Δ x Bᵀ and y = h C + D̲ x for rows p … p + 3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows(ref Step step, int p, nint states, T* from, T* to)
    {
        T* b = step.B, c = step.C, x = step.X + p;
        V decay = S.Broadcast(step.Decay), smallest = S.Broadcast(Smallest);
        V x0 = S.Broadcast(step.Delta * x[0]), x1 = S.Broadcast(step.Delta * x[1]), x2 = S.Broadcast(step.Delta * x[2]), x3 = S.Broadcast(step.Delta * x[3]);
        V y0 = default, y1 = default, y2 = default, y3 = default;
        T* from1 = from + states, from2 = from1 + states, from3 = from2 + states, to1 = to + states, to2 = to1 + states, to3 = to2 + states;
        nint n = 0;
        for (; n <= states - S.Count; n += S.Count)
        {
            V input = S.Load(b + n), output = S.Load(c + n);
            var h = Update(decay, S.Load(from + n), x0, input, smallest);
            S.Store(h, to + n);
            y0 = S.MultiplyAdd(h, output, y0);
            h = Update(decay, S.Load(from1 + n), x1, input, smallest);
            S.Store(h, to1 + n);
            y1 = S.MultiplyAdd(h, output, y1);
            h = Update(decay, S.Load(from2 + n), x2, input, smallest);
            S.Store(h, to2 + n);
            y2 = S.MultiplyAdd(h, output, y2);
            h = Update(decay, S.Load(from3 + n), x3, input, smallest);
            S.Store(h, to3 + n);
            y3 = S.MultiplyAdd(h, output, y3);
        }

        var y = step.Y + p;
        y[0] = S.Sum(y0) + (step.Skip * x[0]);
        y[1] = S.Sum(y1) + (step.Skip * x[1]);
        y[2] = S.Sum(y2) + (step.Skip * x[2]);
        y[3] = S.Sum(y3) + (step.Skip * x[3]);
        if (n == states) return;
        y[0] += Rest(ref step, x[0], n, states, from, to);
        y[1] += Rest(ref step, x[1], n, states, from1, to1);
        y[2] += Rest(ref step, x[2], n, states, from2, to2);
        y[3] += Rest(ref step, x[3], n, states, from3, to3);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneRow(ref Step step, int p, nint states, T* from, T* to)
    {
        V decay = S.Broadcast(step.Decay), smallest = S.Broadcast(Smallest), x = S.Broadcast(step.Delta * step.X[p]), sum = default;
        nint n = 0;
        for (; n <= states - S.Count; n += S.Count)
        {
            var h = Update(decay, S.Load(from + n), x, S.Load(step.B + n), smallest);
            S.Store(h, to + n);
            sum = S.MultiplyAdd(h, S.Load(step.C + n), sum);
        }

        step.Y[p] = S.Sum(sum) + (step.Skip * step.X[p]) + Rest(ref step, step.X[p], n, states, from, to);
    }

    /// <summary>The states of a row that fill no vector.</summary>
    private static T Rest(ref Step step, T x, nint n, nint states, T* from, T* to)
    {
        var sum = T.Zero;
        for (; n < states; n++)
        {
            var h = T.MultiplyAddEstimate(step.Delta * x, step.B[n], step.Decay * from[n]);
            to[n] = T.Abs(h) < Smallest ? T.Zero : h;
            sum += step.C[n] * to[n];
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Update(V decay, V state, V x, V b, V smallest)
    {
        var h = S.MultiplyAdd(x, b, S.MultiplyAdd(decay, state, default));
        if (typeof(V) == typeof(Vector512<T>))
        {
            var wide = Unsafe.BitCast<V, Vector512<T>>(h);
            return Unsafe.BitCast<Vector512<T>, V>(Vector512.AndNot(wide, Vector512.LessThan(Vector512.Abs(wide), Unsafe.BitCast<V, Vector512<T>>(smallest))));
        }

        var narrow = Unsafe.BitCast<V, Vector256<T>>(h);
        return Unsafe.BitCast<Vector256<T>, V>(Vector256.AndNot(narrow, Vector256.LessThan(Vector256.Abs(narrow), Unsafe.BitCast<V, Vector256<T>>(smallest))));
    }

    /// <summary>What the rows of a head share in a step.</summary>
    private readonly struct Step
    {
        public readonly T* X;
        public readonly T* Y;
        public readonly T* B;
        public readonly T* C;
        public readonly T Delta;
        public readonly T Decay;
        public readonly T Skip;
        public readonly bool IsReset;

        public Step(SsdArrays<T> x, long sequence, long head, long t, T* y)
        {
            X = x.X + x.AtX(sequence, t, head);
            Y = y + x.AtX(sequence, t, head);
            var group = x.AtB(sequence, t, head / (x.Heads / x.Groups));
            B = x.B + group;
            C = x.C + group;
            Delta = x.Delta == null ? T.One : x.Delta[x.AtDelta(sequence, t, head)];
            Decay = x.Delta == null ? T.One : T.Exp(Delta * x.A[head]);
            Skip = x.Skip == null ? T.Zero : x.Skip[head];
            IsReset = x.IsReset(sequence, t);
        }
    }
}
