using StateSpace.Models.Initialization;

namespace StateSpace.Models.Layers;

/// <summary>What is applied to each element of queries and keys in linear attention.</summary>
public enum FeatureMap
{
    /// <summary>Nothing: one step of gradient descent in context.</summary>
    Identity,

    /// <summary>elu(x) + 1, positive (Katharopoulos et al., 2020, arXiv 2006.16236, eq. 7).</summary>
    EluPlusOne,

    /// <summary>max(x, 0).</summary>
    Relu,
}

/// <summary>Sizes and kind of a <see cref="LinearSelfAttention"/> layer.</summary>
public sealed record LinearAttentionSettings : MixerSettings
{
    /// <summary>Heads H.</summary>
    public long Heads { get; init; } = 4;

    /// <summary>Channels of a head's queries and keys, K; 0 for D/H.</summary>
    public long KeySize { get; init; }

    /// <summary>Channels of a head's values; 0 for D/H.</summary>
    public long ValueSize { get; init; }

    /// <summary>Feature map of queries and keys.</summary>
    public FeatureMap FeatureMap { get; init; } = FeatureMap.EluPlusOne;

    /// <summary>Whether outputs are divided by the sum of the weights, q·Σk. Needs a positive feature map.</summary>
    public bool Normalized { get; init; } = true;

    /// <summary>Standard deviation of the initial weights; the output map's is divided by √(2 · depth).</summary>
    public double InitialDeviation { get; init; } = 0.02;

    /// <inheritdoc/>
    public override SequenceMixer Create(long width, int depth, InitialValues values) => new LinearSelfAttention(width, depth, this, values);
}
