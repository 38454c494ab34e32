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
    public const string Default = "s4d";

    /// <summary>Names of the kinds.</summary>
    public static IReadOnlyList<string> Names { get; } = ["s4d"];

    /// <summary>Whether the state of a kind does not grow with the text, so that it can be carried along without end.</summary>
    /// <param name="name">Kind of model.</param>
    public static bool IsRecurrent(string name) => name is not ("transformer" or "hybrid");

    /// <summary>The configuration of a run's model.</summary>
    /// <param name="run">Kind and sizes, or a whole configuration.</param>
    /// <param name="vocabulary">Number of tokens V.</param>
    /// <exception cref="TrainingInputException">The settings do not make a model.</exception>
    public static SequenceModelConfiguration Configure(RunConfiguration run, long vocabulary)
    {
        var settings = run.Settings;
        BlockSettings block = run.Model switch
        {
            "s4d" => new(new S4dSettings { StateSize = (int)settings.State }, new MlpSettings { Hidden = settings.FeedForward }),
            _ => throw new TrainingInputException($"there is no model '{run.Model}'"),
        };
        return new() { Vocabulary = vocabulary, Width = settings.Width, Blocks = [.. Enumerable.Repeat(block, (int)settings.Layers)], TiedHead = settings.TiedHead };
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

    internal static void Save(string path, SequenceModel model, TextTokenizer tokenizer)
    {
        AtomicFile.WriteText(Path.Combine(path, "config.json"), model.Configuration.ToJson() + "\n");
        SafeTensorsWriter.Write(Path.Combine(path, "model.safetensors"), model.Parameters.Select(parameter => (parameter.Name, parameter.Value)));
    }

    internal static void LoadWeights(string path, SequenceModel model)
    {
        using var file = SafeTensorsFile.Open(Path.Combine(path, "model.safetensors"));
        foreach (var parameter in model.Parameters) file.CopyTo(parameter.Name, parameter.Value);
    }
}
