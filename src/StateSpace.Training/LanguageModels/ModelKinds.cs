using System.Text.Json;
using System.Text.Json.Nodes;
using StateSpace.Models;
using StateSpace.Models.Checkpoints;
using StateSpace.Models.Layers;
using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.Checkpointing;
using StateSpace.Training.LanguageModels.Settings;

namespace StateSpace.Training.LanguageModels;

/// <summary>The kinds of model that can be trained by name.</summary>
public static class ModelKinds
{
    /// <summary>The kind where none is named.</summary>
    public const string Default = Mamba;

    private const string Mamba = "mamba";
    private const string Mamba2 = "mamba2";
    private const string S4d = "s4d";
    private const string H3 = "h3";
    private const string Transformer = "transformer";
    private const string Hybrid = "hybrid";

    /// <summary>Names of the kinds.</summary>
    public static IReadOnlyList<string> Names { get; } = [Mamba, Mamba2, S4d, H3, Transformer, Hybrid];

    /// <summary>Whether the state of a kind does not grow with the text, so that it can be carried along without end.</summary>
    /// <param name="name">Kind of model.</param>
    public static bool IsRecurrent(string name) => name is not (Transformer or Hybrid);

    /// <summary>The configuration of a run's model.</summary>
    /// <param name="run">Kind and sizes, or a whole configuration.</param>
    /// <param name="vocabulary">Number of tokens V.</param>
    /// <exception cref="TrainingInputException">The settings do not make a model.</exception>
    public static SequenceModelConfiguration Configure(RunConfiguration run, long vocabulary)
    {
        if (run.Architecture is not null) return Parse(run.Architecture, vocabulary);
        var settings = run.Settings;
        return new()
        {
            Vocabulary = vocabulary,
            Width = settings.Width,
            Blocks = [.. Enumerable.Range(0, (int)settings.Layers).Select(layer => Block(run.Model, settings, layer))],
            TiedHead = settings.TiedHead,
        };
    }

    /// <summary>Finds out whether the settings make a model, before anything is written.</summary>
    /// <param name="run">The run.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <exception cref="TrainingInputException">They do not.</exception>
    public static void Check(RunConfiguration run, TextTokenizer tokenizer) => Build(run, tokenizer, null).Dispose();

    /// <summary>Makes a run's model.</summary>
    /// <param name="run">The run.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="random">Where the first weights come from; null leaves them undefined.</param>
    /// <exception cref="TrainingInputException">The settings do not make a model.</exception>
    public static SequenceModel Build(RunConfiguration run, TextTokenizer tokenizer, RandomSource? random)
    {
        try
        {
            return new(Configure(run, tokenizer.Vocabulary), random);
        }
        catch (Exception error) when (error is ArgumentException or ShapeException)
        {
            throw new TrainingInputException($"the settings make no {run.Model} model: {error.Message.ReplaceLineEndings(" ")}");
        }
    }

    /// <summary>Writes a model folder.</summary>
    internal static void Save(string path, SequenceModel model, TextTokenizer tokenizer)
    {
        AtomicFile.WriteText(Path.Combine(path, "config.json"), model.Configuration.ToJson() + "\n");
        SafeTensorsWriter.Write(Path.Combine(path, "model.safetensors"), model.Parameters.Select(parameter => (parameter.Name, parameter.Value)));
    }

    /// <summary>Gives a model the weights of a model folder that was saved from one like it.</summary>
    internal static void LoadWeights(string path, SequenceModel model)
    {
        using var file = SafeTensorsFile.Open(Path.Combine(path, "model.safetensors"));
        foreach (var parameter in model.Parameters) file.CopyTo(parameter.Name, parameter.Value);
    }

    private static BlockSettings Block(string model, LanguageModelSettings settings, int layer)
    {
        var state = (int)settings.State;
        return model switch
        {
            Mamba => new(Selective()),
            Mamba2 => new(new Mamba2Settings { StateSize = state, Expand = settings.Expansion, HeadSize = settings.HeadSize }),
            S4d => new(new S4dSettings { StateSize = state }, Mlp()),
            H3 => new(new H3Settings { StateSize = state, HeadSize = settings.HeadSize }, Mlp()),
            Transformer => new(Attention(rotaryBase: 10_000), Gated()),

            // As in Jamba, attention has no positions, and stands in the middle of its group of layers.
            Hybrid => new(layer % settings.AttentionEvery == settings.AttentionEvery / 2 ? Attention(rotaryBase: null) : Selective(), Experts()),
            _ => throw new TrainingInputException($"there is no model '{model}'; there are {string.Join(", ", Names)}"),
        };

        MambaSettings Selective() => new() { StateSize = state, Expand = settings.Expansion };

        MlpSettings Mlp() => new() { Hidden = settings.FeedForward };

        SwiGluSettings Gated() => new() { Hidden = settings.FeedForward };

        AttentionSettings Attention(double? rotaryBase) => new() { Heads = settings.Heads, Window = settings.Window == 0 ? null : settings.Window, RotaryBase = rotaryBase };

        FeedForwardSettings Experts() => settings.Experts == 1
            ? Gated()
            : new MixtureOfExpertsSettings { Experts = (int)settings.Experts, Chosen = (int)Math.Min(2, settings.Experts), Expert = Gated() };
    }

    private static SequenceModelConfiguration Parse(JsonObject architecture, long vocabulary)
    {
        try
        {
            return SequenceModelConfiguration.Parse(architecture.ToJsonString()) is { } configuration && configuration.Vocabulary == vocabulary
                ? configuration
                : throw new TrainingInputException($"architecture: vocabulary must be {vocabulary}, the number of the tokenizer's tokens");
        }
        catch (JsonException error)
        {
            throw new TrainingInputException($"architecture: {error.Message.ReplaceLineEndings(" ").TrimEnd('.')}");
        }
    }
}
