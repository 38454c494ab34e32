using StateSpace.Models.Initialization;

namespace StateSpace.Models.Layers;

/// <summary>Sizes and kind of a <see cref="SelfAttention"/> layer.</summary>
public sealed record AttentionSettings : MixerSettings
{
    /// <summary>Query heads H.</summary>
    public long Heads { get; init; } = 4;

    /// <summary>Key and value heads, a divisor of H; 0 for as many as query heads.</summary>
    public long KeyHeads { get; init; }

    /// <summary>Channels of a head P; 0 for D/H.</summary>
    public long HeadSize { get; init; }

    /// <summary>Keys that a query sees, its own included; all where null.</summary>
    public long? Window { get; init; }

    /// <summary>Base of the rotary position embedding; null for none, as in Jamba.</summary>
    public double? RotaryBase { get; init; }

    /// <summary>Whether the four maps have biases.</summary>
    public bool Bias { get; init; }

    /// <summary>Standard deviation of the initial weights; the output map's is divided by √(2 · depth) (Radford et al., 2019).</summary>
    public double InitialDeviation { get; init; } = 0.02;

    /// <inheritdoc/>
    public override SequenceMixer Create(long width, int depth, InitialValues values) => new SelfAttention(width, depth, this, values);
}
