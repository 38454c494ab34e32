using StateSpace.Training.LanguageModels.Settings;

namespace StateSpace.Training.LanguageModels.Runs;

/// <summary>What a run found, or has found so far.</summary>
/// <param name="Configuration">What was computed.</param>
/// <param name="Parameters">Number of weights.</param>
/// <param name="TrainingTokens">Tokens of the training text.</param>
/// <param name="HeldOutTokens">Tokens of the held-out text.</param>
/// <param name="HeldOutBytes">Bytes of the held-out text.</param>
/// <param name="IsFinished">Whether every step is made and all held-out text was read.</param>
/// <param name="Metrics">Steps and evaluations.</param>
/// <param name="Timings">When steps were done.</param>
public sealed record TrainingResult(
    RunConfiguration Configuration,
    long Parameters,
    long TrainingTokens,
    long HeldOutTokens,
    long HeldOutBytes,
    bool IsFinished,
    TrainingMetrics Metrics,
    IReadOnlyList<Timing> Timings)
{
    /// <summary>Tokens that a step trains on.</summary>
    public long TokensPerStep => Configuration.Settings.Batch * Configuration.Settings.Length * Configuration.Settings.Accumulation;

    /// <summary>The evaluation on all held-out text with the lower loss, of the last or the best weights; null before the end.</summary>
    public EvaluationMetric? Final => Metrics.Evaluations.Where(evaluation => evaluation.IsWhole).OrderBy(evaluation => evaluation.Loss).Select(evaluation => (EvaluationMetric?)evaluation).FirstOrDefault();

    /// <summary>Wall-clock seconds of the run, its interrupted parts together.</summary>
    public double Seconds => Timings.Count == 0 ? 0 : Timings[^1].Seconds;
}
