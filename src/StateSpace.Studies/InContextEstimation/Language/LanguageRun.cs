using StateSpace.Models;
using StateSpace.Models.Layers;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Training.Optimizers;

namespace StateSpace.Studies.InContextEstimation.Language;

/// <summary>What mixes the tokens of a language model.</summary>
internal enum LanguageMixer
{
    /// <summary>The H3 layer.</summary>
    H3,

    /// <summary>Causal softmax attention with rotary positions.</summary>
    Attention,

    /// <summary>The S4D layer.</summary>
    S4d,
}

/// <summary>A language model to train on a task; equal values give equal results.</summary>
/// <param name="Task">The task.</param>
/// <param name="Mixer">What mixes the tokens.</param>
/// <param name="Size">How large, and how it is trained.</param>
/// <param name="Seed">Seed of weights and sequences.</param>
internal sealed record LanguageRun(LanguageTask Task, LanguageMixer Mixer, LanguageSize Size, long Seed)
{
    /// <summary>Sequences are a few dozen tokens long.</summary>
    private const double RotaryBase = 100;

    /// <summary>Largest rate of the state space models' A, B and Δ (the published optimizer).</summary>
    private const double LargestStateRate = 1e-3;

    /// <summary>Id of the job.</summary>
    public string Id => $"language.{Task.Name}{Size.Suffix}.{Word(Mixer).ToLowerInvariant()}.seed{Seed}";

    /// <summary>Two blocks with layer norms, a mixer and an MLP of four times the width, and a tied head (the published model).</summary>
    public SequenceModelConfiguration Model => new()
    {
        Vocabulary = Task.Vocabulary,
        Width = Size.Width,
        Norm = NormKind.Layer,
        Blocks = [.. Enumerable.Repeat(new BlockSettings(Layer, new MlpSettings()), 2)],
    };

    /// <summary>What a person reads of a mixer.</summary>
    public static string Word(LanguageMixer mixer) => mixer switch
    {
        LanguageMixer.H3 => "H3",
        LanguageMixer.Attention => "attention",
        _ => "S4D",
    };

    private MixerSettings Layer => Mixer switch
    {
        LanguageMixer.H3 => new H3Settings { StateSize = Size.StateSize, InitialDeviation = Size.Deviation },
        LanguageMixer.Attention => new AttentionSettings { Heads = 1, RotaryBase = RotaryBase, Bias = true, InitialDeviation = Size.Deviation },
        _ => new S4dSettings { StateSize = Size.StateSize, Output = S4dOutput.Linear },
    };

    /// <summary>The parameters, with A, B and Δ of the state space models at a rate of at most 10⁻³.</summary>
    public IReadOnlyList<ParameterGroup> Groups(Module model)
    {
        string[] names = [".a_log", ".a_im", ".b_re", ".b_im", ".log_dt", "shift.b"];
        var slow = model.Parameters.ToLookup(parameter => Array.Exists(names, name => parameter.Name.EndsWith(name, StringComparison.Ordinal)));
        return
        [
            new([.. slow[false]]),
            new([.. slow[true]]) { RateMultiplier = Math.Min(1, LargestStateRate / Size.Rate), WeightDecay = 0 },
        ];
    }
}

/// <summary>Sizes of a model and its training by AdamW: a linear warm-up over a tenth of the steps, then a cosine to a tenth of the rate.</summary>
/// <param name="Width">D.</param>
/// <param name="StateSize">N.</param>
/// <param name="Steps">Updates at most.</param>
/// <param name="Batch">Sequences an update.</param>
/// <param name="Rate">Largest rate.</param>
internal sealed record LanguageSize(int Width, int StateSize, int Steps, int Batch, double Rate)
{
    /// <summary>Where it computes.</summary>
    public Device Device { get; init; } = Device.Cpu;

    /// <summary>
    /// Standard deviation of the initial weights of H3's and attention's maps; published: 0.02, with which products of two maps are so small at first that short
    /// trainings do not find what to do with them.
    /// </summary>
    public double Deviation { get; init; } = 0.08;

    /// <summary>Whether every next token counts in the loss, as published, or those alone that are asked for.</summary>
    public bool AllTokens { get; init; }

    /// <summary>Sequences of the training set, or 0 for fresh ones at every step.</summary>
    public int TrainingSet { get; init; }

    /// <summary>What tells the ids of the three ways of training apart.</summary>
    public string Suffix => !AllTokens ? "" : TrainingSet > 0 ? ".published" : ".all-tokens";

    /// <summary>What a person reads of the way of training.</summary>
    public string Title => !AllTokens ? "loss at what is asked for" : TrainingSet > 0 ? $"loss at all tokens of {TrainingSet} sequences" : "loss at all tokens of fresh sequences";

    /// <summary>Validation accuracy at which a training ends.</summary>
    public double StopAccuracy { get; init; } = 0.995;
}
