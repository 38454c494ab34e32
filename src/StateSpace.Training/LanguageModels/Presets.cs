using StateSpace.Training.LanguageModels.Settings;

namespace StateSpace.Training.LanguageModels;

/// <summary>Sizes and courses that were found good, by name.</summary>
public static class Presets
{
    /// <summary>The preset where none is named.</summary>
    public const string Default = "small";

    /// <summary>Names of the presets, from small to large.</summary>
    public static IReadOnlyList<string> Names { get; } = ["tiny", "small", "base"];

    /// <summary>What a preset is for.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    public static string Describe(string name) => name switch
    {
        "tiny" => "under a minute on two cores: to see that all works",
        "small" => "about a million weights, under fifteen minutes on two cores",
        _ => "about forty million weights, for a GPU or patience",
    };

    /// <summary>The settings of a preset for a kind of model.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="model">Kind of model.</param>
    public static LanguageModelSettings Of(string name, string model) => name switch
    {
        "tiny" => new() { Width = 64, Layers = 2, Batch = 8, Length = 128, Steps = 200, Warmup = 20, EvaluateEvery = 50, EvaluationTokens = 8192, Rate = 5e-3 },
        "small" => new(),
        _ => new() { Width = 512, Layers = 12, Steps = 20000 },
    };
}
