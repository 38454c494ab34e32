using System.Numerics;
using System.Numerics.Tensors;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.GatedRecurrence;

/// <summary>Blocks of neighbouring elements of a sequence, step after step.</summary>
internal static unsafe class GatedRecurrenceCpu
{
    private const long Width = 512;

    public static void Forward<T>(Tensor gate, Tensor input, Tensor? initial, Tensor h)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (length, width) = (gate.Shape[1], gate.Shape[2]);
        T* a = gate.Pointer<T>(), b = input.Pointer<T>(), start = initial is null ? null : initial.Pointer<T>(), to = h.Pointer<T>();
        ForBlocks(gate.Shape, (sequence, first, count) =>
        {
            var at = (sequence * length * width) + first;
            for (long t = 0; t < length; t++, at += width)
            {
                var before = t > 0 ? to + at - width : start == null ? null : start + (sequence * width) + first;
                if (before == null) new Span<T>(b + at, count).CopyTo(new(to + at, count));
                else TensorPrimitives.FusedMultiplyAdd<T>(new(a + at, count), new ReadOnlySpan<T>(before, count), new ReadOnlySpan<T>(b + at, count), new(to + at, count));
            }
        });
    }

    /// <summary>G_t = ∂h_t + a_{t+1} G_{t+1}; ∂b_t = G_t, ∂a_t = G_t h_{t−1}, ∂h_0 = a_1 G_1.</summary>
    public static void Backward<T>(Tensor gate, Tensor? initial, Tensor h, Tensor upstream, Tensor ofGate, Tensor ofInput, Tensor? ofInitial)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (length, width) = (gate.Shape[1], gate.Shape[2]);
        T* a = gate.Pointer<T>(), states = h.Pointer<T>(), dh = upstream.Pointer<T>(), da = ofGate.Pointer<T>(), g = ofInput.Pointer<T>();
        T* start = initial is null ? null : initial.Pointer<T>(), dstart = ofInitial is null ? null : ofInitial.Pointer<T>();
        ForBlocks(gate.Shape, (sequence, first, count) =>
        {
            var row = (sequence * width) + first;
            if (length == 0 && dstart != null) new Span<T>(dstart + row, count).Clear();
            for (var t = length - 1; t >= 0; t--)
            {
                var at = (((sequence * length) + t) * width) + first;
                if (t == length - 1) new Span<T>(dh + at, count).CopyTo(new(g + at, count));
                else TensorPrimitives.FusedMultiplyAdd<T>(new(a + at + width, count), new ReadOnlySpan<T>(g + at + width, count), new ReadOnlySpan<T>(dh + at, count), new(g + at, count));
                var before = t > 0 ? states + at - width : start == null ? null : start + row;
                if (before == null) new Span<T>(da + at, count).Clear();
                else TensorPrimitives.Multiply<T>(new(g + at, count), new ReadOnlySpan<T>(before, count), new(da + at, count));
                if (t == 0 && dstart != null) TensorPrimitives.Multiply<T>(new(g + at, count), new ReadOnlySpan<T>(a + at, count), new(dstart + row, count));
            }
        });
    }

    private static void ForBlocks(Shape shape, Action<long, long, int> body)
    {
        var blocks = (shape[2] + Width - 1) / Width;
        CpuTeam.For(checked((int)(shape[0] * blocks)), i =>
        {
            var first = i % blocks * Width;
            body(i / blocks, first, (int)Math.Min(Width, shape[2] - first));
        });
    }
}
