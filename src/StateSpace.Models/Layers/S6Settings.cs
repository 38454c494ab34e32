using StateSpace.Models.Initialization;

namespace StateSpace.Models.Layers;

/// <summary>Sizes and kind of an <see cref="S6"/> layer.</summary>
public sealed record S6Settings : MixerSettings
{
    /// <summary>Real numbers of state per channel N: N/2 conjugate pairs where complex (N even), N states where real.</summary>
    public int StateSize { get; init; } = 16;

    /// <summary>Whether A, B, C and the state are complex.</summary>
    public bool Complex { get; init; }

    /// <summary>
    /// Whether the gates are 2 exp(ΔA) − 1, in (−1, 1), in place of exp(ΔA), in (0, 1): a state can then change its sign, as parity needs (Grazzi et al.,
    /// 2025, arXiv 2411.12537, sec. 4). Real states only; all of them are kept in memory.
    /// </summary>
    public bool SignedGates { get; init; }

    /// <summary>
    /// Whether the complex recurrence is computed as a real one whose B and C are turned by angles that add up along the input (Mamba-3, arXiv
    /// 2603.15569, prop. 3): the same function of the same weights, without complex numbers. Complex states only; all of them are kept in memory.
    /// </summary>
    public bool Rotations { get; init; }

    /// <summary>Whether B depends on the input; otherwise each channel has a constant one.</summary>
    public bool SelectiveB { get; init; } = true;

    /// <summary>Whether C depends on the input; otherwise each channel has a constant one.</summary>
    public bool SelectiveC { get; init; } = true;

    /// <summary>Whether Δ depends on the input; otherwise each channel has a constant one.</summary>
    public bool SelectiveDelta { get; init; } = true;

    /// <summary>Inner channels in proportion to D.</summary>
    public double Expand { get; init; } = 2;

    /// <summary>Taps of the convolution.</summary>
    public int ConvolutionSize { get; init; } = 4;

    /// <summary>Rank R of Δ; 0 for D/16, rounded up.</summary>
    public long DeltaRank { get; init; }

    /// <summary>Initial step sizes.</summary>
    public StepSizes StepSizes { get; init; } = new();

    /// <summary>States per channel as the recurrence has them: pairs where complex.</summary>
    internal int Modes => Complex ? StateSize / 2 : StateSize;

    /// <inheritdoc/>
    public override SequenceMixer Create(long width, int depth, InitialValues values) => new S6(width, this, values);
}
