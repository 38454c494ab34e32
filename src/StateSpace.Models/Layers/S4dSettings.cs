using StateSpace.Models.Initialization;

namespace StateSpace.Models.Layers;

/// <summary>How a time-invariant diagonal state space model begins (Gu et al., 2022, arXiv 2206.11893, sec. 4; "diag-real" of the S4 code base).</summary>
public enum S4dInitialization
{
    /// <summary>Complex, A_n = −½ + iπn, B = 1.</summary>
    Lin,

    /// <summary>Complex, A_n = −½ + i (N/π) (N/(2n+1) − 1), B = 1.</summary>
    Inv,

    /// <summary>Complex, the diagonalized normal part of HiPPO-LegS with its B.</summary>
    LegS,

    /// <summary>Real, A_n = −(n+1), B = 1.</summary>
    Real,
}

/// <summary>From a continuous-time system to a recurrence.</summary>
public enum Discretization
{
    /// <summary>The input is held over a step: λ = exp(ΔA), B̄ = (exp(ΔA) − 1)/A · B.</summary>
    ZeroOrderHold,

    /// <summary>Tustin's method: λ = (1 + ΔA/2)/(1 − ΔA/2), B̄ = Δ/(1 − ΔA/2) · B.</summary>
    Bilinear,
}

/// <summary>What follows the state space model of an S4D layer.</summary>
public enum S4dOutput
{
    /// <summary>Nothing: y is the output of the state space model and the skip alone.</summary>
    None,

    /// <summary>GELU and a linear map D → D.</summary>
    Linear,

    /// <summary>GELU, a linear map D → 2D, and the gated linear unit a · sigmoid(b) of its halves: the S4 block.</summary>
    Glu,
}

/// <summary>Sizes and kind of an <see cref="S4d"/> layer.</summary>
public sealed record S4dSettings : MixerSettings
{
    /// <summary>Real numbers of state per channel, N: N/2 conjugate pairs (N even), or N real states.</summary>
    public int StateSize { get; init; } = 64;

    /// <summary>How it begins, which also says whether it is complex.</summary>
    public S4dInitialization Initialization { get; init; } = S4dInitialization.Lin;

    /// <summary>Discretization.</summary>
    public Discretization Discretization { get; init; } = Discretization.ZeroOrderHold;

    /// <summary>Independent sets of A and B; channels take them in turn. A divisor of D; 0 for one per channel.</summary>
    public long Copies { get; init; }

    /// <summary>What follows.</summary>
    public S4dOutput Output { get; init; } = S4dOutput.Glu;

    /// <summary>Initial step sizes.</summary>
    public StepSizes StepSizes { get; init; } = new(Floor: 0);

    /// <summary>Whether the states are complex.</summary>
    internal bool IsComplex => Initialization != S4dInitialization.Real;

    /// <summary>States per channel as the recurrence has them: pairs where complex.</summary>
    internal int Modes => IsComplex ? StateSize / 2 : StateSize;

    /// <inheritdoc/>
    public override SequenceMixer Create(long width, int depth, InitialValues values) => new S4d(width, this, values);
}
