using System.Text.Json.Nodes;
using StateSpace.Studies.Selectivity.Training;

namespace StateSpace.Studies.Selectivity;

/// <summary>The induction head, and what of B, C and Δ must depend on the input (section 4.3 and Table 3).</summary>
internal sealed class InductionPart : IStudyPart
{
    private const string Source = "Ran-Milo et al., section 4.3 and Table 3";
    private const string AccuracyTable = "induction-accuracy";
    private const string RunTable = "induction-runs";
    private const string CurveChart = "induction-curves";
    private const string SubsetChart = "induction-subsets";

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) => new SelectivityPlan(options).Induction().Jobs();

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var experiment = new SelectivityPlan(options).Induction();
        var groups = experiment.Groups(outcomes);
        var task = experiment.Runs[0].Task;
        var pairs = groups.GroupBy(group => group.Selection).Select(pair => new Pair(
            pair.Key, pair.First(group => group.Form == ScanForm.Real), pair.First(group => group.Form == ScanForm.Complex))).ToList();
        List<Claim> claims = [.. pairs.SelectMany(pair => ClaimOf(pair, new SelectivityPlan(options).IsPaper)), Contrast(pairs)];
        Pair all = pairs.First(pair => pair.Selection == Selection.All), none = pairs.First(pair => pair.Selection == Selection.None);
        var text =
            $"A mark, then {task.Scored} symbols; when the mark comes again, the symbols are asked for; a guess is right in {TaskTables.Percent(task.Chance)} of the cases. "
            + $"With B, C and Δ selective the real model reaches {TaskTables.Percent(all.Real.Mean())} and the complex one {TaskTables.Percent(all.Complex.Mean())} on average; "
            + $"with nothing selective {TaskTables.Percent(none.Real.Mean())} and {TaskTables.Percent(none.Complex.Mean())}: complex states are an advantage where selectivity is missing. "
            + TaskTables.PublishedMeasure(groups);
        return new(
            claims,
            [
                TaskTables.Accuracies(
                    AccuracyTable,
                    $"Induction head, {task.Scored} symbols: accuracy on 1000 new sequences",
                    groups,
                    group => group.Selection != Selection.All ? "" : group.Form == ScanForm.Real ? "97.35 … 98.3 %" : "93.93 … 97.64 %",
                    "The paper's figures are those of 128 symbols, 16 tokens and 64 channels, worst and best of three seeds. Of its Table 3 only the text is at hand: "
                    + "with B and C selective real is at least as good; with one or both of them constant complex is clearly better."),
                TaskTables.Runs(RunTable, groups),
            ],
            [
                TaskTables.Curves(
                    CurveChart, "Induction head, nothing selective: accuracy during training", [none.Real, none.Complex], "Real: fine dashes."),
                Subsets(pairs),
            ],
            [new("Induction head, and what must be selective", [text], [AccuracyTable, RunTable], [SubsetChart, CurveChart], [.. claims.Select(claim => claim.Id)])]);
    }

    private static IEnumerable<Claim> ClaimOf(Pair pair, bool isPaper)
    {
        var (id, title) = ($"induction.{pair.Selection.Id}", $"Selective: {pair.Selection.Title}.");
        var difference = pair.Complex.Mean() - pair.Real.Mean();
        if (!pair.Selection.IsSelectiveInBoth)
        {
            // Where the real form is nearly right already, the other cannot be much better.
            var clear = pair.Selection == Selection.None && !isPaper ? 0.15 : Math.Min(0.03, (1 - pair.Real.Mean()) / 2);
            yield return Claim.AtLeast(
                $"{id}.order", $"{title} Complex over real, means of the seeds: a clear advantage (0.03, or half of what the real form leaves).", Source, clear, difference);
        }
        else if (isPaper || pair.Selection == Selection.All)
        {
            // Small networks with a constant Δ are not trained to the end: there real is behind by what it still learns.
            yield return Claim.AtMost(
                $"{id}.order", $"{title} Complex over real, means of the seeds: no advantage beyond 0.03 (real is at least as good).", Source, 0.03, difference);
        }

        yield return Claim.Exactly(
            $"{id}.parameters",
            $"{title} Trained parameters, real and complex.",
            "Ran-Milo et al., app. F.3: equal numbers",
            $"{pair.Real.Records[0].Parameters}",
            $"{pair.Complex.Records[0].Parameters}");
        if (pair.Selection != Selection.All) yield break;
        foreach (var group in new[] { pair.Real, pair.Complex })
            yield return Claim.AtLeast($"{id}.{group.Form.Title()}", $"{title} Mean accuracy, {group.Form.Title()}.", Source, isPaper ? 0.93 : 0.95, group.Mean());
    }

    /// <summary>The paper's two cases side by side: the advantage without one of B and C, and with both.</summary>
    private static Claim Contrast(List<Pair> pairs)
    {
        double Advantage(bool both) => pairs.Where(pair => pair.Selection.IsSelectiveInBoth == both).Average(pair => pair.Complex.Mean() - pair.Real.Mean());
        return Claim.AtLeast(
            "induction.contrast",
            "Complex over real, means of the seeds and subsets: by how much the advantage is larger where B or C is constant than where both are selective.",
            Source,
            0.05,
            Advantage(both: false) - Advantage(both: true));
    }

    private static Chart Subsets(List<Pair> pairs)
    {
        double[] x = [.. Enumerable.Range(1, pairs.Count)];
        return new(
            SubsetChart,
            "Induction head: accuracy by what is selective",
            new("subset, in the order of the note"),
            new("test accuracy"),
            [
                new("real, mean", x, [.. pairs.Select(pair => pair.Real.Mean())], SeriesStyle.LineAndPoints),
                new("complex, mean", x, [.. pairs.Select(pair => pair.Complex.Mean())], SeriesStyle.LineAndPoints),
                .. Seeds("real, seeds", pair => pair.Real),
                .. Seeds("complex, seeds", pair => pair.Complex),
            ],
            string.Join("; ", pairs.Select((pair, i) => $"{i + 1}: {pair.Selection.Title}")));

        IEnumerable<ChartSeries> Seeds(string name, Func<Pair, TaskGroup> group)
        {
            yield return new(
                name,
                [.. pairs.SelectMany((pair, i) => group(pair).Accuracies().Select(_ => (double)(i + 1)))],
                [.. pairs.SelectMany(pair => group(pair).Accuracies())],
                SeriesStyle.Points);
        }
    }

    private sealed record Pair(Selection Selection, TaskGroup Real, TaskGroup Complex);
}
