using System.Text.Json.Nodes;
using StateSpace.Studies.Selectivity.Training;

namespace StateSpace.Studies.Selectivity;

/// <summary>Copy with a delay: S6 with real against S6 with complex states (section 4.3).</summary>
internal sealed class CopyPart : IStudyPart
{
    private const string Source = "Ran-Milo et al., section 4.3, copy";
    private const string AccuracyTable = "copy-accuracy";
    private const string RunTable = "copy-runs";
    private const string CurveChart = "copy-curves";

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) => new SelectivityPlan(options).Copy().Jobs();

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var experiment = new SelectivityPlan(options).Copy();
        var groups = experiment.Groups(outcomes);
        var task = experiment.Runs[0].Task;
        TaskGroup real = groups.First(group => group.Form == ScanForm.Real), complex = groups.First(group => group.Form == ScanForm.Complex);
        var claims = Claims(real, complex, new SelectivityPlan(options).IsPaper).ToList();
        var text =
            $"Symbols of {task.ScoredFrom} steps ago are asked for; {task.Vocabulary - 1} symbols, so that a guess is right in {TaskTables.Percent(task.Chance)} of the cases. "
            + $"With as many parameters, the complex model reaches {TaskTables.Percent(complex.Mean())} of 1000 new sequences on average ({TaskTables.Percent(complex.Worst())} at worst), "
            + $"the real one {TaskTables.Percent(real.Mean())} ({TaskTables.Percent(real.Best())} at best). "
            + TaskTables.PublishedMeasure(groups);
        return new(
            claims,
            [
                TaskTables.Accuracies(
                    AccuracyTable,
                    $"Copy, delay {task.ScoredFrom}: accuracy on 1000 new sequences",
                    groups,
                    group => group.Form == ScanForm.Real ? "≤ 80.17 %" : "≥ 93.05 %",
                    "The paper's figures are those of delay 64, 16 tokens, 64 channels and a million steps (section 4.3): the best of three real seeds, the worst of three complex ones."),
                TaskTables.Runs(RunTable, groups),
            ],
            [TaskTables.Curves(CurveChart, "Copy: accuracy during training", groups, "Real: fine dashes.")],
            [new("Copy", [text], [AccuracyTable, RunTable], [CurveChart], [.. claims.Select(claim => claim.Id)])]);
    }

    private static IEnumerable<Claim> Claims(TaskGroup real, TaskGroup complex, bool isPaper)
    {
        yield return Claim.AtLeast(
            "copy.order",
            "The worst complex seed copies better than the best real one: difference of their accuracies.",
            Source,
            0,
            complex.Worst() - real.Best());
        yield return Claim.AtLeast(
            "copy.gap",
            "Complex over real, means of the seeds: difference of accuracies.",
            isPaper ? Source : "own analysis: the small size shows the paper's difference enlarged",
            isPaper ? 0.1 : 0.3,
            complex.Mean() - real.Mean());
        yield return Claim.Exactly(
            "copy.parameters", "Trained parameters, real and complex.", "Ran-Milo et al., app. F.3: equal numbers", $"{real.Records[0].Parameters}", $"{complex.Records[0].Parameters}");
        if (isPaper)
        {
            yield return Claim.Exactly("copy.published-parameters", "Trained parameters at the published sizes.", "published code", "65472", $"{real.Records[0].Parameters}");
            yield return Claim.AtLeast("copy.complex", "Accuracy of the worst complex seed.", Source, 0.9, complex.Worst());
            yield return Claim.AtMost("copy.real", "Accuracy of the best real seed.", Source, 0.85, real.Best());
        }
    }
}
