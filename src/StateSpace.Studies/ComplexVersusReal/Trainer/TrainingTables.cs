using System.Globalization;

namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>Tables of the trained models. Errors are normalized: the zero map has 1 in both measures.</summary>
internal static class TrainingTables
{
    public const string RealName = "training-real";
    public const string RealGridName = "training-real-grid";
    public const string PositiveName = "training-real-positive";
    public const string ComplexName = "training-complex";
    public const string ShortName = "training-short";
    public const string RunsName = "training-runs";

    private static readonly TargetMap[] Targets = Enum.GetValues<TargetMap>();

    public static IEnumerable<ResultTable> All(TrainingOutcomes outcomes)
    {
        yield return Real(outcomes);
        if (outcomes.Plan.RealRuns.DistinctBy(run => (run.LearningRate, run.InnerRadius)).Skip(1).Any()) yield return RealGrid(outcomes);
        if (outcomes.Plan.PositiveRuns.Count > 0) yield return Positive(outcomes);
        yield return Complex(outcomes);
        if (outcomes.Plan.ShortRuns.Count > 0) yield return Short(outcomes);
        yield return Runs(outcomes);
    }

    /// <summary>A recorded value, or a dash where there is none.</summary>
    private static Cell Recorded(double value) => double.IsNaN(value) ? "–" : value;

    private static ResultTable Real(TrainingOutcomes outcomes)
    {
        var plan = outcomes.Plan;
        var rows = from runs in plan.RealRuns.GroupBy(run => run.Optimizer)
                   select (IReadOnlyList<Cell>)
                   [
                       runs.Key.ToString(),
                       .. Targets.SelectMany(target =>
                       {
                           var cell = runs.Where(run => run.Target == target).ToList();
                           var best = outcomes.Best(cell);
                           var recorded = cell
                               .Select(run => RecordedValues.Real(run.Optimizer, target, run.InnerRadius, run.LearningRate, plan.Accumulate))
                               .Where(double.IsFinite).DefaultIfEmpty(double.NaN).Min();
                           return new Cell[] { best.MinLoss, best.MinL1, Recorded(recorded) };
                       }),
                   ];
        return new(
            RealName,
            $"Table 1: real SSM, n = 1024, t = 32, 500 000 steps; least error over {Count(plan.Seeds, "seed")} and all settings",
            [
                "optimizer",
                .. Targets.SelectMany(target => new[] { $"{Word(target)}: squared ℓ2", $"{Word(target)}: ℓ1 there", $"{Word(target)}: recorded squared ℓ2" }),
            ],
            [.. rows],
            $"Errors relative to the target; the zero map has 1. {RecordedValues.Note} The random column depends on the drawn target.");
    }

    private static ResultTable RealGrid(TrainingOutcomes outcomes)
    {
        var rows = from runs in outcomes.Plan.RealRuns.GroupBy(run => (run.Optimizer, run.InnerRadius, run.LearningRate))
                   select (IReadOnlyList<Cell>)
                   [
                       runs.Key.Optimizer.ToString(),
                       runs.Key.InnerRadius,
                       runs.Key.LearningRate,
                       .. Targets.SelectMany(target => new[]
                       {
                           outcomes.Best(runs.Where(run => run.Target == target)).MinLoss,
                           Recorded(RecordedValues.Real(runs.Key.Optimizer, target, runs.Key.InnerRadius, runs.Key.LearningRate, outcomes.Plan.Accumulate)),
                       }),
                   ];
        return new(
            RealGridName,
            "The grid behind Table 1: least squared ℓ2 error over the seeds of each setting",
            ["optimizer", "r_min", "learning rate", .. Targets.SelectMany(target => new[] { Word(target), $"{Word(target)}: recorded" })],
            [.. rows],
            RecordedValues.Note);
    }

    private static ResultTable Positive(TrainingOutcomes outcomes)
    {
        var rows = from positive in outcomes.Plan.PositiveRuns
                   let signed = outcomes.Plan.RealRuns.First(run =>
                       run.Target == positive.Target && run.Optimizer == positive.Optimizer && run.LearningRate == positive.LearningRate && run.InnerRadius == 0)
                   select (IReadOnlyList<Cell>)
                   [
                       Word(positive.Target),
                       outcomes[signed].MinLoss,
                       outcomes[positive].MinLoss,
                       outcomes[signed].MinL1,
                       outcomes[positive].MinL1,
                   ];
        return new(
            PositiveName,
            "Frozen signs ±1 against positive eigenvalues only (as in S4D-Real and S6): real SSM, n = 1024, t = 32, Adam 1e-4, one seed",
            ["target", "signed: squared ℓ2", "positive: squared ℓ2", "signed: ℓ1", "positive: ℓ1"],
            [.. rows]);
    }

    private static ResultTable Complex(TrainingOutcomes outcomes)
    {
        var plan = outcomes.Plan;
        var rows = from runs in plan.ComplexRuns.GroupBy(run => run.T)
                   select (IReadOnlyList<Cell>)
                   [
                       runs.Key,
                       .. Targets.SelectMany(target =>
                       {
                           var worst = outcomes.Worst(runs.Where(run => run.Target == target));
                           return new Cell[] { worst.MinLoss, worst.MinL1, Recorded(RecordedValues.Complex(runs.Key, target, plan.Accumulate)) };
                       }),
                   ];
        return new(
            ComplexName,
            $"Table 2: complex SSM, n = t, Adam 1e-5, 500 000 steps; largest error over {Count(plan.Seeds, "seed")}",
            [
                "t = n",
                .. Targets.SelectMany(target => new[] { $"{Word(target)}: squared ℓ2", $"{Word(target)}: ℓ1 there", $"{Word(target)}: recorded squared ℓ2" }),
            ],
            [.. rows],
            $"Errors as the single-precision training computes them. {RecordedValues.Note}");
    }

    private static ResultTable Short(TrainingOutcomes outcomes)
    {
        var rows = from runs in outcomes.Plan.ShortRuns.GroupBy(run => (run.Field, run.N, run.T, run.Steps, run.Target))
                   let kind = runs.Key
                   select (IReadOnlyList<Cell>)
                   [
                       Word(kind.Field),
                       kind.N,
                       kind.T,
                       Whole(kind.Steps),
                       Word(kind.Target),
                       outcomes.Best(runs).MinLoss,
                       outcomes.Median(runs),
                       outcomes.Worst(runs).MinLoss,
                       outcomes.Worst(runs).MinL1,
                       Recorded(RecordedValues.Short(kind.Field, kind.N, kind.Target)),
                   ];
        var seeds = outcomes.Plan.ShortRuns.Select(run => run.Seed).Distinct().Count();
        return new(
            ShortName,
            $"Short runs, Adam 1e-3: squared ℓ2 error over {Count(seeds, "seed")}",
            ["field", "n", "t", "steps", "target", "best", "median", "worst", "ℓ1 of the worst", "recorded (one seed)"],
            [.. rows],
            "16 complex states have 96 trainable numbers, 1024 real ones 3072.");
    }

    private static ResultTable Runs(TrainingOutcomes outcomes)
    {
        var rows = from run in outcomes.Plan.All
                   let record = outcomes[run]
                   select (IReadOnlyList<Cell>)
                   [
                       run.PositiveOnly ? "real, positive" : Word(run.Field),
                       run.N,
                       run.T,
                       Word(run.Target),
                       run.Optimizer.ToString(),
                       run.LearningRate,
                       run.InnerRadius,
                       Whole(run.Steps),
                       run.Seed,
                       record.MinLoss,
                       Whole(record.MinStep),
                       record.MinL1,
                       record.FinalLoss,
                       record.FinalLossDouble,
                       record.FinalL1,
                       record.LargestCoefficient,
                   ];
        return new(
            RunsName,
            "Every training run",
            [
                "field", "n", "t", "target", "optimizer", "learning rate", "r_min", "steps", "seed", "least squared ℓ2", "at step", "ℓ1 there",
                "final squared ℓ2", "final squared ℓ2, double", "final ℓ1, double", "max |C_j B_j|",
            ],
            [.. rows],
            "\"double\" evaluates the trained single-precision parameters in double precision: powers of λ then carry no rounding, and the error is that of the parameters themselves.");
    }

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    // As text: six digits of a count are not to be rounded to five.
    private static Cell Whole(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static string Count(int count, string noun) => count == 1 ? $"one {noun}" : $"{count} {noun}s";
}
