using System.Globalization;
using System.Text.Json.Nodes;
using StateSpace.Studies.InContextEstimation.Language;
using StateSpace.Studies.InContextEstimation.Training;

namespace StateSpace.Studies.InContextEstimation;

/// <summary>The report's first paragraph: what came out, in numbers of the run.</summary>
internal sealed class SummaryPart : IStudyPart
{
    public IReadOnlyList<StudyJob> Plan(StudyOptions options) => [];

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var plan = new TrainingPlan(options);
        var best = plan.Runs.ToDictionary(run => run.Id, run => EstimationRecord.Of(outcomes, run.Id).Best, StringComparer.Ordinal);
        var excess = plan.Runs.Max(run => (best[run.Id] / run.Risk) - 1);
        var equal = Ratios(plan.Noise).Concat(Ratios(plan.Correlation)).Max(pair => Math.Abs(pair.Ratio - 1));
        var changing = plan.Varying.Runs.Max(run => run.X);
        var varying = string.Join(", ", Ratios(plan.Varying).Where(pair => pair.X == changing).Select(pair => $"{Number(pair.Ratio)} ({pair.Curve})"));
        var online = Ratios(plan.Online).MaxBy(pair => pair.X);
        var language = new LanguagePlan(options).Groups.Where(group => !group.First.Size.AllTokens).GroupBy(group => group.First.Task).Select(task => $"{task.Key.Title}: " + string.Join(", ", task.Select(group =>
            $"{LanguageRun.Word(group.First.Mixer)} {Percent(LanguageGroup.Reached(group.Runs.Select(run => LanguageRecord.Of(outcomes, run.Id).Test)))}")));
        return Preset.Section(
            "What came out",
            [
                "One layer of linear attention can do one step of preconditioned gradient descent on the examples, one layer of H3 the same with a weight for each example, and neither can do better. "
                + $"Each of the {best.Count} trainings comes within {Percent(excess)} of what the closed form says. Where examples are alike the two layers differ by {Percent(equal)} at most. "
                + $"Where the task changes within the prompt, H3's risk over linear attention's is {varying} with {changing} examples; one estimator for every context length of 1 to {online.X} has {Number(online.Ratio)}.",
                $"As layers of language models, accuracy that two of three seeds reach: {string.Join("; ", language)}.",
            ],
            [], [], []);

        IEnumerable<(string Curve, double X, double Ratio)> Ratios(EstimationFigure figure) => figure.Runs.GroupBy(run => (run.Curve, run.X)).Select(pair =>
            (pair.Key.Curve, pair.Key.X, Of(pair, Architecture.H3) / Of(pair, Architecture.LinearAttention)));

        double Of(IEnumerable<EstimationRun> runs, Architecture model) => best[runs.Single(run => run.Model == model).Id];
    }

    private static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + " %";
}
