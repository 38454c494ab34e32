using StateSpace.Models;
using StateSpace.Models.Layers;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>A kind of network in the comparison.</summary>
/// <param name="Id">Short name for ids.</param>
/// <param name="Title">Name in tables.</param>
/// <param name="Block">One of its blocks.</param>
internal sealed record TrainedModel(string Id, string Title, BlockSettings Block)
{
    private const int Width = 32;
    private const int StateSize = 8;

    /// <summary>Gates in (0, 1), and nothing but a recurrence.</summary>
    public static TrainedModel Nonnegative { get; } = new("gated01", "gated recurrence, gates in (0, 1)", new(new GatedRecurrenceSettings()));

    /// <summary>Gates in (−1, 1), otherwise the same.</summary>
    public static TrainedModel Signed { get; } = new("gated11", "gated recurrence, gates in (−1, 1)", new(new GatedRecurrenceSettings { Signed = true }));

    /// <summary>Mamba.</summary>
    public static TrainedModel Mamba { get; } = new("mamba", "Mamba, gates in (0, 1)", new(new MambaSettings { StateSize = StateSize }));

    /// <summary>The complex S6.</summary>
    public static TrainedModel Complex { get; } = new("s6complex", "S6, complex gates", new(new S6Settings { StateSize = StateSize, Complex = true }));

    /// <summary>Causal attention without positions, and an MLP.</summary>
    public static TrainedModel Transformer { get; } = new("transformer", "Transformer without positions", new(new AttentionSettings { Heads = 2 }, new MlpSettings { Hidden = 64 }));

    /// <summary>The network.</summary>
    /// <param name="vocabulary">Tokens.</param>
    /// <param name="layers">Blocks.</param>
    public SequenceModelConfiguration Network(int vocabulary, int layers) => new()
    {
        Vocabulary = vocabulary,
        Width = Width,
        TiedHead = false,
        EmbeddingDeviation = 0.3,
        Blocks = [.. Enumerable.Repeat(Block, layers)],
    };
}
