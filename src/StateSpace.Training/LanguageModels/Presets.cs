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
        _ => "about twenty million weights, for a GPU",
    };

    /// <summary>The settings of a preset for a kind of model.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="model">Kind of model.</param>
    public static LanguageModelSettings Of(string name, string model)
    {
        var settings = ForKind(model) with { Evaluation = LanguageModelKinds.IsRecurrent(model) ? EvaluationMode.Carried : EvaluationMode.Overlapping };
        return name switch
        {
            "tiny" => settings with
            {
                Width = 64,
                Layers = 2,
                State = Math.Min(settings.State, 16),
                Batch = 8,
                Length = 128,
                Steps = 200,
                Warmup = 20,
                EvaluateEvery = 50,
                EvaluationTokens = 8192,
                Rate = 5e-3,
            },
            "base" => settings with { Width = 512, Layers = 12, Length = 1024, Batch = 16, Steps = 2000, Warmup = 40, Rate = 2e-3, EvaluateEvery = 100, EvaluationTokens = 1 << 18 },
            _ => settings,
        };
    }

    private static LanguageModelSettings ForKind(string model)
    {
        // About a million weights each.
        var settings = new LanguageModelSettings();
        return model switch
        {
            "mamba2" => settings with { State = 64, Rate = 3e-3 },
            "s4d" => settings with { State = 32, Width = 256, Layers = 6, Rate = 6e-3 },
            "h3" => settings with { State = 32, Width = 128, Rate = 4e-3 },
            "transformer" => settings with { Width = 144, Rate = 4e-3 },
            "hybrid" => settings with { Width = 128, Rate = 3e-3 },
            _ => settings,
        };
    }
}
