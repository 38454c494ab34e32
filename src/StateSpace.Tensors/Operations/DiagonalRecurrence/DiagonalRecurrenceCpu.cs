using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Operations.DiagonalRecurrence;

/// <summary>
/// Rows across lanes, time in chunks whose inputs and outputs stay in the L1 cache, and for each chunk a few states at a time in
/// registers: per state and step 6 multiply-adds (2 where real), and nothing of size (B, L, D, N) in memory.
/// </summary>
internal static unsafe class DiagonalRecurrenceCpu
{
    /// <summary>Steps of a chunk.</summary>
    public const long Chunk = 64;

    public static void Forward<T, TField>(RecurrenceTensors operands, Tensor y, Tensor finalRe, Tensor? finalIm)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TField : struct, INumberField
    {
        if (operands.Resets is null) Forward<T, TField, WithoutResets>(operands, y, finalRe, finalIm);
        else Forward<T, TField, WithResets>(operands, y, finalRe, finalIm);
    }

    private static void Forward<T, TField, TResets>(RecurrenceTensors operands, Tensor y, Tensor finalRe, Tensor? finalIm)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TField : struct, INumberField
        where TResets : struct, IResetMask
    {
        var x = new RecurrenceArrays<T>(operands);
        T* output = y.Pointer<T>(), endRe = finalRe.Pointer<T>(), endIm = RecurrenceArrays<T>.Pointer(finalIm);
        LaneGroup<T>.ForAll(x.Batch, x.Length, x.Channels, group =>
        {
            using var scratch = new VectorScratch<T>(group.Blocks * (((TResets.IsPresent ? 3 : 2) * Chunk) + Modes<T>.Vectors(x.States)));
            T* u = scratch.Take(group.Blocks * Chunk), sum = scratch.Take(group.Blocks * Chunk), memory = scratch.Take(group.Blocks * Modes<T>.Vectors(x.States));
            var masks = TResets.IsPresent ? scratch.Take(group.Blocks * Chunk) : null;
            for (var block = 0; block < group.Blocks; block++) Modes<T>.At(memory, block, x.States).Load<TField>(group[block], x);
            for (long start = 0; start < x.Length; start += Chunk)
            {
                var steps = Math.Min(Chunk, x.Length - start);
                group.LoadSteps(x.Input, start, steps, u, Chunk);
                if (TResets.IsPresent) ResetMasks.Load(x.Resets, group, x.Length, start, steps, masks, Chunk);
                for (var block = 0; block < group.Blocks; block++)
                {
                    var skip = block * Chunk * Vector512<T>.Count;
                    RunChunk<T, TField, TResets>(Modes<T>.At(memory, block, x.States), x.States, u + skip, masks + skip, sum + skip, steps);
                }

                group.StoreSteps(sum, Chunk, output, start, steps);
            }

            for (var block = 0; block < group.Blocks; block++)
            {
                var modes = Modes<T>.At(memory, block, x.States);
                group[block].StoreStates(modes.StateRe, endRe, x.States);
                if (TField.IsComplex) group[block].StoreStates(modes.StateIm, endIm, x.States);
            }
        });
    }

    /// <summary>The states after a chunk, without outputs.</summary>
    public static void Sweep<T, TField, TResets>(Modes<T> modes, long states, T* u, T* masks, long steps)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TField : struct, INumberField
        where TResets : struct, IResetMask
    {
        long n = 0;
        for (; n <= states - 4; n += 4) AdvanceFour<T, TField, TResets>(modes.From(n), u, masks, steps);
        for (; n < states; n++) AdvanceOne<T, TField, TResets>(modes.From(n), u, masks, steps);
    }

    /// <summary>x ← λ x + u.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Advance<T, TField>(Vector512<T> lambdaRe, Vector512<T> lambdaIm, ref Vector512<T> re, ref Vector512<T> im, Vector512<T> u)
        where TField : struct, INumberField
    {
        var next = Lanes.MultiplyAdd(lambdaRe, re, u);
        if (TField.IsComplex)
        {
            var nextIm = Lanes.MultiplyAdd(lambdaIm, re, lambdaRe * im);
            next = Lanes.SubtractProduct(lambdaIm, im, next);
            im = nextIm;
        }

        re = next;
    }

    /// <summary>Stores a state (or adjoint) at the end of a chunk; one that has decayed becomes zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T, TField>(Vector512<T> re, Vector512<T> im, T* reTarget, T* imTarget)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TField : struct, INumberField
    {
        Decay.End<T, TField>(ref re, ref im);
        Vector512.Store(re, reTarget);
        if (TField.IsComplex) Vector512.Store(im, imTarget);
    }

    private static void RunChunk<T, TField, TResets>(Modes<T> modes, long states, T* u, T* masks, T* sum, long steps)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TField : struct, INumberField
        where TResets : struct, IResetMask
    {
        new Span<T>(sum, (int)steps * Vector512<T>.Count).Clear();
        long n = 0;
        for (; n <= states - 4; n += 4) RunFour<T, TField, TResets>(modes.From(n), u, masks, sum, steps);
        for (; n < states; n++) RunOne<T, TField, TResets>(modes.From(n), u, masks, sum, steps);
    }

    /// <summary>sum + Re(w x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> AddOutput<T, TField>(Vector512<T> weightRe, Vector512<T> weightIm, Vector512<T> re, Vector512<T> im, Vector512<T> sum)
        where TField : struct, INumberField
    {
        sum = Lanes.MultiplyAdd(weightRe, re, sum);
        return TField.IsComplex ? Lanes.SubtractProduct(weightIm, im, sum) : sum;
    }

    private static void RunFour<T, TField, TResets>(Modes<T> m, T* u, T* masks, T* sum, long steps)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TField : struct, INumberField
        where TResets : struct, IResetMask
    {
        var w = Vector512<T>.Count;
        Vector512<T> a0 = Vector512.Load(m.LambdaRe), a1 = Vector512.Load(m.LambdaRe + w), a2 = Vector512.Load(m.LambdaRe + (2 * w)), a3 = Vector512.Load(m.LambdaRe + (3 * w));
        Vector512<T> b0 = Vector512.Load(m.LambdaIm), b1 = Vector512.Load(m.LambdaIm + w), b2 = Vector512.Load(m.LambdaIm + (2 * w)), b3 = Vector512.Load(m.LambdaIm + (3 * w));
        Vector512<T> p0 = Vector512.Load(m.WeightRe), p1 = Vector512.Load(m.WeightRe + w), p2 = Vector512.Load(m.WeightRe + (2 * w)), p3 = Vector512.Load(m.WeightRe + (3 * w));
        Vector512<T> q0 = Vector512.Load(m.WeightIm), q1 = Vector512.Load(m.WeightIm + w), q2 = Vector512.Load(m.WeightIm + (2 * w)), q3 = Vector512.Load(m.WeightIm + (3 * w));
        Vector512<T> x0 = Vector512.Load(m.StateRe), x1 = Vector512.Load(m.StateRe + w), x2 = Vector512.Load(m.StateRe + (2 * w)), x3 = Vector512.Load(m.StateRe + (3 * w));
        Vector512<T> y0 = Vector512.Load(m.StateIm), y1 = Vector512.Load(m.StateIm + w), y2 = Vector512.Load(m.StateIm + (2 * w)), y3 = Vector512.Load(m.StateIm + (3 * w));
        for (long t = 0; t < steps; t++)
        {
            var input = Vector512.Load(u + (t * w));
            if (TResets.IsPresent)
            {
                var mask = Vector512.Load(masks + (t * w));
                (x0, x1, x2, x3) = (x0 & mask, x1 & mask, x2 & mask, x3 & mask);
                (y0, y1, y2, y3) = (y0 & mask, y1 & mask, y2 & mask, y3 & mask);
            }

            Advance<T, TField>(a0, b0, ref x0, ref y0, input);
            Advance<T, TField>(a1, b1, ref x1, ref y1, input);
            Advance<T, TField>(a2, b2, ref x2, ref y2, input);
            Advance<T, TField>(a3, b3, ref x3, ref y3, input);
            var total = AddOutput<T, TField>(p0, q0, x0, y0, Vector512.Load(sum + (t * w)));
            total = AddOutput<T, TField>(p1, q1, x1, y1, total);
            total = AddOutput<T, TField>(p2, q2, x2, y2, total);
            total = AddOutput<T, TField>(p3, q3, x3, y3, total);
            Vector512.Store(total, sum + (t * w));
        }

        Store<T, TField>(x0, y0, m.StateRe, m.StateIm);
        Store<T, TField>(x1, y1, m.StateRe + w, m.StateIm + w);
        Store<T, TField>(x2, y2, m.StateRe + (2 * w), m.StateIm + (2 * w));
        Store<T, TField>(x3, y3, m.StateRe + (3 * w), m.StateIm + (3 * w));
    }

    private static void AdvanceFour<T, TField, TResets>(Modes<T> m, T* u, T* masks, long steps)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TField : struct, INumberField
        where TResets : struct, IResetMask
    {
        var w = Vector512<T>.Count;
        Vector512<T> a0 = Vector512.Load(m.LambdaRe), a1 = Vector512.Load(m.LambdaRe + w), a2 = Vector512.Load(m.LambdaRe + (2 * w)), a3 = Vector512.Load(m.LambdaRe + (3 * w));
        Vector512<T> b0 = Vector512.Load(m.LambdaIm), b1 = Vector512.Load(m.LambdaIm + w), b2 = Vector512.Load(m.LambdaIm + (2 * w)), b3 = Vector512.Load(m.LambdaIm + (3 * w));
        Vector512<T> x0 = Vector512.Load(m.StateRe), x1 = Vector512.Load(m.StateRe + w), x2 = Vector512.Load(m.StateRe + (2 * w)), x3 = Vector512.Load(m.StateRe + (3 * w));
        Vector512<T> y0 = Vector512.Load(m.StateIm), y1 = Vector512.Load(m.StateIm + w), y2 = Vector512.Load(m.StateIm + (2 * w)), y3 = Vector512.Load(m.StateIm + (3 * w));
        for (long t = 0; t < steps; t++)
        {
            var input = Vector512.Load(u + (t * w));
            if (TResets.IsPresent)
            {
                var mask = Vector512.Load(masks + (t * w));
                (x0, x1, x2, x3) = (x0 & mask, x1 & mask, x2 & mask, x3 & mask);
                (y0, y1, y2, y3) = (y0 & mask, y1 & mask, y2 & mask, y3 & mask);
            }

            Advance<T, TField>(a0, b0, ref x0, ref y0, input);
            Advance<T, TField>(a1, b1, ref x1, ref y1, input);
            Advance<T, TField>(a2, b2, ref x2, ref y2, input);
            Advance<T, TField>(a3, b3, ref x3, ref y3, input);
        }

        Store<T, TField>(x0, y0, m.StateRe, m.StateIm);
        Store<T, TField>(x1, y1, m.StateRe + w, m.StateIm + w);
        Store<T, TField>(x2, y2, m.StateRe + (2 * w), m.StateIm + (2 * w));
        Store<T, TField>(x3, y3, m.StateRe + (3 * w), m.StateIm + (3 * w));
    }

    private static void RunOne<T, TField, TResets>(Modes<T> m, T* u, T* masks, T* sum, long steps)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TField : struct, INumberField
        where TResets : struct, IResetMask
    {
        Vector512<T> a = Vector512.Load(m.LambdaRe), b = Vector512.Load(m.LambdaIm), p = Vector512.Load(m.WeightRe), q = Vector512.Load(m.WeightIm);
        Vector512<T> x = Vector512.Load(m.StateRe), y = Vector512.Load(m.StateIm);
        for (long t = 0; t < steps; t++)
        {
            var at = t * Vector512<T>.Count;
            if (TResets.IsPresent)
            {
                var mask = Vector512.Load(masks + (t * Vector512<T>.Count));
                (x, y) = (x & mask, y & mask);
            }

            Advance<T, TField>(a, b, ref x, ref y, Vector512.Load(u + at));
            Vector512.Store(AddOutput<T, TField>(p, q, x, y, Vector512.Load(sum + at)), sum + at);
        }

        Store<T, TField>(x, y, m.StateRe, m.StateIm);
    }

    private static void AdvanceOne<T, TField, TResets>(Modes<T> m, T* u, T* masks, long steps)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TField : struct, INumberField
        where TResets : struct, IResetMask
    {
        Vector512<T> a = Vector512.Load(m.LambdaRe), b = Vector512.Load(m.LambdaIm), x = Vector512.Load(m.StateRe), y = Vector512.Load(m.StateIm);
        for (long t = 0; t < steps; t++)
        {
            if (TResets.IsPresent)
            {
                var mask = Vector512.Load(masks + (t * Vector512<T>.Count));
                (x, y) = (x & mask, y & mask);
            }

            Advance<T, TField>(a, b, ref x, ref y, Vector512.Load(u + (t * Vector512<T>.Count)));
        }

        Store<T, TField>(x, y, m.StateRe, m.StateIm);
    }
}
