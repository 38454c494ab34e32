using System.Text.Json.Nodes;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>The published files: whether they are what the languages say, what a lookup of the last symbols gets, and what training and test share.</summary>
internal sealed class FilesPart : IStudyPart
{
    /// <summary>The setting that says where the files are.</summary>
    public const string Setting = "data";

    // Strict accuracy in % of lookups with k = 1, 4, 7 on bins 0 and 1, counted on the files; NaN where the specification has no number.
    private static readonly (string Language, double[] Accuracy)[] Known =
    [
        ("tomita-1", [100, 100, 100, 100, 100, 100]),
        ("tomita-2", [100, 100, 100, 100, 100, 100]),
        ("abcde-blocks", [100, 100, 100, 100, 100, 100]),
        ("tomita-4", [2.7, 0, 100, 100, 100, 100]),
        ("d-2", [0, 0, 91.3, 98.1, 99.9, 100]),
        ("d-3", [0, 0, 2.1, 44.1, 92.3, 100]),
        ("d-4", [0, 0, 2.6, 30.9, 100, 100]),
        ("abd-bc", [double.NaN, double.NaN, 75.0, 55.0, 96.8, 92.2]),
        ("012-02", [double.NaN, double.NaN, 90.5, 83.2, 99.7, 99.3]),
        ("tomita-7", [double.NaN, double.NaN, 34.0, 28.3, 40.2, 33.4]),
        ("tomita-3", [double.NaN, double.NaN, 17.5, 8.3, 20.0, 9.8]),
        ("d-12", [double.NaN, double.NaN, 0, 0, 0, 0]),
    ];

    // Test words that training has, too, by bin.
    private static readonly (string Language, int Bin, int Shared)[] KnownOverlap =
    [
        ("tomita-1", 0, 40), ("tomita-2", 0, 22), ("anbn", 0, 41), ("anbncn", 0, 43), ("anbncndn", 0, 42), ("dyck-1", 0, 493), ("shuffle-2", 0, 384),
        ("shuffle-4", 0, 311), ("shuffle-6", 0, 293), ("parity", 0, 336), ("tomita-3", 0, 510), ("d-3", 1, 28),
    ];

    // Different classes in the training files.
    private static readonly Dictionary<string, int> KnownClasses = new(StringComparer.Ordinal)
    {
        ["tomita-1"] = 1,
        ["abcde-blocks"] = 5,
        ["d-2"] = 3,
        ["d-3"] = 3,
        ["d-4"] = 3,
        ["d-12"] = 3,
        ["tomita-3"] = 3,
        ["shuffle-2"] = 4,
        ["shuffle-4"] = 16,
        ["shuffle-6"] = 64,
        ["anbn"] = 3,
        ["anbncn"] = 4,
        ["anbncndn"] = 5,
    };

    private static readonly int[] Windows = [1, 4, 7];

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) =>
    [
        .. PublishedTask.All.Select(task => PartJobs.Job(Id(task), $"{task.Language}: the published files", 0.8, context => Compute(task, options, context))),
    ];

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var rows = PublishedTask.All.Select(task => (Task: task, Outcome: outcomes.Outcome<Outcome>(Id(task)))).Where(row => row.Outcome.Found).ToList();
        if (rows.Count == 0)
        {
            return PartJobs.Section(
                "The published files",
                [
                    $"Not looked at: there is no {PublishedFiles.FileName}. Put generated_ds of github.com/lacoco-lab/ssm_expressivity into an archive of that name, and "
                    + $"name its folder by --set {Setting}=FOLDER or the environment variable SSM_DATA.",
                ],
                [], [], []);
        }

        var byName = rows.ToDictionary(row => row.Task.Language, row => row.Outcome, StringComparer.Ordinal);
        var deviation = Known.Max(known => known.Accuracy.Select((value, i) => double.IsNaN(value) ? 0 : Math.Abs(value - byName[known.Language].Lookup[i])).Max());
        const string Own = "specification, sections 3.1-3.5: counted on the authors' files";
        Claim[] claims =
        [
            Claim.Exactly("files.windows", "Files whose number of words or range of lengths is not as counted", Own, "0", $"{rows.Sum(row => row.Outcome.WrongWindows)}"),
            Claim.Exactly("files.members", "Published words that are no members of their language", Own, "0", $"{rows.Sum(row => row.Outcome.NotMembers)}"),
            Claim.Exactly(
                "files.labels", "Published words whose classes are not the oracle's, the named quirks kept", Own, "0", $"{rows.Sum(row => row.Outcome.WrongPublished)}"),
            Claim.Exactly(
                "files.classes", "Languages whose training files have another number of classes than listed (2 where nothing else is)", Own, "none",
                string.Join(", ", rows.Where(row => row.Outcome.Classes != KnownClasses.GetValueOrDefault(row.Task.Language, 2)).Select(row => $"{row.Task.Language} {row.Outcome.Classes}").DefaultIfEmpty("none"))),
            Claim.AtMost("files.lookup", "Largest deviation of a lookup's strict accuracy from the counted ones, in points (12 languages, k = 1, 4, 7)", Own, 0.1, deviation),
            Claim.Exactly(
                "files.overlap", "Words shared by training and test, by language: as counted", Own, Text(known => known.Shared),
                Text(known => byName[known.Language].Shared[known.Bin])),
        ];
        ResultTable lookup = new(
            "files-lookup", "A lookup of the last k symbols on the published files: strict accuracy in %",
            ["language", .. Windows.SelectMany(k => new[] { $"k = {k}, bin 0", $"k = {k}, bin 1" }), "counted before, k = 7"],
            [.. rows.Select(row => (IReadOnlyList<Cell>)[row.Task.Language, .. row.Outcome.Lookup.Select(value => (Cell)Math.Round(value, 1)), KnownText(row.Task.Language)])],
            "Trained on the training file: the most frequent class behind the same last k symbols. Where this is near 100, the task asks for no state.");
        ResultTable shared = new(
            "files-overlap", "Training and test of the published files",
            ["language", "training words", "different ones", "bin 0: in training", "of", "bin 1: in training", "of", "words with a quirk's class"],
            [.. rows.Select(row => (IReadOnlyList<Cell>)[
                row.Task.Language, row.Task.Training.Count, row.Outcome.Different, row.Outcome.Shared[0], row.Task.Bins[0].Count, row.Outcome.Shared[1], row.Task.Bins[1].Count,
                row.Outcome.WrongTrue])],
            "Quirks: tomita-3's generator takes a live state for dead; 012-02 says 'continue' behind a 0 although the word is a member.");
        return PartJobs.Section(
            "The published files",
            [
                "What the files test: nine of the eleven star-free tasks are (nearly) solved by a lookup of the last seven symbols, four of them by the last four, as a "
                + "convolution of width four sees them. What needs a state on these files: tomita-7, d-12, the languages that are not star-free, and the counters.",
            ],
            claims, [lookup, shared], []);

        static string Text(Func<(string Language, int Bin, int Shared), int> value) => string.Join(", ", KnownOverlap.Select(known => $"{known.Language} {value(known)}"));
    }

    private static string Id(PublishedTask task) => $"files.{task.Language}";

    private static string KnownText(string language) =>
        Array.Find(Known, known => known.Language == language) is { Accuracy: { } accuracy } ? $"{((Cell)accuracy[4]).Format()} / {((Cell)accuracy[5]).Format()}" : "";

    private static Outcome Compute(PublishedTask task, StudyOptions options, JobContext context)
    {
        if (PublishedFiles.Find(options.Settings.GetValueOrDefault(Setting, "")) is not { } path) return new(false, 0, 0, 0, 0, 0, 0, [], []);
        using var files = PublishedFiles.Open(path);
        var language = LanguageCatalog.Find(task.Language);
        var training = files.Training(language);
        var bins = task.Bins.Select((_, i) => files.Test(language, i)).ToList();
        var (windows, members, published, real) = (0, 0, 0, 0);
        foreach (var (window, words) in task.Bins.Zip(bins).Append((task.Training, training)))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (window != new WordWindow(words.Count, words.Min(word => word.Word.Length), words.Max(word => word.Word.Length))) windows++;
            foreach (var (word, labels) in words)
            {
                if (!language.Contains(word)) members++;
                else if (!language.Labels(word, published: true).SequenceEqual(labels)) published++;
                else if (language.PublishedLabel is not null && !language.Labels(word).SequenceEqual(labels)) real++;
            }
        }

        context.Report(0.4);
        var seen = training.Select(word => word.Word).ToHashSet(StringComparer.Ordinal);
        List<double> lookup = [];
        foreach (var k in Windows)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            WindowLookup window = new(training, k);
            lookup.AddRange(bins.Take(2).Select(window.StrictAccuracy));
            context.Report(0.4 + (0.2 * lookup.Count / 2));
        }

        return new(true, windows, members, published, real, seen.Count, training.SelectMany(word => word.Labels).Distinct(StringComparer.Ordinal).Count(), [.. bins.Select(bin => bin.Count(word => seen.Contains(word.Word)))], [.. lookup]);
    }

    internal sealed record Outcome(
        bool Found, int WrongWindows, int NotMembers, int WrongPublished, int WrongTrue, int Different, int Classes, int[] Shared, double[] Lookup);
}
