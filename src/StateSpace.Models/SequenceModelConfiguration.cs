using System.Text.Json;
using System.Text.Json.Serialization;
using StateSpace.Models.Layers;

namespace StateSpace.Models;

/// <summary>
/// One block of a <see cref="SequenceModel"/>: a mixer, and optionally a channel-wise layer after it, each with a norm before it and a residual
/// around it.
/// </summary>
/// <param name="Mixer">What carries information along the sequence.</param>
/// <param name="FeedForward">What maps each position by itself, or null.</param>
public sealed record BlockSettings(MixerSettings Mixer, FeedForwardSettings? FeedForward = null);

/// <summary>What a <see cref="SequenceModel"/> is made from. Round-trips through JSON.</summary>
public sealed record SequenceModelConfiguration
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowOutOfOrderMetadataProperties = true,
    };

    /// <summary>Number of tokens V.</summary>
    public required long Vocabulary { get; init; }

    /// <summary>Channels of the residual stream, D.</summary>
    public required long Width { get; init; }

    /// <summary>The blocks from input to output; at least one.</summary>
    public required IReadOnlyList<BlockSettings> Blocks { get; init; }

    /// <summary>Kind of the norms.</summary>
    public NormKind Norm { get; init; } = NormKind.Rms;

    /// <summary>Number added in the norms.</summary>
    public double NormEpsilon { get; init; } = 1e-5;

    /// <summary>Whether the output map is the embedding's table.</summary>
    public bool TiedHead { get; init; } = true;

    /// <summary>Token whose embedding takes no gradient from its uses as input, or null.</summary>
    public long? PaddingToken { get; init; }

    /// <summary>Standard deviation of the initial embedding, and of the head where it is not tied.</summary>
    public double EmbeddingDeviation { get; init; } = 0.02;

    /// <summary>Reads a configuration.</summary>
    /// <param name="json">JSON.</param>
    /// <exception cref="JsonException">It is no configuration.</exception>
    public static SequenceModelConfiguration Parse(string json)
    {
        try
        {
            var configuration = JsonSerializer.Deserialize<SequenceModelConfiguration>(json, Format) ?? throw new JsonException("the configuration is null");
            configuration.Validate();
            return configuration;
        }
        catch (Exception error) when (error is NotSupportedException or ArgumentException)
        {
            throw new JsonException(error.Message, error);
        }
    }

    /// <summary>The configuration as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Format);

    /// <summary>Checks the sizes that no single layer sees.</summary>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    internal void Validate()
    {
        if (Vocabulary is < 1 or > int.MaxValue) throw new ArgumentException($"a vocabulary of {Vocabulary} tokens is not possible; it must be 1 to 2^31 − 1");
        if (PaddingToken < 0 || PaddingToken >= Vocabulary) throw new ArgumentException($"the padding token {PaddingToken} is not one of {Vocabulary} tokens");
        if (Width is < 1 or > 1 << 20) throw new ArgumentException($"a width of {Width} channels is not possible; it must be 1 to 2^20");
        if (Blocks is not { Count: >= 1 and <= 4096 }) throw new ArgumentException($"{Blocks?.Count ?? 0} blocks are not possible; there must be 1 to 4096");
        if (!(NormEpsilon >= 0)) throw new ArgumentException($"a norm epsilon of {NormEpsilon} is not possible; it must not be negative");
        foreach (var block in Blocks)
        {
            if (block?.Mixer is null) throw new ArgumentException("a block has no mixer");
        }
    }
}
