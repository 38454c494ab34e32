using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Operations.DiagonalRecurrence;

/// <summary>Where the gradients go: of u (B, L, D); of λ, w and the initial state per row, (B, D, N). Imaginary parts only where complex.</summary>
internal sealed record RecurrenceGradients(
    Tensor Input,
    Tensor LambdaRe,
    Tensor? LambdaIm,
    Tensor WeightRe,
    Tensor? WeightIm,
    Tensor InitialRe,
    Tensor? InitialIm);

/// <summary>
/// A sweep forward finds the state before each chunk; then, chunk by chunk from the last, two states at a time, the states of the chunk are
/// computed again into the L1 cache and the adjoint runs back over them.
/// </summary>
internal static unsafe class DiagonalRecurrenceBackwardCpu
{
    private const long Chunk = DiagonalRecurrenceCpu.Chunk;

    public static void Run<T, TField>(RecurrenceTensors operands, Tensor yGradient, Tensor finalGradientRe, Tensor? finalGradientIm, RecurrenceGradients gradients)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TField : struct, INumberField
    {
        if (operands.Resets is null) Run<T, TField, WithoutResets>(operands, yGradient, finalGradientRe, finalGradientIm, gradients);
        else Run<T, TField, WithResets>(operands, yGradient, finalGradientRe, finalGradientIm, gradients);
    }

    private static void Run<T, TField, TResets>(
        RecurrenceTensors operands, Tensor yGradient, Tensor finalGradientRe, Tensor? finalGradientIm, RecurrenceGradients gradients)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TField : struct, INumberField
        where TResets : struct, IResetMask
    {
        var x = new RecurrenceArrays<T>(operands);
        T* upstream = yGradient.Pointer<T>(), endRe = finalGradientRe.Pointer<T>(), endIm = RecurrenceArrays<T>.Pointer(finalGradientIm);
        T* du = gradients.Input.Pointer<T>();
        T* dLambdaRe = gradients.LambdaRe.Pointer<T>(), dLambdaIm = RecurrenceArrays<T>.Pointer(gradients.LambdaIm);
        T* dWeightRe = gradients.WeightRe.Pointer<T>(), dWeightIm = RecurrenceArrays<T>.Pointer(gradients.WeightIm);
        T* dInitialRe = gradients.InitialRe.Pointer<T>(), dInitialIm = RecurrenceArrays<T>.Pointer(gradients.InitialIm);
        LaneGroup<T>.ForAll(x.Batch, x.Length, x.Channels, group =>
        {
            long blocks = group.Blocks, chunks = (x.Length + Chunk - 1) / Chunk, perBlock = Chunk * Vector512<T>.Count;
            using var scratch = new VectorScratch<T>(
                ((((TResets.IsPresent ? 4 : 3) * blocks) + 4) * Chunk) + (blocks * (Modes<T>.Vectors(x.States) + Adjoints<T>.Vectors(x.States) + (2 * chunks * x.States))));
            T* u = scratch.Take(blocks * Chunk), g = scratch.Take(blocks * Chunk), sum = scratch.Take(blocks * Chunk), history = scratch.Take(4 * Chunk);
            T* modeMemory = scratch.Take(blocks * Modes<T>.Vectors(x.States)), adjointMemory = scratch.Take(blocks * Adjoints<T>.Vectors(x.States));
            var masks = TResets.IsPresent ? scratch.Take(blocks * Chunk) : null;
            var borders = new Borders<T>(scratch.Take(2 * blocks * chunks * x.States), chunks, x.States);
            for (var block = 0; block < blocks; block++)
            {
                Modes<T>.At(modeMemory, block, x.States).Load<TField>(group[block], x);
                var adjoints = Adjoints<T>.At(adjointMemory, block, x.States);
                adjoints.Clear();
                group[block].LoadStates(endRe, x.States, adjoints.StateRe);
                if (TField.IsComplex) group[block].LoadStates(endIm, x.States, adjoints.StateIm);
            }

            for (long chunk = 0; chunk < chunks; chunk++)
            {
                if (chunk < chunks - 1) group.LoadSteps(x.Input, chunk * Chunk, Chunk, u, Chunk);
                if (TResets.IsPresent && chunk < chunks - 1) ResetMasks.Load(x.Resets, group, x.Length, chunk * Chunk, Chunk, masks, Chunk);
                for (var block = 0; block < blocks; block++)
                {
                    var modes = Modes<T>.At(modeMemory, block, x.States);
                    borders.Save(modes, block, chunk);
                    if (chunk < chunks - 1) DiagonalRecurrenceCpu.Sweep<T, TField, TResets>(modes, x.States, u + (block * perBlock), masks + (block * perBlock), Chunk);
                }
            }

            for (var chunk = chunks - 1; chunk >= 0; chunk--)
            {
                var steps = Math.Min(Chunk, x.Length - (chunk * Chunk));
                group.LoadSteps(x.Input, chunk * Chunk, steps, u, Chunk);
                group.LoadSteps(upstream, chunk * Chunk, steps, g, Chunk);
                if (TResets.IsPresent) ResetMasks.Load(x.Resets, group, x.Length, chunk * Chunk, steps, masks, Chunk);
                for (var block = 0; block < blocks; block++)
                {
                    var modes = Modes<T>.At(modeMemory, block, x.States);
                    borders.Restore(modes, block, chunk);
                    var skip = block * perBlock;
                    RunChunk<T, TField, TResets>(
                        modes, Adjoints<T>.At(adjointMemory, block, x.States), x.States, u + skip, masks + skip, g + skip, sum + skip, history, steps);
                }

                group.StoreSteps(sum, Chunk, du, chunk * Chunk, steps);
            }

            for (var block = 0; block < blocks; block++)
            {
                var (rows, adjoints) = (group[block], Adjoints<T>.At(adjointMemory, block, x.States));
                adjoints.ScaleWeights(x.Scale, x.States);
                rows.StoreStates(adjoints.StateRe, dInitialRe, x.States);
                rows.StoreStates(adjoints.LambdaRe, dLambdaRe, x.States);
                rows.StoreStates(adjoints.WeightRe, dWeightRe, x.States);
                if (!TField.IsComplex) continue;
                rows.StoreStates(adjoints.StateIm, dInitialIm, x.States);
                rows.StoreStates(adjoints.LambdaIm, dLambdaIm, x.States);
                rows.StoreStates(adjoints.WeightIm, dWeightIm, x.States);
            }
        });
    }

    private static void RunChunk<T, TField, TResets>(Modes<T> modes, Adjoints<T> adjoints, long states, T* u, T* masks, T* g, T* sum, T* history, long steps)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TField : struct, INumberField
        where TResets : struct, IResetMask
    {
        new Span<T>(sum, (int)steps * Vector512<T>.Count).Clear();
        long n = 0;
        for (; n <= states - 2; n += 2) RunTwo<T, TField, TResets>(modes.From(n), adjoints.From(n), u, masks, g, sum, history, steps);
        for (; n < states; n++) RunOne<T, TField, TResets>(modes.From(n), adjoints.From(n), u, masks, g, sum, history, steps);
    }

    /// <summary>
    /// Two states over a chunk: forward, keeping the state before each step and summing ∂w = Σ g x̄ (without s); then back,
    /// a ← a + s w̄ g, ∂u += Re a, ∂λ += x̄_{t−1} a, a ← λ̄ a.
    /// </summary>
    private static void RunTwo<T, TField, TResets>(Modes<T> m, Adjoints<T> d, T* u, T* masks, T* g, T* sum, T* history, long steps)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TField : struct, INumberField
        where TResets : struct, IResetMask
    {
        var w = Vector512<T>.Count;
        Vector512<T> lambdaRe0 = Vector512.Load(m.LambdaRe), lambdaRe1 = Vector512.Load(m.LambdaRe + w);
        Vector512<T> lambdaIm0 = Vector512.Load(m.LambdaIm), lambdaIm1 = Vector512.Load(m.LambdaIm + w);
        Vector512<T> re0 = Vector512.Load(m.StateRe), re1 = Vector512.Load(m.StateRe + w), im0 = Vector512.Load(m.StateIm), im1 = Vector512.Load(m.StateIm + w);
        Vector512<T> sumRe0 = Vector512.Load(d.WeightRe), sumRe1 = Vector512.Load(d.WeightRe + w);
        Vector512<T> sumIm0 = Vector512.Load(d.WeightIm), sumIm1 = Vector512.Load(d.WeightIm + w);
        for (long t = 0; t < steps; t++)
        {
            var kept = history + (4 * t * w);
            if (TResets.IsPresent)
            {
                var mask = Vector512.Load(masks + (t * Vector512<T>.Count));
                (re0, re1, im0, im1) = (re0 & mask, re1 & mask, im0 & mask, im1 & mask);
            }

            Vector512.Store(re0, kept);
            Vector512.Store(re1, kept + w);
            if (TField.IsComplex)
            {
                Vector512.Store(im0, kept + (2 * w));
                Vector512.Store(im1, kept + (3 * w));
            }

            Vector512<T> input = Vector512.Load(u + (t * w)), upstream = Vector512.Load(g + (t * w));
            DiagonalRecurrenceCpu.Advance<T, TField>(lambdaRe0, lambdaIm0, ref re0, ref im0, input);
            DiagonalRecurrenceCpu.Advance<T, TField>(lambdaRe1, lambdaIm1, ref re1, ref im1, input);
            AddConjugate<T, TField>(re0, im0, upstream, ref sumRe0, ref sumIm0);
            AddConjugate<T, TField>(re1, im1, upstream, ref sumRe1, ref sumIm1);
        }

        Vector512.Store(sumRe0, d.WeightRe);
        Vector512.Store(sumRe1, d.WeightRe + w);
        if (TField.IsComplex)
        {
            Vector512.Store(sumIm0, d.WeightIm);
            Vector512.Store(sumIm1, d.WeightIm + w);
        }

        Vector512<T> weightRe0 = Vector512.Load(m.WeightRe), weightRe1 = Vector512.Load(m.WeightRe + w);
        Vector512<T> weightIm0 = Vector512.Load(m.WeightIm), weightIm1 = Vector512.Load(m.WeightIm + w);
        re0 = Vector512.Load(d.StateRe);
        re1 = Vector512.Load(d.StateRe + w);
        im0 = Vector512.Load(d.StateIm);
        im1 = Vector512.Load(d.StateIm + w);
        sumRe0 = Vector512.Load(d.LambdaRe);
        sumRe1 = Vector512.Load(d.LambdaRe + w);
        sumIm0 = Vector512.Load(d.LambdaIm);
        sumIm1 = Vector512.Load(d.LambdaIm + w);
        for (var t = steps - 1; t >= 0; t--)
        {
            var kept = history + (4 * t * w);
            var upstream = Vector512.Load(g + (t * w));
            AddConjugate<T, TField>(weightRe0, weightIm0, upstream, ref re0, ref im0);
            AddConjugate<T, TField>(weightRe1, weightIm1, upstream, ref re1, ref im1);
            Vector512.Store(Vector512.Load(sum + (t * w)) + re0 + re1, sum + (t * w));
            AddConjugateProduct<T, TField>(Vector512.Load(kept), Vector512.Load(kept + (2 * w)), re0, im0, ref sumRe0, ref sumIm0);
            AddConjugateProduct<T, TField>(Vector512.Load(kept + w), Vector512.Load(kept + (3 * w)), re1, im1, ref sumRe1, ref sumIm1);
            Retreat<T, TField>(lambdaRe0, lambdaIm0, ref re0, ref im0);
            Retreat<T, TField>(lambdaRe1, lambdaIm1, ref re1, ref im1);
            if (TResets.IsPresent)
            {
                var mask = Vector512.Load(masks + (t * Vector512<T>.Count));
                (re0, re1, im0, im1) = (re0 & mask, re1 & mask, im0 & mask, im1 & mask);
            }
        }

        DiagonalRecurrenceCpu.Store<T, TField>(re0, im0, d.StateRe, d.StateIm);
        DiagonalRecurrenceCpu.Store<T, TField>(re1, im1, d.StateRe + w, d.StateIm + w);
        Vector512.Store(sumRe0, d.LambdaRe);
        Vector512.Store(sumRe1, d.LambdaRe + w);
        if (!TField.IsComplex) return;
        Vector512.Store(sumIm0, d.LambdaIm);
        Vector512.Store(sumIm1, d.LambdaIm + w);
    }

    /// <summary>As <see cref="RunTwo"/> for one state.</summary>
    private static void RunOne<T, TField, TResets>(Modes<T> m, Adjoints<T> d, T* u, T* masks, T* g, T* sum, T* history, long steps)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TField : struct, INumberField
        where TResets : struct, IResetMask
    {
        var w = Vector512<T>.Count;
        Vector512<T> lambdaRe = Vector512.Load(m.LambdaRe), lambdaIm = Vector512.Load(m.LambdaIm);
        Vector512<T> re = Vector512.Load(m.StateRe), im = Vector512.Load(m.StateIm), sumRe = Vector512.Load(d.WeightRe), sumIm = Vector512.Load(d.WeightIm);
        for (long t = 0; t < steps; t++)
        {
            if (TResets.IsPresent)
            {
                var mask = Vector512.Load(masks + (t * Vector512<T>.Count));
                (re, im) = (re & mask, im & mask);
            }

            Vector512.Store(re, history + (2 * t * w));
            Vector512.Store(im, history + (2 * t * w) + w);
            DiagonalRecurrenceCpu.Advance<T, TField>(lambdaRe, lambdaIm, ref re, ref im, Vector512.Load(u + (t * w)));
            AddConjugate<T, TField>(re, im, Vector512.Load(g + (t * w)), ref sumRe, ref sumIm);
        }

        Vector512.Store(sumRe, d.WeightRe);
        Vector512.Store(sumIm, d.WeightIm);
        Vector512<T> weightRe = Vector512.Load(m.WeightRe), weightIm = Vector512.Load(m.WeightIm);
        re = Vector512.Load(d.StateRe);
        im = Vector512.Load(d.StateIm);
        sumRe = Vector512.Load(d.LambdaRe);
        sumIm = Vector512.Load(d.LambdaIm);
        for (var t = steps - 1; t >= 0; t--)
        {
            AddConjugate<T, TField>(weightRe, weightIm, Vector512.Load(g + (t * w)), ref re, ref im);
            Vector512.Store(Vector512.Load(sum + (t * w)) + re, sum + (t * w));
            AddConjugateProduct<T, TField>(Vector512.Load(history + (2 * t * w)), Vector512.Load(history + (2 * t * w) + w), re, im, ref sumRe, ref sumIm);
            Retreat<T, TField>(lambdaRe, lambdaIm, ref re, ref im);
            if (TResets.IsPresent)
            {
                var mask = Vector512.Load(masks + (t * Vector512<T>.Count));
                (re, im) = (re & mask, im & mask);
            }
        }

        DiagonalRecurrenceCpu.Store<T, TField>(re, im, d.StateRe, d.StateIm);
        Vector512.Store(sumRe, d.LambdaRe);
        Vector512.Store(sumIm, d.LambdaIm);
    }

    /// <summary>sum ← sum + z̄ r, r real.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddConjugate<T, TField>(Vector512<T> re, Vector512<T> im, Vector512<T> r, ref Vector512<T> sumRe, ref Vector512<T> sumIm)
        where TField : struct, INumberField
    {
        sumRe = Lanes.MultiplyAdd(re, r, sumRe);
        if (TField.IsComplex) sumIm = Lanes.SubtractProduct(im, r, sumIm);
    }

    /// <summary>sum ← sum + x̄ a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddConjugateProduct<T, TField>(
        Vector512<T> re, Vector512<T> im, Vector512<T> aRe, Vector512<T> aIm, ref Vector512<T> sumRe, ref Vector512<T> sumIm)
        where TField : struct, INumberField
    {
        sumRe = Lanes.MultiplyAdd(re, aRe, sumRe);
        if (!TField.IsComplex) return;
        sumRe = Lanes.MultiplyAdd(im, aIm, sumRe);
        sumIm = Lanes.MultiplyAdd(re, aIm, sumIm);
        sumIm = Lanes.SubtractProduct(im, aRe, sumIm);
    }

    /// <summary>a ← λ̄ a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Retreat<T, TField>(Vector512<T> lambdaRe, Vector512<T> lambdaIm, ref Vector512<T> re, ref Vector512<T> im)
        where TField : struct, INumberField
    {
        var next = lambdaRe * re;
        if (TField.IsComplex)
        {
            var nextIm = Lanes.SubtractProduct(lambdaIm, re, lambdaRe * im);
            next = Lanes.MultiplyAdd(lambdaIm, im, next);
            im = nextIm;
        }

        re = next;
    }
}
