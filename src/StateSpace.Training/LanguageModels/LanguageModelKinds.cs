using System.Text.Json;
using System.Text.Json.Nodes;
using StateSpace.Models;
using StateSpace.Models.Layers;
using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.LanguageModels.Settings;

namespace StateSpace.Training.LanguageModels;

/// <summary>From the settings of a run to its model.</summary>
public static class LanguageModelKinds
{
    /// <summary>The kind where none is named.</summary>
    public const string Default = "mamba";

    /// <summary>Names of the kinds.</summary>
    public static IReadOnlyList<string> Names => ModelKinds.Names;

    /// <summary>Whether the state of a kind does not grow with the text, so that it can be carried along without end.</summary>
    /// <param name="name">Kind of model.</param>
    public static bool IsRecurrent(string name) => name is not ("transformer" or "hybrid");

    /// <summary>The configuration of a run's model.</summary>
    /// <param name="run">Kind and sizes, or a whole configuration.</param>
    /// <param name="vocabulary">Number of tokens V.</param>
    /// <exception cref="TrainingInputException">The settings do not make a model.</exception>
    public static SequenceModelConfiguration Configure(RunConfiguration run, long vocabulary)
    {
        if (run.Architecture is not null) return Parse(run.Architecture, vocabulary);
        var settings = run.Settings;
        var configuration = ModelKinds.Configure(run.Model, vocabulary, settings.Width, (int)settings.Layers, (int)settings.Experts);
        return configuration with
        {
            Blocks = [.. configuration.Blocks.Select(block => new BlockSettings(Sized(block.Mixer, settings), Sized(block.FeedForward, settings)))],
            TiedHead = settings.TiedHead,
        };
    }

    /// <summary>Finds out whether the settings make a model, before anything is written.</summary>
    /// <param name="run">The run.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="device">Where it shall compute.</param>
    /// <exception cref="TrainingInputException">They do not.</exception>
    public static void Check(RunConfiguration run, TextTokenizer tokenizer, Device device = default)
    {
        if (run.Settings.Precision == Precision.BFloat16 && device.IsCpu) throw new TrainingInputException("precision bfloat16 needs a GPU: give --device cuda, or --set precision=float32");
        if (run.Settings.TensorFloat32 && device.IsCpu) throw new TrainingInputException("tf32 needs a GPU: give --device cuda, or --set tf32=false");
        Build(run, tokenizer, null).Dispose();
    }

    /// <summary>Makes a run's model.</summary>
    /// <param name="run">The run.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="random">Where the first weights come from unless the run begins with those of a folder; null leaves them undefined.</param>
    /// <param name="device">Where it computes.</param>
    /// <exception cref="TrainingInputException">The settings do not make a model, or the device does not compute so.</exception>
    public static SequenceModel Build(RunConfiguration run, TextTokenizer tokenizer, RandomSource? random, Device device = default)
    {
        try
        {
            var model = new SequenceModel(Configure(run, tokenizer.Vocabulary), random);
            if (random is not null) run.From?.Load(model);
            model.MoveTo(device);
            if (run.Settings.Precision == Precision.BFloat16) model.Activations = DType.BFloat16;
            return model;
        }
        catch (Exception error) when (error is ArgumentException or ShapeException)
        {
            throw new TrainingInputException($"the settings make no {run.Model} model: {error.Message.ReplaceLineEndings(" ")}");
        }
    }

    /// <summary>Gives a model the weights of a model folder that was saved from one like it.</summary>
    internal static void LoadWeights(string path, SequenceModel model)
    {
        using var folder = ModelFolder.Load(path);
        var weights = folder.Model.Parameters.ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);
        foreach (var parameter in model.Parameters) parameter.Value.CopyFrom(weights[parameter.Name]);
    }

    private static MixerSettings Sized(MixerSettings mixer, LanguageModelSettings settings) => mixer switch
    {
        MambaSettings mamba => mamba with { StateSize = (int)settings.State, Expand = settings.Expansion },
        Mamba2Settings mamba2 => mamba2 with { StateSize = (int)settings.State, Expand = settings.Expansion, HeadSize = settings.HeadSize == 0 ? mamba2.HeadSize : settings.HeadSize },
        S4dSettings s4d => s4d with { StateSize = (int)settings.State },
        H3Settings h3 => h3 with { StateSize = (int)settings.State, HeadSize = settings.HeadSize == 0 ? h3.HeadSize : settings.HeadSize },
        AttentionSettings attention => attention with { Heads = settings.Heads == 0 ? attention.Heads : settings.Heads, Window = settings.Window == 0 ? null : settings.Window },
        _ => mixer,
    };

    private static FeedForwardSettings? Sized(FeedForwardSettings? layer, LanguageModelSettings settings) => layer switch
    {
        MlpSettings mlp => mlp with { Hidden = settings.FeedForward },
        SwiGluSettings gated => gated with { Hidden = settings.FeedForward },
        MixtureOfExpertsSettings mixture => mixture with { Expert = mixture.Expert with { Hidden = settings.FeedForward } },
        _ => layer,
    };

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
