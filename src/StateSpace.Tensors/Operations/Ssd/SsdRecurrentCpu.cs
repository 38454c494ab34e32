using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>
/// The forward pass step by step, for few of them (decoding): the state is read and written as it lies, (P, N), in place in the final state.
/// </summary>
internal static unsafe class SsdRecurrentCpu
{
    /// <summary>Rows of a state that share the loads of B and C.</summary>
    private const int RowsAtOnce = 4;

    /// <summary>Numbers of states worth a task of their own: some microseconds.</summary>
    private const long StatesPerTask = 1 << 14;

    public static void Forward<T>(SsdTensors tensors, Tensor y, Tensor final)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var x = new SsdArrays<T>(tensors);
        T* output = y.Pointer<T>(), state = final.Pointer<T>();
        var perTask = Math.Max(1, StatesPerTask / Math.Max(1, (long)x.HeadSize * x.States));
        CpuTeam.ForBlocks(x.Batch * x.Heads, perTask, (start, end) =>
        {
            for (var row = start; row < end; row++) Head(x, row / x.Heads, row % x.Heads, output, state + (row * x.HeadSize * x.States));
        });
    }

    private static void Head<T>(SsdArrays<T> x, long sequence, long head, T* y, T* state)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var count = (long)x.HeadSize * x.States;
        var before = x.Initial == null ? null : x.Initial + x.AtState(sequence, head);
        if (x.Length == 0)
        {
            if (before == null) new Span<T>(state, checked((int)count)).Clear();
            else new Span<T>(before, checked((int)count)).CopyTo(new(state, (int)count));
        }

        var group = head / (x.Heads / x.Groups);
        for (long t = 0; t < x.Length; t++)
        {
            Step<T> step = default;
            step.States = x.States;
            step.Delta = x.Delta == null ? T.One : x.Delta[x.AtDelta(sequence, t, head)];
            step.Decay = x.Delta == null ? T.One : T.Exp(step.Delta * x.A[head]);
            step.Skip = x.Skip == null ? T.Zero : x.Skip[head];
            step.B = x.B + x.AtB(sequence, t, group);
            step.C = x.C + x.AtB(sequence, t, group);
            var from = x.IsReset(sequence, t) ? null : before;
            T* input = x.X + x.AtX(sequence, t, head), output = y + x.AtX(sequence, t, head);
            if (from == null) Run<T, FromZero>(step, input, from, state, output, x.HeadSize);
            else Run<T, FromState>(step, input, from, state, output, x.HeadSize);
            before = state;
        }
    }

    /// <summary>One step of all rows of a head's state.</summary>
    private static void Run<T, TStart>(in Step<T> step, T* x, T* before, T* after, T* y, int size)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TStart : struct, IStart
    {
        var p = 0;
        for (; p <= size - RowsAtOnce; p += RowsAtOnce) FourRows<T, TStart>(step, x + p, before + (p * step.States), after + (p * step.States), y + p);
        for (; p < size; p++) OneRow<T, TStart>(step, x + p, before + (p * step.States), after + (p * step.States), y + p);
    }

    private static void FourRows<T, TStart>(in Step<T> step, T* x, T* before, T* after, T* y)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TStart : struct, IStart
    {
        var states = step.States;
        var decay = Vector512.Create(step.Decay);
        Vector512<T> x0 = Vector512.Create(step.Delta * x[0]), x1 = Vector512.Create(step.Delta * x[1]);
        Vector512<T> x2 = Vector512.Create(step.Delta * x[2]), x3 = Vector512.Create(step.Delta * x[3]);
        Vector512<T> y0 = Vector512<T>.Zero, y1 = Vector512<T>.Zero, y2 = Vector512<T>.Zero, y3 = Vector512<T>.Zero;
        for (long n = 0; n < states; n += Vector512<T>.Count)
        {
            Vector512<T> b = Lanes.Load(step.B + n, states - n), c = Lanes.Load(step.C + n, states - n);
            y0 = Lanes.MultiplyAdd(c, Update<T, TStart>(decay, x0, b, before + n, after + n, states - n), y0);
            y1 = Lanes.MultiplyAdd(c, Update<T, TStart>(decay, x1, b, before + states + n, after + states + n, states - n), y1);
            y2 = Lanes.MultiplyAdd(c, Update<T, TStart>(decay, x2, b, before + (2 * states) + n, after + (2 * states) + n, states - n), y2);
            y3 = Lanes.MultiplyAdd(c, Update<T, TStart>(decay, x3, b, before + (3 * states) + n, after + (3 * states) + n, states - n), y3);
        }

        y[0] = Vector512.Sum(y0) + (step.Skip * x[0]);
        y[1] = Vector512.Sum(y1) + (step.Skip * x[1]);
        y[2] = Vector512.Sum(y2) + (step.Skip * x[2]);
        y[3] = Vector512.Sum(y3) + (step.Skip * x[3]);
    }

    private static void OneRow<T, TStart>(in Step<T> step, T* x, T* before, T* after, T* y)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TStart : struct, IStart
    {
        Vector512<T> decay = Vector512.Create(step.Decay), input = Vector512.Create(step.Delta * x[0]), sum = Vector512<T>.Zero;
        for (long n = 0; n < step.States; n += Vector512<T>.Count)
        {
            var left = step.States - n;
            var state = Update<T, TStart>(decay, input, Lanes.Load(step.B + n, left), before + n, after + n, left);
            sum = Lanes.MultiplyAdd(Lanes.Load(step.C + n, left), state, sum);
        }

        *y = Vector512.Sum(sum) + (step.Skip * *x);
    }

    /// <summary>h = exp(ΔA) h + Δ x B for a vector of states; one that has all but decayed becomes zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Update<T, TStart>(Vector512<T> decay, Vector512<T> x, Vector512<T> b, T* before, T* after, long left)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TStart : struct, IStart
    {
        var state = x * b;
        if (TStart.HasState)
        {
            state = Lanes.MultiplyAdd(decay, Lanes.Load(before, left), state);
            var unused = Vector512<T>.Zero;
            Decay.End<T, RealField>(ref state, ref unused);
        }

        Lanes.Store(state, after, left);
        return state;
    }

    private interface IStart
    {
        static abstract bool HasState { get; }
    }

    private readonly struct FromState : IStart
    {
        public static bool HasState => true;
    }

    /// <summary>There is no state, or a reset: memory is not read.</summary>
    private readonly struct FromZero : IStart
    {
        public static bool HasState => false;
    }

    /// <summary>What the rows of a head share in a step.</summary>
    private struct Step<T>
        where T : unmanaged
    {
        public T* B;
        public T* C;
        public T Delta;
        public T Decay;
        public T Skip;
        public long States;
    }
}
