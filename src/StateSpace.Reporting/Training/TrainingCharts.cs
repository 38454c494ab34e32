using StateSpace.Studies;
using StateSpace.Training.LanguageModels.Runs;

namespace StateSpace.Reporting.Training;

/// <summary>The curves of a training run.</summary>
internal static class TrainingCharts
{
    /// <summary>Points of a smoothed curve: each is the mean of as many steps.</summary>
    private const int SmoothPoints = 200;

    public static IEnumerable<Chart> Of(TrainingResult result)
    {
        var steps = result.Metrics.Steps;
        if (steps.Count == 0) yield break;
        var x = steps.Select(step => (double)step.Step).ToList();
        var blocks = Blocks(steps);
        var heldOut = result.Metrics.Evaluations.Where(evaluation => !evaluation.IsWhole || evaluation.Checkpoint == "last").ToList();
        yield return new(
            "loss",
            "Loss",
            new("step"),
            new("cross-entropy, nats per token"),
            [
                new("training", [.. blocks.Select(block => block.Step)], [.. blocks.Select(block => block.Loss)]),
                .. HeldOut(heldOut, evaluation => evaluation.Step),
            ],
            $"Training: mean of {Math.Max(1, steps.Count / SmoothPoints)} steps, each before its update. A step reads {result.TokensPerStep} tokens.");
        if (Minutes(result) is { } minutes)
        {
            yield return new(
                "loss-by-time",
                "Loss by time",
                new("minutes"),
                new("cross-entropy, nats per token"),
                [
                    new("training", [.. blocks.Select(block => minutes(block.Step))], [.. blocks.Select(block => block.Loss)]),
                    .. HeldOut(heldOut, evaluation => minutes(evaluation.Step)),
                ],
                "Wall-clock time of the run, evaluations and checkpoints included.");
        }

        yield return new("rate", "Learning rate", new("step"), new("rate"), [new("rate", x, [.. steps.Select(step => step.Rate)])]);
        yield return new(
            "norm", "Norm of the gradient", new("step"), new("Euclidean norm before clipping", Logarithmic: true), [new("norm", x, [.. steps.Select(step => step.Norm)])]);
        if (result.Timings.Count > 1)
        {
            yield return new(
                "speed",
                "Speed",
                new("step"),
                new("training tokens per second"),
                [new("speed", [.. result.Timings.Select(timing => (double)timing.Step)], [.. result.Timings.Select(timing => timing.TokensPerSecond)])],
                "Evaluations left out.");
        }
    }

    private static IEnumerable<ChartSeries> HeldOut(List<EvaluationMetric> evaluations, Func<EvaluationMetric, double> x) => evaluations.Count == 0
        ? []
        : [new ChartSeries("held-out", [.. evaluations.Select(x)], [.. evaluations.Select(evaluation => evaluation.Loss)], SeriesStyle.LineAndPoints)];

    private static List<(double Step, double Loss)> Blocks(IReadOnlyList<StepMetric> steps) =>
        [.. steps.Chunk(Math.Max(1, steps.Count / SmoothPoints)).Select(block => (block.Average(step => step.Step), block.Average(step => step.Loss)))];

    /// <summary>Minutes at which a step was done, between measured times along a straight line; null where nothing was measured.</summary>
    private static Func<double, double>? Minutes(TrainingResult result)
    {
        List<Timing> times = [default, .. result.Timings];
        if (times.Count < 2) return null;
        return step =>
        {
            var next = times.FindIndex(1, timing => timing.Step >= step);
            if (next < 0) next = times.Count - 1;
            var (a, b) = (times[next - 1], times[next]);
            return (a.Seconds + ((b.Seconds - a.Seconds) * (step - a.Step) / Math.Max(1, b.Step - a.Step))) / 60;
        };
    }
}
