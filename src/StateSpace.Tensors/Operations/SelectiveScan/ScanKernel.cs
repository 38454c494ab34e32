namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>The inner loops for one kind of numbers; an instance chooses the code at run time.</summary>
internal abstract unsafe class ScanKernel<T>
    where T : unmanaged
{
    /// <summary>Carries a quad through a chunk and adds its part of the outputs.</summary>
    /// <param name="quad">What to work on.</param>
    /// <param name="runs">Steps and resets.</param>
    /// <param name="isNormal">Whether all exponents are known to be within <see cref="NormalExponents.Limit"/>.</param>
    public abstract void Forward(in ScanQuad<T> quad, in ScanRuns runs, bool isNormal);

    /// <summary>Computes the states of a chunk again and runs the adjoint back over them.</summary>
    public abstract void Backward(in ScanQuad<T> quad, in ScanRuns runs, bool isNormal);

    /// <summary>Turns delta into Δ, and computes Δ u and, where it is wanted, ∂Δ/∂delta.</summary>
    /// <param name="x">What to work on.</param>
    /// <param name="steps">Steps.</param>
    /// <param name="softplus">Whether Δ = softplus(delta + bias), or delta + bias.</param>
    /// <param name="largestRates">(lanes).</param>
    /// <returns>Whether no exponent that the chunk meets needs care.</returns>
    public abstract bool PrepareSteps(in ScanElements<T> x, long steps, bool softplus, T* largestRates);

    /// <summary>y = (s Σ + D̲ u) SiLU(z), in place of Σ.</summary>
    public abstract void FinishForward(in ScanElements<T> x, long steps, T scale);

    /// <summary>Turns ∂ℓ/∂y into s ∂ℓ/∂y SiLU(z), and z into ∂ℓ/∂y SiLU′(z).</summary>
    public abstract void PrepareBackward(in ScanElements<T> x, long steps, T scale);

    /// <summary>
    /// ∂u = Δ Σ + D̲ g in place of Σ, ∂delta = (u Σ + Σ′) ∂Δ/∂delta in place of Σ′, ∂z = ∂y SiLU′(z) (s Σ″ + D̲ u) in place of z; ∂D̲ += g u, ∂bias += ∂delta.
    /// </summary>
    public abstract void FinishBackward(in ScanElements<T> x, long steps, T scale);

    /// <summary>The largest magnitude of each lane of (count, lanes); NaN where there is one.</summary>
    public abstract void LargestMagnitudes(T* vectors, long count, T* largest);

    /// <summary>Sums (count, vector) over channels to (count), count a multiple of 4.</summary>
    public abstract void SumLanes(T* vectors, long count, T* sums);
}

/// <summary>The numbers of a block and chunk that have no states, (steps, lanes) or (lanes).</summary>
internal unsafe struct ScanElements<T>
    where T : unmanaged
{
    /// <summary>u.</summary>
    public T* U;

    /// <summary>delta, then Δ.</summary>
    public T* Delta;

    /// <summary>Δ u.</summary>
    public T* Input;

    /// <summary>Re Σ C h.</summary>
    public T* Sum;

    /// <summary>z; null where there is no gate.</summary>
    public T* Gate;

    /// <summary>D̲, (lanes).</summary>
    public T* Skip;

    /// <summary>(lanes).</summary>
    public T* Bias;

    // From here on, for the reverse pass alone.

    /// <summary>∂Δ/∂delta; null where it is not wanted.</summary>
    public T* Slope;

    /// <summary>∂ℓ/∂y, then s ∂ℓ/∂y SiLU(z).</summary>
    public T* Upstream;

    /// <summary>Σ = Σ_n Re(B̄ G).</summary>
    public T* InputSum;

    /// <summary>Σ′ = Σ_n Re(Ā q).</summary>
    public T* DecaySum;

    /// <summary>∂D̲, (lanes).</summary>
    public T* SkipSum;

    /// <summary>∂bias, (lanes).</summary>
    public T* BiasSum;
}
