using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>What all kernels of one vector width share: everything that has no states.</summary>
internal abstract unsafe class LaneScanKernel<T, V, TSimd> : ScanKernel<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : struct
    where TSimd : struct, IScanSimd<T, V>
{
    /// <summary>Elements from one vector of a block to the next; a kernel's vector holds all or half of them.</summary>
    protected static int Lanes => Vector512<T>.Count;

    private static V One => TSimd.Broadcast(T.One);

    public override bool PrepareSteps(in ScanElements<T> x, long steps, bool softplus, T* largestRates)
    {
        var isNormal = true;
        for (var at = 0L; at < steps * Lanes; at += TSimd.Count)
        {
            TSimd.Store(TSimd.Add(TSimd.Load(x.Delta + at), TSimd.Load(x.Bias + (at % Lanes))), x.Delta + at);
        }

        if (softplus) StoreExponentials(x.Delta, x.Input, steps * Lanes);
        for (var part = 0; part < Lanes; part += TSimd.Count)
        {
            var largest = !softplus ? PrepareSteps<PlainSteps>(x, steps, part) : x.Slope == null ? PrepareSteps<SoftplusSteps>(x, steps, part) : PrepareSteps<SlopedSteps>(x, steps, part);
            isNormal &= TSimd.AreAtMost(TSimd.Multiply(largest, TSimd.Load(largestRates + part)), T.CreateTruncating(NormalExponents.Limit));
        }

        return isNormal;
    }

    public override void FinishForward(in ScanElements<T> x, long steps, T scale)
    {
        var factor = TSimd.Broadcast(scale);

        // Δ u has been used.
        var exponentials = x.Input;
        if (x.Gate != null) StoreExponentials(x.Gate, exponentials, steps * Lanes);
        for (var part = 0; part < Lanes; part += TSimd.Count)
        {
            var skip = TSimd.Load(x.Skip + part);
            for (var (at, end) = ((long)part, part + (steps * Lanes)); at < end; at += Lanes)
            {
                var y = TSimd.MultiplyAdd(skip, TSimd.Load(x.U + at), TSimd.Multiply(TSimd.Load(x.Sum + at), factor));
                if (x.Gate != null)
                {
                    var z = TSimd.Load(x.Gate + at);
                    y = TSimd.Multiply(y, TSimd.Multiply(z, Sigmoid(z, TSimd.Load(exponentials + at)).Value));
                }

                TSimd.Store(y, x.Sum + at);
            }
        }
    }

    public override void PrepareBackward(in ScanElements<T> x, long steps, T scale)
    {
        var factor = TSimd.Broadcast(scale);

        // Δ u comes later.
        var exponentials = x.Input;
        if (x.Gate != null) StoreExponentials(x.Gate, exponentials, steps * Lanes);
        for (long at = 0; at < steps * Lanes; at += TSimd.Count)
        {
            var upstream = TSimd.Load(x.Upstream + at);
            if (x.Gate != null)
            {
                var z = TSimd.Load(x.Gate + at);
                var (sigma, complement) = Sigmoid(z, TSimd.Load(exponentials + at));
                TSimd.Store(TSimd.Multiply(upstream, TSimd.Multiply(sigma, TSimd.MultiplyAdd(z, complement, One))), x.Gate + at);
                upstream = TSimd.Multiply(upstream, TSimd.Multiply(z, sigma));
            }

            TSimd.Store(TSimd.Multiply(upstream, factor), x.Upstream + at);
        }
    }

    public override void FinishBackward(in ScanElements<T> x, long steps, T scale)
    {
        V factor = TSimd.Broadcast(scale), inverse = TSimd.Broadcast(T.One / scale);
        for (var part = 0; part < Lanes; part += TSimd.Count)
        {
            V skip = TSimd.Load(x.Skip + part), skipSum = TSimd.Load(x.SkipSum + part), biasSum = TSimd.Load(x.BiasSum + part);
            for (var (at, end) = ((long)part, part + (steps * Lanes)); at < end; at += Lanes)
            {
                V u = TSimd.Load(x.U + at), inputSum = TSimd.Load(x.InputSum + at), g = TSimd.Multiply(TSimd.Load(x.Upstream + at), inverse);
                TSimd.Store(TSimd.MultiplyAdd(TSimd.Load(x.Delta + at), inputSum, TSimd.Multiply(skip, g)), x.InputSum + at);
                var ddelta = TSimd.MultiplyAdd(u, inputSum, TSimd.Load(x.DecaySum + at));
                if (x.Slope != null) ddelta = TSimd.Multiply(ddelta, TSimd.Load(x.Slope + at));
                TSimd.Store(ddelta, x.DecaySum + at);
                skipSum = TSimd.MultiplyAdd(g, u, skipSum);
                biasSum = TSimd.Add(biasSum, ddelta);
                if (x.Gate == null) continue;
                var inner = TSimd.MultiplyAdd(skip, u, TSimd.Multiply(TSimd.Load(x.Sum + at), factor));
                TSimd.Store(TSimd.Multiply(TSimd.Load(x.Gate + at), inner), x.Gate + at);
            }

            TSimd.Store(skipSum, x.SkipSum + part);
            TSimd.Store(biasSum, x.BiasSum + part);
        }
    }

    public override void LargestMagnitudes(T* vectors, long count, T* largest)
    {
        for (var part = 0; part < Lanes; part += TSimd.Count)
        {
            var most = TSimd.Broadcast(T.Zero);
            for (long i = 0; i < count; i++) most = TSimd.LargerMagnitude(most, TSimd.Load(vectors + (i * Lanes) + part));
            TSimd.Store(most, largest + part);
        }
    }

    public override void SumLanes(T* vectors, long count, T* sums)
    {
        int size = TSimd.Count;
        for (long i = 0; i < count; i += 4, vectors += 4 * size)
        {
            TSimd.StoreSums(TSimd.Load(vectors), TSimd.Load(vectors + size), TSimd.Load(vectors + (2 * size)), TSimd.Load(vectors + (3 * size)), sums + i);
        }
    }

    /// <summary>e^−|x|: a pass of its own, whose instructions are interleaved, and leaves shorter chains to what follows.</summary>
    private static void StoreExponentials(T* x, T* target, long count)
    {
        int size = TSimd.Count;
        long i = 0;
        for (; i <= count - (4 * size); i += 4 * size)
        {
            TSimd.StoreExpOfMinusMagnitude(TSimd.Load(x + i), TSimd.Load(x + i + size), TSimd.Load(x + i + (2 * size)), TSimd.Load(x + i + (3 * size)), target + i);
        }

        for (; i < count; i += size) TSimd.Store(TSimd.ExpOfMinusMagnitude(TSimd.Load(x + i)), target + i);
    }

    /// <param name="x">delta + bias in place of Δ, and its exponentials in place of Δ u.</param>
    /// <param name="steps">Steps.</param>
    /// <param name="part">Which lanes.</param>
    /// <returns>The largest |Δ| of each lane.</returns>
    private static V PrepareSteps<TSteps>(in ScanElements<T> x, long steps, int part)
        where TSteps : struct, IScanSteps
    {
        var largest = TSimd.Broadcast(T.Zero);
        for (var (at, end) = ((long)part, part + (steps * Lanes)); at < end; at += Lanes)
        {
            var raw = TSimd.Load(x.Delta + at);
            if (TSteps.IsSoftplus)
            {
                // log(1 + e) = 2 artanh(e / (2 + e)).
                var e = TSimd.Load(x.Input + at);
                var s = TSimd.Divide(e, TSimd.Add(e, TSimd.Broadcast(T.One + T.One)));
                var square = TSimd.Multiply(s, s);
                var log = TSimd.MultiplyAdd(TSimd.Multiply(s, square), TSimd.ArtanhTail(square), TSimd.Add(s, s));
                if (TSteps.HasSlope) TSimd.Store(TSimd.Divide(TSimd.SelectNegative(raw, e, One), TSimd.Add(e, One)), x.Slope + at);
                raw = TSimd.Add(TSimd.Positive(raw), log);
            }

            largest = TSimd.LargerMagnitude(largest, raw);
            TSimd.Store(raw, x.Delta + at);
            TSimd.Store(TSimd.Multiply(raw, TSimd.Load(x.U + at)), x.Input + at);
        }

        return largest;
    }

    /// <summary>σ(z) and 1 − σ(z), both with small relative error, from e^−|z|.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (V Value, V Complement) Sigmoid(V z, V e)
    {
        var right = TSimd.Divide(One, TSimd.Add(One, e));
        var left = TSimd.Multiply(e, right);
        return (TSimd.SelectNegative(z, left, right), TSimd.SelectNegative(z, right, left));
    }
}

/// <summary>How Δ comes about, as a type argument.</summary>
internal interface IScanSteps
{
    static abstract bool IsSoftplus { get; }

    /// <summary>Whether ∂Δ/∂delta is wanted.</summary>
    static abstract bool HasSlope { get; }
}

/// <summary>Δ = delta + bias.</summary>
internal readonly struct PlainSteps : IScanSteps
{
    public static bool IsSoftplus => false;

    public static bool HasSlope => false;
}

/// <summary>Δ = softplus(delta + bias).</summary>
internal readonly struct SoftplusSteps : IScanSteps
{
    public static bool IsSoftplus => true;

    public static bool HasSlope => false;
}

/// <summary>The same with its derivative.</summary>
internal readonly struct SlopedSteps : IScanSteps
{
    public static bool IsSoftplus => true;

    public static bool HasSlope => true;
}
