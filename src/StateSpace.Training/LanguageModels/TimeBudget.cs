using System.Diagnostics;
using System.Globalization;
using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.LanguageModels.Data;
using StateSpace.Training.LanguageModels.Runs;
using StateSpace.Training.LanguageModels.Settings;

namespace StateSpace.Training.LanguageModels;

/// <summary>
/// Turns a time into a number of steps, before the run: the learning rate is then a function of the step, and the run can be interrupted,
/// resumed and repeated to the same bits.
/// </summary>
public static class TimeBudget
{
    /// <summary>Steps before the measurement, in which the run-time compiler does its work.</summary>
    private const int WarmupSteps = 5;

    private const int MostSteps = 50;

    /// <summary>Share of the time that is left for what is not measured: checkpoints, the report, a machine that gets slower.</summary>
    private const double Reserve = 0.05;

    /// <summary>Least number of evaluations on the way.</summary>
    private const int Evaluations = 5;

    private static readonly TimeSpan LongestMeasurement = TimeSpan.FromSeconds(6);

    /// <summary>The configuration with as many steps as fit; warm-up and evaluations come early enough for few steps.</summary>
    /// <param name="configuration">What to compute.</param>
    /// <param name="corpus">The text.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="budget">Time of the whole run, this measurement included.</param>
    /// <param name="notify">Takes a line on what was found, where somebody wants it.</param>
    /// <param name="device">Where the run will compute.</param>
    public static RunConfiguration Fit(
        RunConfiguration configuration, TextCorpus corpus, TextTokenizer tokenizer, TimeSpan budget, Action<string>? notify, Device device = default)
    {
        var clock = Stopwatch.StartNew();
        var settings = configuration.Settings;
        var random = new RandomSource((ulong)configuration.Seed);
        using var loop = new TrainingLoop(settings, LanguageModelKinds.Build(configuration, tokenizer, random.Split("weights"), device), corpus.Training, random.Split("order"));
        var limit = TimeSpan.FromTicks(Math.Min(LongestMeasurement.Ticks, budget.Ticks / 10));
        var step = Measure(loop, limit);
        var evaluation = new HeldOutEvaluation(corpus.HeldOut, (int)settings.Batch, (int)settings.Length, settings.Evaluation);
        var begin = Stopwatch.GetTimestamp();
        var (_, tokens) = evaluation.Run(loop.Model, Math.Min(settings.EvaluationTokens, loop.TokensPerStep), CancellationToken.None);
        var token = Stopwatch.GetElapsedTime(begin).TotalSeconds / tokens;

        var whole = corpus.HeldOut.Count * token;
        var left = ((1 - Reserve) * budget.TotalSeconds) - clock.Elapsed.TotalSeconds - whole;
        var round = Math.Min(settings.EvaluationTokens, corpus.HeldOut.Count) * token;
        var steps = (long)Math.Clamp(left / (step + (round / settings.EvaluateEvery)), 1, int.MaxValue);
        var every = Math.Clamp(settings.EvaluateEvery, 1, Math.Max(1, steps / Evaluations));
        if (every != settings.EvaluateEvery) steps = (long)Math.Clamp(left / (step + (round / every)), 1, steps);
        notify?.Invoke(string.Create(CultureInfo.InvariantCulture, $"measured {step:0.000} s per step: {steps} steps fit into {budget.TotalMinutes:0.##} minutes"));
        return configuration with { Settings = settings with { Steps = steps, Warmup = Math.Min(settings.Warmup, steps / 10), EvaluateEvery = every } };
    }

    /// <summary>Median seconds of a step.</summary>
    private static double Measure(TrainingLoop loop, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        var times = new List<double>();
        for (var step = 0; step < MostSteps && (step == 0 || clock.Elapsed < limit); step++)
        {
            var begin = Stopwatch.GetTimestamp();
            loop.Step(step);
            times.Add(Stopwatch.GetElapsedTime(begin).TotalSeconds);
        }

        var settled = times.Skip(Math.Min(WarmupSteps, times.Count / 2)).Order().ToList();
        return settled[settled.Count / 2];
    }
}
