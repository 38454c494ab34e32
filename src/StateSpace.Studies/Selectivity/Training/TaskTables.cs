namespace StateSpace.Studies.Selectivity.Training;

/// <summary>Tables and charts that every task has.</summary>
internal static class TaskTables
{
    /// <summary>A row for each network: best, mean and worst seed on the first test.</summary>
    /// <param name="name">Name of the table.</param>
    /// <param name="title">Caption.</param>
    /// <param name="groups">The networks.</param>
    /// <param name="published">The paper's figure of a network; empty where it gives none.</param>
    /// <param name="note">What must be known beside the numbers.</param>
    public static ResultTable Accuracies(string name, string title, IReadOnlyList<TaskGroup> groups, Func<TaskGroup, string> published, string note) => new(
        name,
        title,
        ["state", "selective", "best seed", "mean", "worst seed", "seeds", "parameters", "paper"],
        [
            .. groups.Select(group => (IReadOnlyList<Cell>)
            [
                group.Form.Title(), group.Selection.Title, group.Best(), group.Mean(), group.Worst(), group.Runs.Count, group.Records[0].Parameters, published(group),
            ]),
        ],
        note);

    /// <summary>Every training.</summary>
    /// <param name="name">Name of the table.</param>
    /// <param name="groups">The networks.</param>
    public static ResultTable Runs(string name, IReadOnlyList<TaskGroup> groups) => new(
        name,
        "Every training run",
        ["state", "selective", "seed", "steps", "last loss", "test accuracy", "training accuracy", "best validation", "at step"],
        [
            .. groups.SelectMany(group => group.Runs.Zip(group.Records, (run, record) => (IReadOnlyList<Cell>)
            [
                run.Form.Title(), run.Selection.Title, run.Seed, record.Steps, record.CurveLosses[^1], record.Tests[0], record.TrainingAccuracy, record.BestValidation, record.BestStep,
            ])),
        ],
        "Test: 1000 new sequences after the last step. Training: mean over the batches of the last twentieth of the steps, which is what the published code reports. "
        + "Validation: 200 sequences along the way; nothing is chosen by any of them.");

    /// <summary>Validation accuracy against the step, every seed.</summary>
    /// <param name="name">Name of the chart.</param>
    /// <param name="title">Heading.</param>
    /// <param name="groups">The networks.</param>
    /// <param name="note">What to see.</param>
    public static Chart Curves(string name, string title, IReadOnlyList<TaskGroup> groups, string note) => new(
        name,
        title,
        new("step"),
        new("validation accuracy"),
        [
            .. groups.SelectMany(group => group.Runs.Zip(group.Records, (run, record) => new ChartSeries(
                $"{run.Form.Title()}, seed {run.Seed}",
                [.. record.CurveSteps.Select(step => (double)step)],
                record.CurveAccuracies,
                run.Form is ScanForm.Complex or ScanForm.Rotating ? SeriesStyle.Line : SeriesStyle.Dashed))),
        ],
        note);

    /// <summary>By how much the published code's measure, accuracy on training batches, lies above or below the test's, at most.</summary>
    public static string PublishedMeasure(IEnumerable<TaskGroup> groups)
    {
        var differences = groups.SelectMany(group => group.Records).Select(record => record.TrainingAccuracy - record.Tests[0]).ToList();
        return "The published code tests on nothing: it reports the mean accuracy on the training batches of the last epoch. Measured both ways, that is between "
            + $"{Points(differences.Min())} and {Points(differences.Max())} points from the accuracy on the new sequences.";
    }

    /// <summary>As in "+0.4" for 0.004.</summary>
    private static string Points(double difference) => (100 * difference).ToString("+0.0;−0.0;0.0", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>As in "93.05 %".</summary>
    public static string Percent(double share) => (100 * share).ToString("0.0", System.Globalization.CultureInfo.InvariantCulture) + " %";
}
