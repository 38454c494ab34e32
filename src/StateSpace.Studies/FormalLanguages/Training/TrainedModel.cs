using StateSpace.Models;
using StateSpace.Models.Layers;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>A kind of network in the comparison.</summary>
/// <param name="Id">Short name for ids.</param>
/// <param name="Title">Name in tables.</param>
/// <param name="Block">One of its blocks, by the width and the states of a channel.</param>
internal sealed record TrainedModel(string Id, string Title, Func<NetworkSize, BlockSettings> Block)
{
    /// <summary>Gates in (0, 1), and nothing but a recurrence.</summary>
    public static TrainedModel Nonnegative { get; } = new("gated01", "gated recurrence, gates in (0, 1)", _ => new(new GatedRecurrenceSettings()));

    /// <summary>Gates in (−1, 1), otherwise the same.</summary>
    public static TrainedModel Signed { get; } = new("gated11", "gated recurrence, gates in (−1, 1)", _ => new(new GatedRecurrenceSettings { Signed = true }));

    /// <summary>Mamba.</summary>
    public static TrainedModel Mamba { get; } = new("mamba", "Mamba, gates in (0, 1)", size => new(new MambaSettings { StateSize = size.States }));

    /// <summary>Mamba's block with gates 2 exp(ΔA) − 1 (Grazzi et al., 2025).</summary>
    public static TrainedModel SignedMamba { get; } = new("mamba11", "Mamba, gates in (−1, 1)", size => new(new S6Settings { StateSize = size.States, SignedGates = true }));

    /// <summary>The complex S6.</summary>
    public static TrainedModel Complex { get; } = new("s6complex", "S6, complex gates", size => new(new S6Settings { StateSize = size.States, Complex = true }));

    /// <summary>Causal attention without positions, and an MLP.</summary>
    public static TrainedModel Transformer { get; } = new(
        "transformer", "Transformer without positions", size => new(new AttentionSettings { Heads = 2 }, new MlpSettings { Hidden = 2 * size.Width }));

    /// <summary>The network.</summary>
    /// <param name="vocabulary">Tokens.</param>
    /// <param name="size">Its sizes.</param>
    public SequenceModelConfiguration Network(int vocabulary, NetworkSize size) => new()
    {
        Vocabulary = vocabulary,
        Width = size.Width,
        TiedHead = false,
        EmbeddingDeviation = 0.3,
        Blocks = [.. Enumerable.Repeat(Block(size), size.Layers)],
    };
}

/// <summary>Sizes of a network.</summary>
/// <param name="Layers">Blocks.</param>
/// <param name="Width">Channels D.</param>
/// <param name="States">Real numbers of state per channel N, where a layer has such.</param>
internal sealed record NetworkSize(int Layers, int Width = 32, int States = 8);
