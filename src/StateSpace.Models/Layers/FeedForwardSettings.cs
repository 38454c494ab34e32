using System.Text.Json.Serialization;
using StateSpace.Models.Initialization;

namespace StateSpace.Models.Layers;

/// <summary>What the channel-wise half of a block is made from. One record per kind; JSON names the kind in <c>kind</c>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(MlpSettings), "mlp")]
[JsonDerivedType(typeof(SwiGluSettings), "swiglu")]
[JsonDerivedType(typeof(MixtureOfExpertsSettings), "experts")]
public abstract record FeedForwardSettings
{
    /// <summary>Makes the layer.</summary>
    /// <param name="width">Channels of the residual stream, D.</param>
    /// <param name="depth">Number of blocks in the stack, by which some layers scale their output map.</param>
    /// <param name="values">Where initial values come from.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public abstract FeedForward Create(long width, int depth, InitialValues values);
}

/// <summary>An MLP with one hidden layer: GPT's, H3's.</summary>
public sealed record MlpSettings : FeedForwardSettings
{
    /// <summary>Hidden channels; 0 for 4D.</summary>
    public long Hidden { get; init; }

    /// <summary>Whether GELU is the tanh approximation, as in GPT-2 and H3, or exact.</summary>
    public bool TanhGelu { get; init; } = true;

    /// <summary>Whether the two maps have biases.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>Standard deviation of the initial weights; the second map's is divided by √(2 · depth) (Radford et al., 2019).</summary>
    public double InitialDeviation { get; init; } = 0.02;

    /// <inheritdoc/>
    public override FeedForward Create(long width, int depth, InitialValues values) => new Mlp(width, depth, this, values);
}

/// <summary>A gated MLP, W_down(SiLU(W_gate x) ∘ W_up x): Llama's, Jamba's.</summary>
public sealed record SwiGluSettings : FeedForwardSettings
{
    /// <summary>Hidden channels; 0 for 8D/3 rounded up to a multiple of 16, which has about as many weights as an MLP of 4D.</summary>
    public long Hidden { get; init; }

    /// <summary>Standard deviation of the initial weights.</summary>
    public double InitialDeviation { get; init; } = 0.02;

    /// <inheritdoc/>
    public override FeedForward Create(long width, int depth, InitialValues values) => new SwiGlu(width, this, values);
}

/// <summary>A mixture of gated MLPs: Jamba's.</summary>
public sealed record MixtureOfExpertsSettings : FeedForwardSettings
{
    /// <summary>Number of experts.</summary>
    public int Experts { get; init; } = 4;

    /// <summary>Experts per position, k.</summary>
    public int Chosen { get; init; } = 2;

    /// <summary>Each expert.</summary>
    public SwiGluSettings Expert { get; init; } = new();

    /// <inheritdoc/>
    public override FeedForward Create(long width, int depth, InitialValues values) => new MixtureOfExperts(width, this, values);
}
