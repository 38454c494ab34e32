namespace StateSpace.Studies.InContextEstimation.Language;

/// <summary>
/// What a preset trains: the two tasks with each mixer, by a loss that short trainings can follow, and under <c>paper</c> also by the published one,
/// with the published training set and with fresh sequences.
/// </summary>
internal sealed class LanguagePlan
{
    /// <summary>Seconds of a step per token and channel on one core, estimated.</summary>
    private const double SecondsPerTokenChannel = 1e-7;

    /// <summary>Sequences of the published training set.</summary>
    private const int PublishedSet = 5000;

    public LanguagePlan(StudyOptions options)
    {
        if (options.Seeds < 1) throw new StudyInputException($"seeds is {options.Seeds}; at least 1 is needed");
        var quick = options.Preset == "quick";
        LanguageTask[] tasks = [quick ? new InductionHeadTask(12, 14) : new InductionHeadTask(20, 30), new AssociativeRecallTask(10, 20)];
        var groups = tasks.Zip<LanguageTask, int, IEnumerable<LanguageGroup>>(quick ? [1500, 3000] : [4000, 6000], (task, steps) => Group(options, task, new(32, quick ? 16 : 64, steps, 32, 3e-3)));
        if (options.Preset == "paper")
        {
            groups = groups.Concat(
                from set in new[] { PublishedSet, 0 }
                from one in tasks.Zip([62_800, 31_400])
                select Group(options, one.First, Published(one.Second, set)));
        }

        Groups = [.. groups.SelectMany(group => group)];
    }

    /// <summary>The trainings, the seeds of a model together.</summary>
    public IReadOnlyList<LanguageGroup> Groups { get; }

    /// <summary>Seconds of a run on one core, estimated.</summary>
    public static double Seconds(LanguageRun run) => SecondsPerTokenChannel * run.Size.Steps * run.Size.Batch * run.Task.Length * run.Size.Width;

    // safari, configs/experiment/synthetics: 5,000 sequences, 400 and 200 times, all next tokens in the loss. Its dropout of 0.1 at the embedding is left out.
    private static LanguageSize Published(int steps, int set) => new(32, 64, steps, 32, 5e-4)
    {
        AllTokens = true,
        TrainingSet = set,
        Deviation = 0.02,
    };

    private static IEnumerable<LanguageGroup> Group(StudyOptions options, LanguageTask task, LanguageSize size) =>
        from mixer in Enum.GetValues<LanguageMixer>()
        select new LanguageGroup([
            .. from seed in Enumerable.Range(0, options.Seeds ?? 3)
               select new LanguageRun(task, mixer, size with { Device = options.Device }, options.Seed + seed),
        ]);
}

/// <summary>A model on a task, with every seed.</summary>
/// <param name="Runs">The trainings.</param>
internal sealed record LanguageGroup(IReadOnlyList<LanguageRun> Runs)
{
    /// <summary>The first training.</summary>
    public LanguageRun First => Runs[0];

    /// <summary>Ids without the seed.</summary>
    public string Id => First.Id[..First.Id.LastIndexOf('.')];

    /// <summary>The accuracy that two of three seeds reach.</summary>
    public static double Reached(IEnumerable<double> accuracies)
    {
        var descending = accuracies.OrderDescending().ToList();
        return descending[(((2 * descending.Count) + 2) / 3) - 1];
    }
}
