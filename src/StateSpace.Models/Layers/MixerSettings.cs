using System.Text.Json.Serialization;
using StateSpace.Models.Initialization;

namespace StateSpace.Models.Layers;

/// <summary>What a mixer is made from: kind and sizes. One record per kind; JSON names the kind in <c>kind</c>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(S4dSettings), "s4d")]
[JsonDerivedType(typeof(S6Settings), "s6")]
[JsonDerivedType(typeof(H3Settings), "h3")]
[JsonDerivedType(typeof(MambaSettings), "mamba")]
[JsonDerivedType(typeof(Mamba2Settings), "mamba2")]
[JsonDerivedType(typeof(AttentionSettings), "attention")]
[JsonDerivedType(typeof(LinearAttentionSettings), "linear_attention")]
public abstract record MixerSettings
{
    /// <summary>Makes the layer.</summary>
    /// <param name="width">Channels of the residual stream, D.</param>
    /// <param name="depth">Number of blocks in the stack, by which some layers scale their output map.</param>
    /// <param name="values">Where initial values come from.</param>
    /// <exception cref="ArgumentException">A setting is out of range, or does not fit the width.</exception>
    public abstract SequenceMixer Create(long width, int depth, InitialValues values);
}
