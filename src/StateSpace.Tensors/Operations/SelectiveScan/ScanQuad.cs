namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>
/// One quad of states of one block of channels over one chunk of time. Numbers of a step and channel are (steps, lanes); B and C are (steps, 4)
/// where they are of a step, (4, lanes) where they are of a channel; everything else is (4, lanes).
/// </summary>
internal unsafe struct ScanQuad<T>
    where T : unmanaged
{
    /// <summary>A log₂ e; the imaginary part A / π.</summary>
    public T* Rate;

    public T* State;
    public T* B;
    public T* C;

    /// <summary>Δ.</summary>
    public T* Delta;

    /// <summary>Δ u.</summary>
    public T* Input;

    /// <summary>Re Σ C h, to which a quad adds its part.</summary>
    public T* Sum;

    /// <summary>Scratch of (steps, 4, vector): exp(ΔA).</summary>
    public T* Decays;

    // From here on, for the reverse pass alone.

    /// <summary>A.</summary>
    public T* A;

    /// <summary>G, the gradient of the state.</summary>
    public T* Adjoint;

    /// <summary>s ∂ℓ/∂y SiLU(z).</summary>
    public T* Upstream;

    /// <summary>Σ_n Re(B̄ G), to which a quad adds its part.</summary>
    public T* InputSum;

    /// <summary>Σ_n Re(Ā q), likewise.</summary>
    public T* DecaySum;

    /// <summary>∂A, likewise.</summary>
    public T* AGradient;

    /// <summary>∂B: (steps, 4, vector), to be summed over channels, or (4, lanes).</summary>
    public T* BGradient;

    /// <summary>∂C, likewise.</summary>
    public T* CGradient;

    /// <summary>Scratch of (1 + steps, 4, vector): the state before the chunk and after each step.</summary>
    public T* States;
}
