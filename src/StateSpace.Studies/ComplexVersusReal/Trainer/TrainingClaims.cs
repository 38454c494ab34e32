namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>
/// What the trained models are held to. The ranges come from an earlier, independent program's runs (see
/// <see cref="RecordedValues"/>) with the spread over random targets and starts added.
/// </summary>
internal static class TrainingClaims
{
    private const string TableOne = "Ran-Milo et al., section 4.1 and Table 1; range from an independent program";
    private const string TableTwo = "Ran-Milo et al., section 4.1 and Table 2; range from an independent program";
    private const string Own = "own analysis";
    private const string Accumulated = " The optimizer gets the sum of all gradients.";

    private static readonly TargetMap[] Targets = Enum.GetValues<TargetMap>();

    /// <summary>Claims of Table 1.</summary>
    public static IEnumerable<Claim> Real(TrainingOutcomes outcomes)
    {
        var plan = outcomes.Plan;
        foreach (var runs in plan.RealRuns.Where(run => run.InnerRadius == 0 && run.LearningRate == 1e-4).GroupBy(run => (run.Optimizer, run.Target)))
        {
            var (optimizer, target) = runs.Key;
            var id = $"train.real.{Word(optimizer)}.{Word(target)}";
            var statement = $"Real SSM, n = 1024, t = 32, {optimizer} 1e-4: least squared ℓ2 error on {Word(target)} after 500 000 steps.";
            var measured = outcomes.Best(runs).MinLoss;
            yield return (target, plan.Accumulate) switch
            {
                (TargetMap.Random, false) => Claim.Between(id, statement, TableOne, 0.35, 0.8, measured),
                (TargetMap.Copy, false) => Claim.Near(id, statement, TableOne, 0.70, 0.02, measured),
                (_, false) => Claim.Near(id, statement, TableOne, 0.754, 0.02, measured),
                (TargetMap.Random, true) => Claim.Between(id, statement + Accumulated, TableOne, 0.5, 0.95, measured),
                (TargetMap.Copy, true) => Claim.Between(id, statement + Accumulated, TableOne, 0.86, 0.94, measured),
                (_, true) => Claim.Between(id, statement + Accumulated, TableOne, 0.84, 0.93, measured),
            };
        }

        var ring = outcomes[plan.RingRun];
        if (!plan.Accumulate)
        {
            yield return Claim.Near(
                "train.real.ring.copy",
                "Eigenvalues that start within 0.01 of the unit circle do not help: squared ℓ2 error on copy, Adam 1e-4.",
                TableOne,
                0.858,
                0.01,
                ring.MinLoss);
            yield return Claim.AtLeast(
                "train.real.copy.l1",
                "In ℓ1, the norm of the paper's definition, the learned copy filter is worse than the zero map (1).",
                Own,
                1,
                plan.RealRuns.Where(run => run.Target == TargetMap.Copy).Min(run => outcomes[run].MinL1));
        }

        yield return Claim.AtLeast(
            "train.real.none",
            "No real run of any target, optimizer, rate, start or seed learns its target: least squared ℓ2 error of all.",
            TableOne,
            0.1,
            plan.RealRuns.Append(plan.RingRun).Concat(plan.PositiveRuns).Min(run => outcomes[run].MinLoss));
    }

    /// <summary>Claims of Table 2.</summary>
    public static IEnumerable<Claim> Complex(TrainingOutcomes outcomes)
    {
        var plan = outcomes.Plan;
        foreach (var runs in plan.ComplexRuns.GroupBy(run => (run.T, run.Target)))
        {
            var (length, target) = runs.Key;
            var id = $"train.complex.{Word(target)}.t{length}";
            var statement = $"Complex SSM, n = t = {length}, Adam 1e-5: largest error over the seeds on {Word(target)} (squared ℓ2).";
            var measured = outcomes.Worst(runs).MinLoss;
            yield return plan.Accumulate
                ? Claim.Between(id, statement + Accumulated, TableTwo, 1e-6, 5e-3, measured)
                : Claim.AtMost(id, statement, TableTwo, target == TargetMap.Oscillation ? 1e-5 : 1e-10, measured);
        }

        yield return Claim.AtMost(
            "train.complex.coefficients",
            "Complex SSMs stay small: largest |C_j B_j| of all runs.",
            "Ran-Milo et al., Proposition 3 and section 4.1",
            plan.Accumulate ? 10 : 1,
            plan.ComplexRuns.Max(run => outcomes[run].LargestCoefficient));
        yield return Claim.AtLeast(
            "train.separation",
            "At t = 32 the best real run's error over the worst complex run's, on the target where the two are nearest.",
            TableTwo,
            plan.Accumulate ? 100 : 1e4,
            Targets.Min(target =>
                outcomes.Best(plan.RealRuns.Where(run => run.Target == target)).MinLoss
                / outcomes.Worst(plan.ComplexRuns.Where(run => run.Target == target && run.T == 32)).MinLoss));
    }

    /// <summary>Claims of the short runs; none where gradients accumulate.</summary>
    public static IEnumerable<Claim> Short(TrainingOutcomes outcomes)
    {
        const string source = Own + ", runs of 5 000 and 20 000 steps at a rate of 1e-3";
        var plan = outcomes.Plan;
        foreach (var runs in plan.ShortRuns.GroupBy(run => (run.Field, run.N, run.Target)))
        {
            var (field, n, target) = runs.Key;
            var id = $"train.short.{Word(field)}.n{n}.{Word(target)}";
            var first = runs.First();
            var subject = $"{field} SSM, n = {n}, t = {first.T}, {first.Steps} steps at 1e-3, {Word(target)}";
            var (best, worst) = (outcomes.Best(runs).MinLoss, outcomes.Worst(runs).MinLoss);
            if (field == StateField.Real)
            {
                yield return target switch
                {
                    TargetMap.Random => Claim.Between(id, $"{subject}: least squared ℓ2 error.", source, 0.35, 0.8, best),
                    TargetMap.Copy => Claim.Near(id, $"{subject}: least squared ℓ2 error.", source, 0.766, 0.02, best),
                    _ => Claim.Near(id, $"{subject}: least squared ℓ2 error.", source, 0.808, 0.02, best),
                };
            }
            else if (n == 16 && target == TargetMap.Random)
            {
                yield return Claim.AtMost(
                    id + ".ratio",
                    $"{subject}: error over that of the real SSM with n = 1024 on the same target, largest of the seeds.",
                    source,
                    1,
                    runs.Max(run => outcomes[run].MinLoss / outcomes[RealOf(plan, run)].MinLoss));
            }
            else
            {
                var limit = target == TargetMap.Copy ? 1e-10 : target == TargetMap.Random ? 1e-5 : 1e-3;
                yield return Claim.AtMost(id, $"{subject}: largest squared ℓ2 error of the seeds.", source, limit, worst);
            }
        }
    }

    private static FitSpecification RealOf(TrainingPlan plan, FitSpecification run) =>
        plan.ShortRuns.First(other => other.Field == StateField.Real && other.Target == run.Target && other.Seed == run.Seed);

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
