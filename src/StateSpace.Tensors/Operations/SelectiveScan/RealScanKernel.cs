using System.Numerics;
using System.Runtime.CompilerServices;

namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>Four real states at a time.</summary>
internal sealed unsafe class RealScanKernel<T, V, TSimd, TB, TC> : LaneScanKernel<T, V, TSimd>
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
        V h0 = TSimd.Load(state), h1 = TSimd.Load(state + w), h2 = TSimd.Load(state + (2 * w)), h3 = TSimd.Load(state + (3 * w));
        if (reset) h0 = h1 = h2 = h3 = TSimd.Broadcast(T.Zero);
        for (var t = start; t < end; t++, input += w, sum += w, decays += 4 * size)
        {
            V x = TSimd.Load(input), y = TSimd.Load(sum);
            h0 = Advance(x, decays, b, t, 0, h0);
            h1 = Advance(x, decays, b, t, 1, h1);
            h2 = Advance(x, decays, b, t, 2, h2);
            h3 = Advance(x, decays, b, t, 3, h3);
            y = TSimd.MultiplyAdd(h0, TC.Load<T, V, TSimd>(c, t, 0), y);
            y = TSimd.MultiplyAdd(h1, TC.Load<T, V, TSimd>(c, t, 1), y);
            y = TSimd.MultiplyAdd(h2, TC.Load<T, V, TSimd>(c, t, 2), y);
            TSimd.Store(TSimd.MultiplyAdd(h3, TC.Load<T, V, TSimd>(c, t, 3), y), sum);
        }

        TSimd.Store(h0, state);
        TSimd.Store(h1, state + w);
        TSimd.Store(h2, state + (2 * w));
        TSimd.Store(h3, state + (3 * w));
    }

    /// <summary>exp(ΔA) h + Δ B u.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Advance(V x, T* decays, T* b, long t, int i, V h) =>
        TSimd.MultiplyAdd(TSimd.Load(decays + (i * TSimd.Count)), h, TSimd.Multiply(x, TB.Load<T, V, TSimd>(b, t, i)));

    /// <summary>exp(ΔA), to (steps, 4, vector).</summary>
    private static void StoreDecays<TRange>(in ScanQuad<T> q, int part, long steps)
        where TRange : struct, IExponentRange
    {
        int w = Lanes, size = TSimd.Count;
        T* rate = q.Rate + part, delta = q.Delta + part, decays = q.Decays;
        V rate0 = TSimd.Load(rate), rate1 = TSimd.Load(rate + w), rate2 = TSimd.Load(rate + (2 * w)), rate3 = TSimd.Load(rate + (3 * w));
        for (long t = 0; t < steps; t++, delta += w, decays += 4 * size)
        {
            var step = TSimd.Load(delta);
            TSimd.StoreExp2<TRange>(TSimd.Multiply(step, rate0), TSimd.Multiply(step, rate1), TSimd.Multiply(step, rate2), TSimd.Multiply(step, rate3), decays);
        }
    }

    /// <summary>Forward, keeping states.</summary>
    private static void Recompute(in ScanQuad<T> q, int part, long start, long end, bool reset)
    {
        int w = Lanes, size = TSimd.Count;
        T* b = q.B + (TB.IsPerStep ? 0 : part), c = q.C + (TC.IsPerStep ? 0 : part);
        T* input = q.Input + part + (start * w), sum = q.Sum + part + (start * w);
        T* decays = q.Decays + (4 * start * size), states = q.States + (4 * start * size);
        V h0 = TSimd.Load(states), h1 = TSimd.Load(states + size), h2 = TSimd.Load(states + (2 * size)), h3 = TSimd.Load(states + (3 * size));
        if (reset) h0 = h1 = h2 = h3 = TSimd.Broadcast(T.Zero);
        for (var t = start; t < end; t++, input += w, sum += w, decays += 4 * size)
        {
            states += 4 * size;
            V x = TSimd.Load(input), y = TSimd.Load(sum);
            h0 = Advance(x, decays, b, t, 0, h0);
            h1 = Advance(x, decays, b, t, 1, h1);
            h2 = Advance(x, decays, b, t, 2, h2);
            h3 = Advance(x, decays, b, t, 3, h3);
            TSimd.Store(h0, states);
            TSimd.Store(h1, states + size);
            TSimd.Store(h2, states + (2 * size));
            TSimd.Store(h3, states + (3 * size));
            y = TSimd.MultiplyAdd(h0, TC.Load<T, V, TSimd>(c, t, 0), y);
            y = TSimd.MultiplyAdd(h1, TC.Load<T, V, TSimd>(c, t, 1), y);
            y = TSimd.MultiplyAdd(h2, TC.Load<T, V, TSimd>(c, t, 2), y);
            TSimd.Store(TSimd.MultiplyAdd(h3, TC.Load<T, V, TSimd>(c, t, 3), y), sum);
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
        V g0 = TSimd.Load(adjoint), g1 = TSimd.Load(adjoint + w), g2 = TSimd.Load(adjoint + (2 * w)), g3 = TSimd.Load(adjoint + (3 * w));
        V s0 = TSimd.Load(aGradient), s1 = TSimd.Load(aGradient + w), s2 = TSimd.Load(aGradient + (2 * w)), s3 = TSimd.Load(aGradient + (3 * w));
        for (var t = steps - 1; t >= 0; t--)
        {
            var at = part + (t * w);
            V step = TSimd.Load(q.Delta + at), x = TSimd.Load(q.Input + at), upstream = TSimd.Load(q.Upstream + at);
            V inputSum = TSimd.Load(q.InputSum + at), decaySum = TSimd.Load(q.DecaySum + at);
            T* decays = q.Decays + (4 * t * size), states = q.States + (4 * t * size);
            T* db = bGradient + (t * bAdvance), dc = cGradient + (t * cAdvance);
            g0 = Retreat(step, x, upstream, a, b, c, t, 0, g0, decays, states, db, dc, bStride, cStride, ref s0, ref inputSum, ref decaySum);
            g1 = Retreat(step, x, upstream, a, b, c, t, 1, g1, decays, states, db, dc, bStride, cStride, ref s1, ref inputSum, ref decaySum);
            g2 = Retreat(step, x, upstream, a, b, c, t, 2, g2, decays, states, db, dc, bStride, cStride, ref s2, ref inputSum, ref decaySum);
            g3 = Retreat(step, x, upstream, a, b, c, t, 3, g3, decays, states, db, dc, bStride, cStride, ref s3, ref inputSum, ref decaySum);
            TSimd.Store(inputSum, q.InputSum + at);
            TSimd.Store(decaySum, q.DecaySum + at);
        }

        TSimd.Store(g0, adjoint);
        TSimd.Store(g1, adjoint + w);
        TSimd.Store(g2, adjoint + (2 * w));
        TSimd.Store(g3, adjoint + (3 * w));
        TSimd.Store(s0, aGradient);
        TSimd.Store(s1, aGradient + w);
        TSimd.Store(s2, aGradient + (2 * w));
        TSimd.Store(s3, aGradient + (3 * w));
    }

    /// <summary>G ← G + g C; ∂C += g h, ∂B += Δu G, Σ B G; G ← exp(ΔA) G; q = h_{t−1} G, Σ A q, ∂A += Δ q.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Retreat(
        V step, V x, V upstream, T* a, T* b, T* c, long t, int i, V g, T* decays, T* states, T* db, T* dc, int bStride, int cStride, ref V aGradient, ref V inputSum, ref V decaySum)
    {
        var size = TSimd.Count;
        g = TSimd.MultiplyAdd(upstream, TC.Load<T, V, TSimd>(c, t, i), g);
        TSimd.Store(TSimd.MultiplyAdd(upstream, TSimd.Load(states + ((4 + i) * size)), TSimd.Load(dc + (i * cStride))), dc + (i * cStride));
        TSimd.Store(TSimd.MultiplyAdd(x, g, TSimd.Load(db + (i * bStride))), db + (i * bStride));
        inputSum = TSimd.MultiplyAdd(g, TB.Load<T, V, TSimd>(b, t, i), inputSum);
        g = TSimd.Multiply(g, TSimd.Load(decays + (i * size)));
        var q = TSimd.Multiply(g, TSimd.Load(states + (i * size)));
        decaySum = TSimd.MultiplyAdd(q, TSimd.Load(a + (i * Lanes)), decaySum);
        aGradient = TSimd.MultiplyAdd(q, step, aGradient);
        return g;
    }
}
