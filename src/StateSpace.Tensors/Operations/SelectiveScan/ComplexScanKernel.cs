using System.Numerics;
using System.Runtime.CompilerServices;

namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>Two complex states at a time: vectors re, re, im, im.</summary>
internal sealed unsafe class ComplexScanKernel<T, V, TSimd, TB, TC> : LaneScanKernel<T, V, TSimd>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : struct
    where TSimd : struct, IScanSimd<T, V>
    where TB : struct, IScanCoefficient
    where TC : struct, IScanCoefficient
{
    public override void Forward(in ScanQuad<T> quad, in ScanRuns runs, bool isNormal)
    {
        for (var part = 0; part < Lanes; part += TSimd.Count)
        {
            if (isNormal) StoreDecays<NormalExponents>(quad, part, runs.Starts[runs.Count]);
            else StoreDecays<AnyExponents>(quad, part, runs.Starts[runs.Count]);
            for (var run = 0; run < runs.Count; run++) Forward(quad, part, runs.Starts[run], runs.Starts[run + 1], runs.IsReset(run));
        }
    }

    public override void Backward(in ScanQuad<T> quad, in ScanRuns runs, bool isNormal)
    {
        for (var part = 0; part < Lanes; part += TSimd.Count)
        {
            for (var i = 0; i < 4; i++) TSimd.Store(TSimd.Load(quad.State + (i * Lanes) + part), quad.States + (i * TSimd.Count));
            if (isNormal) StoreDecays<NormalExponents>(quad, part, runs.Starts[runs.Count]);
            else StoreDecays<AnyExponents>(quad, part, runs.Starts[runs.Count]);
            for (var run = 0; run < runs.Count; run++) Recompute(quad, part, runs.Starts[run], runs.Starts[run + 1], runs.IsReset(run));

            Reverse(quad, part, runs.Starts[runs.Count]);
        }
    }

    private static void Forward(in ScanQuad<T> q, int part, long start, long end, bool reset)
    {
        int w = Lanes, size = TSimd.Count;
        T* state = q.State + part, b = q.B + (TB.IsPerStep ? 0 : part), c = q.C + (TC.IsPerStep ? 0 : part);
        T* input = q.Input + part + (start * w), sum = q.Sum + part + (start * w), decays = q.Decays + (4 * start * size);
        V re0 = TSimd.Load(state), re1 = TSimd.Load(state + w), im0 = TSimd.Load(state + (2 * w)), im1 = TSimd.Load(state + (3 * w));
        if (reset) re0 = re1 = im0 = im1 = TSimd.Broadcast(T.Zero);
        for (var t = start; t < end; t++, input += w, sum += w, decays += 4 * size)
        {
            V x = TSimd.Load(input), y = TSimd.Load(sum);
            y = Advance(x, decays, b, c, t, 0, ref re0, ref im0, y);
            y = Advance(x, decays, b, c, t, 1, ref re1, ref im1, y);
            TSimd.Store(y, sum);
        }

        TSimd.Store(re0, state);
        TSimd.Store(re1, state + w);
        TSimd.Store(im0, state + (2 * w));
        TSimd.Store(im1, state + (3 * w));
    }

    /// <summary>h ← exp(ΔA) h + Δ B u.</summary>
    /// <returns>y + Re(C h).</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Advance(V x, T* decays, T* b, T* c, long t, int i, ref V re, ref V im, V y)
    {
        V decayRe = TSimd.Load(decays + (i * TSimd.Count)), decayIm = TSimd.Load(decays + ((2 + i) * TSimd.Count));
        var nextRe = TSimd.MultiplyAdd(decayRe, re, TSimd.Multiply(x, TB.Load<T, V, TSimd>(b, t, i)));
        var nextIm = TSimd.MultiplyAdd(decayRe, im, TSimd.Multiply(x, TB.Load<T, V, TSimd>(b, t, 2 + i)));
        nextRe = TSimd.SubtractProduct(decayIm, im, nextRe);
        im = TSimd.MultiplyAdd(decayIm, re, nextIm);
        re = nextRe;
        y = TSimd.MultiplyAdd(re, TC.Load<T, V, TSimd>(c, t, i), y);
        return TSimd.SubtractProduct(im, TC.Load<T, V, TSimd>(c, t, 2 + i), y);
    }

    /// <summary>exp(ΔA), to (steps, 4, vector).</summary>
    private static void StoreDecays<TRange>(in ScanQuad<T> q, int part, long steps)
        where TRange : struct, IExponentRange
    {
        int w = Lanes, size = TSimd.Count;
        T* rate = q.Rate + part, delta = q.Delta + part, decays = q.Decays;
        for (long t = 0; t < steps; t++, delta += w, decays += 4 * size)
        {
            var step = TSimd.Load(delta);
            TSimd.StorePolar<TRange>(
                TSimd.Multiply(step, TSimd.Load(rate)),
                TSimd.Multiply(step, TSimd.Load(rate + w)),
                TSimd.Multiply(step, TSimd.Load(rate + (2 * w))),
                TSimd.Multiply(step, TSimd.Load(rate + (3 * w))),
                decays);
        }
    }

    /// <summary>Forward, keeping states.</summary>
    private static void Recompute(in ScanQuad<T> q, int part, long start, long end, bool reset)
    {
        int w = Lanes, size = TSimd.Count;
        T* b = q.B + (TB.IsPerStep ? 0 : part), c = q.C + (TC.IsPerStep ? 0 : part);
        T* input = q.Input + part + (start * w), sum = q.Sum + part + (start * w);
        T* decays = q.Decays + (4 * start * size), states = q.States + (4 * start * size);
        V re0 = TSimd.Load(states), re1 = TSimd.Load(states + size), im0 = TSimd.Load(states + (2 * size)), im1 = TSimd.Load(states + (3 * size));
        if (reset) re0 = re1 = im0 = im1 = TSimd.Broadcast(T.Zero);
        for (var t = start; t < end; t++, input += w, sum += w, decays += 4 * size)
        {
            states += 4 * size;
            V x = TSimd.Load(input), y = TSimd.Load(sum);
            y = Advance(x, decays, b, c, t, 0, ref re0, ref im0, y);
            y = Advance(x, decays, b, c, t, 1, ref re1, ref im1, y);
            TSimd.Store(re0, states);
            TSimd.Store(re1, states + size);
            TSimd.Store(im0, states + (2 * size));
            TSimd.Store(im1, states + (3 * size));
            TSimd.Store(y, sum);
        }

        // A reset is a decay of zero to the adjoint.
        if (reset) new Span<T>(q.Decays + (4 * start * size), 4 * size).Clear();
    }

    private static void Reverse(in ScanQuad<T> q, int part, long steps)
    {
        int w = Lanes, size = TSimd.Count;
        T* a = q.A + part, adjoint = q.Adjoint + part, aGradient = q.AGradient + part;
        T* b = q.B + (TB.IsPerStep ? 0 : part), bGradient = q.BGradient + (TB.IsPerStep ? 0 : part);
        T* c = q.C + (TC.IsPerStep ? 0 : part), cGradient = q.CGradient + (TC.IsPerStep ? 0 : part);
        int bStride = TB.IsPerStep ? size : w, cStride = TC.IsPerStep ? size : w;
        int bAdvance = TB.IsPerStep ? 4 * size : 0, cAdvance = TC.IsPerStep ? 4 * size : 0;
        V re0 = TSimd.Load(adjoint), re1 = TSimd.Load(adjoint + w), im0 = TSimd.Load(adjoint + (2 * w)), im1 = TSimd.Load(adjoint + (3 * w));
        V sumRe0 = TSimd.Load(aGradient), sumRe1 = TSimd.Load(aGradient + w), sumIm0 = TSimd.Load(aGradient + (2 * w)), sumIm1 = TSimd.Load(aGradient + (3 * w));
        for (var t = steps - 1; t >= 0; t--)
        {
            var at = part + (t * w);
            V step = TSimd.Load(q.Delta + at), x = TSimd.Load(q.Input + at), upstream = TSimd.Load(q.Upstream + at);
            V inputSum = TSimd.Load(q.InputSum + at), decaySum = TSimd.Load(q.DecaySum + at);
            T* decays = q.Decays + (4 * t * size), states = q.States + (4 * t * size);
            T* db = bGradient + (t * bAdvance), dc = cGradient + (t * cAdvance);
            inputSum = Receive(x, upstream, b, c, t, 0, ref re0, ref im0, states, db, dc, bStride, cStride, inputSum);
            decaySum = Retreat(step, a, 0, ref re0, ref im0, decays, states, ref sumRe0, ref sumIm0, decaySum);
            inputSum = Receive(x, upstream, b, c, t, 1, ref re1, ref im1, states, db, dc, bStride, cStride, inputSum);
            decaySum = Retreat(step, a, 1, ref re1, ref im1, decays, states, ref sumRe1, ref sumIm1, decaySum);
            TSimd.Store(inputSum, q.InputSum + at);
            TSimd.Store(decaySum, q.DecaySum + at);
        }

        TSimd.Store(re0, adjoint);
        TSimd.Store(re1, adjoint + w);
        TSimd.Store(im0, adjoint + (2 * w));
        TSimd.Store(im1, adjoint + (3 * w));
        TSimd.Store(sumRe0, aGradient);
        TSimd.Store(sumRe1, aGradient + w);
        TSimd.Store(sumIm0, aGradient + (2 * w));
        TSimd.Store(sumIm1, aGradient + (3 * w));
    }

    /// <summary>G ← G + g C̄; ∂C += g h̄, ∂B += Δu G.</summary>
    /// <returns>Σ Re(B̄ G).</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Receive(
        V x, V upstream, T* b, T* c, long t, int i, ref V re, ref V im, T* states, T* db, T* dc, int bStride, int cStride, V inputSum)
    {
        var size = TSimd.Count;
        re = TSimd.MultiplyAdd(upstream, TC.Load<T, V, TSimd>(c, t, i), re);
        im = TSimd.SubtractProduct(upstream, TC.Load<T, V, TSimd>(c, t, 2 + i), im);
        T* dcRe = dc + (i * cStride), dcIm = dc + ((2 + i) * cStride), dbRe = db + (i * bStride), dbIm = db + ((2 + i) * bStride);
        TSimd.Store(TSimd.MultiplyAdd(upstream, TSimd.Load(states + ((4 + i) * size)), TSimd.Load(dcRe)), dcRe);
        TSimd.Store(TSimd.SubtractProduct(upstream, TSimd.Load(states + ((6 + i) * size)), TSimd.Load(dcIm)), dcIm);
        TSimd.Store(TSimd.MultiplyAdd(x, re, TSimd.Load(dbRe)), dbRe);
        TSimd.Store(TSimd.MultiplyAdd(x, im, TSimd.Load(dbIm)), dbIm);
        inputSum = TSimd.MultiplyAdd(re, TB.Load<T, V, TSimd>(b, t, i), inputSum);
        return TSimd.MultiplyAdd(im, TB.Load<T, V, TSimd>(b, t, 2 + i), inputSum);
    }

    /// <summary>G ← conj(exp(ΔA)) G; q = h̄_{t−1} G, ∂A += Δ q.</summary>
    /// <returns>Σ Re(Ā q).</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Retreat(V step, T* a, int i, ref V re, ref V im, T* decays, T* states, ref V sumRe, ref V sumIm, V decaySum)
    {
        var size = TSimd.Count;
        V decayRe = TSimd.Load(decays + (i * size)), decayIm = TSimd.Load(decays + ((2 + i) * size));
        var nextRe = TSimd.MultiplyAdd(decayIm, im, TSimd.Multiply(decayRe, re));
        im = TSimd.SubtractProduct(decayIm, re, TSimd.Multiply(decayRe, im));
        re = nextRe;
        V stateRe = TSimd.Load(states + (i * size)), stateIm = TSimd.Load(states + ((2 + i) * size));
        var qRe = TSimd.MultiplyAdd(stateIm, im, TSimd.Multiply(stateRe, re));
        var qIm = TSimd.SubtractProduct(stateIm, re, TSimd.Multiply(stateRe, im));
        sumRe = TSimd.MultiplyAdd(qRe, step, sumRe);
        sumIm = TSimd.MultiplyAdd(qIm, step, sumIm);
        decaySum = TSimd.MultiplyAdd(qRe, TSimd.Load(a + (i * Lanes)), decaySum);
        return TSimd.MultiplyAdd(qIm, TSimd.Load(a + ((2 + i) * Lanes)), decaySum);
    }
}
