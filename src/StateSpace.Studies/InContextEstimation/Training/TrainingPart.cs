using System.Text.Json.Nodes;
using MathNet.Numerics.LinearAlgebra;

namespace StateSpace.Studies.InContextEstimation.Training;

/// <summary>Figures 2 and 3 and the comparison on tasks that change: trained estimators on the curves of the theory.</summary>
internal sealed class TrainingPart : IStudyPart
{
    private const int NewestTaps = 8;

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) =>
    [
        .. new TrainingPlan(options).Runs.Select(run => new StudyJob(
            run.Id,
            $"train {EstimationFigure.Word(run.Model)}: {run.Curve}, {(run.Rank > 0 ? "r" : "n")} = {run.X}",
            TrainingPlan.Seconds(run),
            context => EstimationTraining.Run(run, context))),
    ];

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var plan = new TrainingPlan(options);
        var records = plan.Runs.ToDictionary(run => run.Id, run => EstimationRecord.Of(outcomes, run.Id), StringComparer.Ordinal);
        return StudyConclusion.Join(
            [.. plan.Figures.Select(figure => Figure(figure, records, Extra(plan, figure, records))), Filters(plan, records)]);
    }

    private static StudyConclusion Figure(EstimationFigure figure, Dictionary<string, EstimationRecord> records, IEnumerable<Claim> extra)
    {
        var size = figure.Runs[0].Size;
        var initializations = string.Join(" or ", figure.Runs.Select(run => run.Size.Initializations).Distinct().Order());
        var excess = figure.Runs.Select(run => (records[run.Id].Best / run.Risk) - 1).ToList();
        Claim[] claims =
        [
            Claim.AtMost($"{figure.Name}.reached", $"{figure.Title}: largest relative excess of a trained risk over the closed form", figure.Source, figure.Tolerance, excess.Max()),
            Claim.AtLeast($"{figure.Name}.least", $"{figure.Title}: least relative excess; no trained estimator lies below the optimum", figure.Source, -0.002, excess.Min()),
            .. extra,
        ];
        var points = from run in figure.Runs
                     group run by (run.Curve, run.Model) into curve
                     select new ChartSeries(
                         $"{EstimationFigure.Word(curve.Key.Model)}, {curve.Key.Curve}", [.. curve.Select(run => run.X)],
                         [.. curve.Select(run => records[run.Id].Best)], SeriesStyle.Points);
        return Preset.Section(
            figure.Title,
            [$"{figure.Text} Points are the best of {initializations} initializations, chosen on validation prompts, trained by Adam for {size.Steps:N0} steps of {size.Batch} fresh prompts; dashed lines are closed forms."],
            claims,
            [
                new(
                    figure.Name, figure.Title, ["model", "data", figure.Abscissa, "least risk (theory)", "best", "best of all", "worst of all", "excess, %"],
                    [
                        .. figure.Runs.Zip(excess, (run, above) => (IReadOnlyList<Cell>)
                        [
                            EstimationFigure.Word(run.Model), run.Curve, run.X, run.Risk, records[run.Id].Best, records[run.Id].Test.Min(), records[run.Id].Test.Max(), 100 * above,
                        ]),
                    ],
                    "Risks E(y − f)² on test prompts, paired with the best estimator's losses on the same prompts."),
            ],
            [new(figure.Name, figure.Title, new(figure.Abscissa), new("risk"), [.. figure.Theory, .. points])]);
    }

    /// <summary>What the figure claims beyond agreement with the closed form.</summary>
    private static IEnumerable<Claim> Extra(TrainingPlan plan, EstimationFigure figure, Dictionary<string, EstimationRecord> records)
    {
        if (figure == plan.Noise || figure == plan.Correlation)
        {
            var difference = figure.Runs.GroupBy(run => (run.Curve, run.X)).Max(pair => Math.Abs((Best(pair, Architecture.H3) / Best(pair, Architecture.LinearAttention)) - 1));
            yield return Claim.AtMost($"{figure.Name}.equal", $"{figure.Title}: largest relative difference of H3 and linear attention", Sources.Proposition, 0.01, difference);
        }

        if (figure == plan.Noise)
        {
            var read = figure.Runs.Where(run => run.Model == Architecture.LinearAttention).Select(run => Read(run) / run.Risk).ToList();
            yield return Claim.Between(
                $"{figure.Name}.preconditioner", "Exact risk of the preconditioner W that trained linear attention has, over the least one: largest", Sources.Proposition, 1, 1.01, read.Max());
        }

        if (figure == plan.Online)
        {
            foreach (var pair in figure.Runs.GroupBy(run => run.X))
            {
                double Theory(Architecture model) => pair.Single(run => run.Model == model).Risk;
                yield return Claim.Near(
                    $"{figure.Name}.n{pair.Key}.ratio", $"Risk of H3 over linear attention's, one estimator for 1 … {pair.Key} examples", Sources.Online,
                    Theory(Architecture.H3) / Theory(Architecture.LinearAttention), 0.02, Best(pair, Architecture.H3) / Best(pair, Architecture.LinearAttention));
            }
        }

        if (figure != plan.Varying) yield break;
        foreach (var pair in figure.Runs.GroupBy(run => (run.Curve, run.X)))
        {
            var run = pair.First();
            var theory = run.Prompts.Risk / run.Prompts.ConstantRisk;
            var id = $"{figure.Name}.{run.Curve}.n{run.X}";
            yield return Claim.Near(
                $"{id}.ratio", $"Risk of H3 over linear attention's: {run.Curve}, n = {run.X}", Sources.TimeVarying, theory, 0.02, Best(pair, Architecture.H3) / Best(pair, Architecture.LinearAttention));
            if (!pair.Any(other => other.Model == Architecture.Descent)) continue;
            yield return Claim.Near(
                $"{id}.pgd", $"Trained linear attention over trained PGD: n = {run.X}", Sources.Proposition, 1, 0.01, Best(pair, Architecture.LinearAttention) / Best(pair, Architecture.Descent));
            yield return Claim.Near(
                $"{id}.wpgd", $"Trained H3 over trained WPGD: n = {run.X}", Sources.Proposition, 1, 0.01, Best(pair, Architecture.H3) / Best(pair, Architecture.WeightedDescent));
        }

        yield return Claim.Near(
            $"{figure.Name}.steady.ratio", "The same for a task that does not change (ρ = 1)", Sources.TimeVarying, 1, 0.01, Best(plan.Steady, Architecture.H3) / Best(plan.Steady, Architecture.LinearAttention));

        double Read(EstimationRun run)
        {
            var (record, d) = (records[run.Id], run.Prompts.Dimension);
            return ((IndependentPrompts)run.Prompts).Theory.Risk(Matrix<double>.Build.DenseOfRowMajor(d, d, record.Preconditioners[record.Chosen]));
        }

        double Best(IEnumerable<EstimationRun> runs, Architecture model) => records[runs.Single(run => run.Model == model).Id].Best;
    }

    /// <summary>The learned filters, which are fixed up to a factor, on the best ones.</summary>
    private static StudyConclusion Filters(TrainingPlan plan, Dictionary<string, EstimationRecord> records)
    {
        var n = plan.VaryingExamples[Math.Min(1, plan.VaryingExamples.Length - 1)];
        var claims = new List<Claim>();
        var series = new List<ChartSeries>();
        foreach (var run in plan.Varying.Runs.Where(run => run.Model == Architecture.H3 && run.X == n))
        {
            var (best, record) = (run.Filter, records[run.Id]);
            var learned = Vector<double>.Build.Dense(record.Filters[record.Chosen]);
            var scaled = learned * (learned.DotProduct(best) / learned.DotProduct(learned));
            double[] age = [.. Enumerable.Range(1, n).Select(k => (double)k)];
            series.Add(new($"theory, {run.Curve}", age, [.. best.Reverse()], SeriesStyle.Dashed));
            series.Add(new($"H3, {run.Curve}", age, [.. scaled.Reverse()], SeriesStyle.Points));
            claims.Add(Claim.AtLeast(
                $"filter.{run.Curve}.cosine", $"|cosine| of the learned filter with the best one: {run.Curve}, n = {n}", Sources.TimeVarying, 0.995,
                Math.Abs(learned.DotProduct(best)) / (learned.L2Norm() * best.L2Norm())));
            if (run.Curve != "autoregressive") continue;
            claims.Add(Claim.Near(
                "filter.autoregressive.decay", $"Mean ratio of neighbouring taps among the {NewestTaps} newest", Sources.SteadyState,
                new SteadyStateFilter(plan.VaryingDimension, .9, 0).Decay, 0.05, Math.Pow(scaled[n - NewestTaps] / scaled[n - 1], 1.0 / (NewestTaps - 1))));
        }

        const string Title = "What H3's filter learns";
        return Preset.Section(
            Title,
            ["The weight of each example by its age. The learned filter is fixed up to a factor, which is fitted here. Where tasks forget, it is the impulse response of a state space model with one state: a Kalman filter."],
            claims,
            [],
            [new("filters", $"{Title}, d = {plan.VaryingDimension}, n = {n}", new("age of the example; 1 is the newest"), new("weight"), series)]);
    }
}
