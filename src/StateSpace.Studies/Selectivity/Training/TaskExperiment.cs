using System.Text.Json.Nodes;

namespace StateSpace.Studies.Selectivity.Training;

/// <summary>Trainings that belong together: their jobs, and their outcomes grouped over the seeds.</summary>
/// <param name="runs">The trainings in reading order.</param>
internal sealed class TaskExperiment(IReadOnlyList<TaskRun> runs)
{
    /// <summary>Seconds per token and channel of a step, on one core.</summary>
    private const double SecondsPerTokenChannel = 2e-7;

    /// <summary>The trainings.</summary>
    public IReadOnlyList<TaskRun> Runs => runs;

    /// <summary>A job for each training.</summary>
    public IReadOnlyList<StudyJob> Jobs() => [.. runs.Select(run => new StudyJob(
        run.Id, run.Title, Seconds(run), context => TaskTrainer.Run(run, context.Report, context.Cancellation).Outcome()))];

    /// <summary>The outcomes, the seeds of a form and selection together, in reading order.</summary>
    /// <exception cref="StudyInputException">An outcome is missing.</exception>
    public IReadOnlyList<TaskGroup> Groups(IReadOnlyDictionary<string, JsonNode> outcomes) =>
        [.. runs.GroupBy(run => (run.Form, run.Selection)).Select(group => new TaskGroup([.. group], [.. group.Select(run => TaskRecord.Of(outcomes, run.Id))]))];

    private static double Seconds(TaskRun run) =>
        SecondsPerTokenChannel * run.Form.Cost() * run.Plan.Steps * run.Plan.Batch * run.Task.Length * run.Size.Width;
}

/// <summary>The seeds of one network.</summary>
/// <param name="Runs">What was trained.</param>
/// <param name="Records">What came out, in the same order.</param>
internal sealed record TaskGroup(IReadOnlyList<TaskRun> Runs, IReadOnlyList<TaskRecord> Records)
{
    /// <summary>What the state is made of.</summary>
    public ScanForm Form => Runs[0].Form;

    /// <summary>What depends on the input.</summary>
    public Selection Selection => Runs[0].Selection;

    /// <summary>Accuracy of each seed on a test.</summary>
    public IEnumerable<double> Accuracies(int test = 0) => Records.Select(record => record.Tests[test]);

    /// <summary>Mean over the seeds.</summary>
    public double Mean(int test = 0) => Accuracies(test).Average();

    /// <summary>Best seed.</summary>
    public double Best(int test = 0) => Accuracies(test).Max();

    /// <summary>Worst seed.</summary>
    public double Worst(int test = 0) => Accuracies(test).Min();
}
