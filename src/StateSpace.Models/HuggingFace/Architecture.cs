using System.Text.Json.Nodes;
using StateSpace.Models.Checkpoints;

namespace StateSpace.Models.HuggingFace;

/// <summary>A kind of model as Hugging Face's transformers saves it: what its <c>config.json</c> says, and what its tensors are called.</summary>
internal abstract class Architecture
{
    /// <summary>Value of <c>model_type</c>.</summary>
    public abstract string ModelType { get; }

    /// <summary>Every architecture that can be read.</summary>
    public static IReadOnlyList<Architecture> All { get; } =
        [new MambaArchitecture(isFalcon: false), new MambaArchitecture(isFalcon: true), new Mamba2Architecture(), new JambaArchitecture(), new OwnArchitecture()];

    /// <summary>The architecture that a configuration names.</summary>
    /// <exception cref="CheckpointException">It names none, or one that is not known.</exception>
    public static Architecture Of(ConfigFile config)
    {
        var known = string.Join(", ", All.Select(architecture => architecture.ModelType).Order(StringComparer.Ordinal));
        if (!config.Has("model_type"))
        {
            throw new CheckpointException(config.Path, $"does not say what model it is: 'model_type' is missing; known are {known}");
        }

        var type = config.Text("model_type", "");
        return All.FirstOrDefault(architecture => string.Equals(architecture.ModelType, type, StringComparison.Ordinal))
            ?? throw new CheckpointException(config.Path, $"'{type}' is no architecture that can be read; known are {known}");
    }

    /// <summary>What the configuration describes.</summary>
    /// <exception cref="CheckpointException">A value is missing, out of range or not supported.</exception>
    public abstract SequenceModelConfiguration Read(ConfigFile config);

    /// <summary>The file's name of one of the model's parameters.</summary>
    /// <param name="parameter">Name in the model.</param>
    /// <param name="configuration">The model's configuration.</param>
    public abstract string FileName(string parameter, SequenceModelConfiguration configuration);

    /// <summary>The <c>config.json</c> of a model, or null where this architecture has no such model.</summary>
    public abstract JsonObject? Write(SequenceModelConfiguration configuration);

    /// <summary>Refuses activations other than SiLU.</summary>
    protected static void RequireSilu(ConfigFile config)
    {
        var activation = config.Text("hidden_act", "silu");
        if (activation is not ("silu" or "swish")) throw new CheckpointException(config.Path, $"'hidden_act' is '{activation}'; only silu is supported");
    }

    /// <summary>Keys that every written configuration has.</summary>
    protected JsonObject Begin(string className, SequenceModelConfiguration configuration) => new()
    {
        ["architectures"] = new JsonArray(className),
        ["dtype"] = "float32",
        ["hidden_act"] = "silu",
        ["hidden_size"] = configuration.Width,
        ["model_type"] = ModelType,
        ["num_hidden_layers"] = configuration.Blocks.Count,
        ["tie_word_embeddings"] = configuration.TiedHead,
        ["use_cache"] = true,
        ["vocab_size"] = configuration.Vocabulary,
    };

    /// <summary>The settings that every block has, where all have the same mixer of one kind and nothing after it.</summary>
    protected static T? OnlyMixer<T>(SequenceModelConfiguration configuration)
        where T : Layers.MixerSettings =>
        configuration.Norm == Layers.NormKind.Rms && configuration.PaddingToken is null && configuration.Blocks[0].Mixer is T first
            && configuration.Blocks.All(block => block.FeedForward is null && first.Equals(block.Mixer))
            ? first
            : null;
}
