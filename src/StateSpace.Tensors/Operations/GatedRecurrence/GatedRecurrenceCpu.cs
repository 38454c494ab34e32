using System.Numerics;
using System.Numerics.Tensors;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.GatedRecurrence;

/// <summary>Blocks of neighbouring elements of a sequence, step after step.</summary>
internal static unsafe class GatedRecurrenceCpu
{
    private const long Width = 512;

    public static void Forward<T>(GatedRecurrenceTensors x, Tensor final)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (length, width) = (x.Gate.Shape[1], x.Gate.Shape[2]);
        T* a = x.Gate.Pointer<T>(), b = x.Input.Pointer<T>(), start = Start<T>(x.Initial), to = x.H.Pointer<T>(), end = final.Pointer<T>();
        var resets = x.Resets is null ? null : x.Resets.Pointer<int>();
        ForBlocks(x.Gate.Shape, (sequence, first, count) =>
        {
            var at = (sequence * length * width) + first;
            var row = (sequence * width) + first;
            var state = start == null ? null : start + row;
            for (long t = 0; t < length; t++, at += width)
            {
                var before = IsReset(resets, (sequence * length) + t) ? null : state;
                if (before == null) new Span<T>(b + at, count).CopyTo(new(to + at, count));
                else TensorPrimitives.FusedMultiplyAdd<T>(new(a + at, count), new ReadOnlySpan<T>(before, count), new ReadOnlySpan<T>(b + at, count), new(to + at, count));
                state = to + at;
            }

            if (state == null) new Span<T>(end + row, count).Clear();
            else new Span<T>(state, count).CopyTo(new(end + row, count));
        });
    }

    /// <summary>G_t = ∂h_t + a_{t+1} G_{t+1}, where G_L is what arrives at the last state; ∂b_t = G_t, ∂a_t = G_t h_{t−1}, ∂h_0 = a_1 G_1.</summary>
    public static void Backward<T>(GatedRecurrenceTensors x, Tensor ofH, Tensor ofFinal, GatedRecurrenceGradients gradients)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (length, width) = (x.Gate.Shape[1], x.Gate.Shape[2]);
        T* a = x.Gate.Pointer<T>(), states = x.H.Pointer<T>(), start = Start<T>(x.Initial), dh = ofH.Pointer<T>(), dend = ofFinal.Pointer<T>();
        T* da = gradients.Gate.Pointer<T>(), g = gradients.Input.Pointer<T>(), dstart = Start<T>(gradients.Initial);
        var resets = x.Resets is null ? null : x.Resets.Pointer<int>();
        ForBlocks(x.Gate.Shape, (sequence, first, count) =>
        {
            var row = (sequence * width) + first;
            for (var t = length - 1; t >= 0; t--)
            {
                var (step, at) = ((sequence * length) + t, (((sequence * length) + t) * width) + first);
                if (t == length - 1) TensorPrimitives.Add<T>(new(dh + at, count), new ReadOnlySpan<T>(dend + row, count), new(g + at, count));
                else if (IsReset(resets, step + 1)) new Span<T>(dh + at, count).CopyTo(new(g + at, count));
                else TensorPrimitives.FusedMultiplyAdd<T>(new(a + at + width, count), new ReadOnlySpan<T>(g + at + width, count), new ReadOnlySpan<T>(dh + at, count), new(g + at, count));
                var before = IsReset(resets, step) ? null : t > 0 ? states + at - width : start == null ? null : start + row;
                if (before == null) new Span<T>(da + at, count).Clear();
                else TensorPrimitives.Multiply<T>(new(g + at, count), new ReadOnlySpan<T>(before, count), new(da + at, count));
            }

            if (dstart == null) return;
            var begin = (sequence * length * width) + first;
            var to = new Span<T>(dstart + row, count);
            if (length == 0) new Span<T>(dend + row, count).CopyTo(to);
            else if (IsReset(resets, sequence * length)) to.Clear();
            else TensorPrimitives.Multiply<T>(new(g + begin, count), new ReadOnlySpan<T>(a + begin, count), to);
        });
    }

    private static bool IsReset(int* resets, long step) => resets != null && resets[step] != 0;

    private static T* Start<T>(Tensor? state)
        where T : unmanaged => state is null ? null : state.Pointer<T>();

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
