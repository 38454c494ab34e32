using System.Globalization;
using System.Text.Json.Nodes;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>The published protocol on the published files: Mamba of one to three layers on 27 languages, beside what the paper reports.</summary>
internal sealed class ProtocolPart : IStudyPart
{
    /// <summary>The setting that says how much of the published epochs is trained.</summary>
    public const string EpochsSetting = "epochs";

    /// <summary>The setting that says which points of the published sweeps are trained.</summary>
    public const string SweepSetting = "sweep";

    private const string Source = "Sarrof et al. 2024, tables of section 4.1 and appendix";

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) => [.. Runs(options).Select(run => run.Job(options.Settings.GetValueOrDefault(FilesPart.Setting, ""), options.Device))];

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        // Of a sweep the point with the best mean accuracy at the training lengths; longer words choose nothing.
        var groups = Runs(options).Select(run => (Run: run, Outcome: outcomes.Outcome<ProtocolOutcome>(run.Id))).Where(entry => entry.Outcome.Found)
            .GroupBy(entry => (entry.Run.Course.Language, entry.Run.Layers))
            .ToDictionary(
                group => group.Key,
                group => group.GroupBy(entry => (entry.Run.Width, entry.Run.Rate)).MaxBy(point => point.Average(entry => entry.Outcome.Strict[0]))!.ToList());
        if (groups.Count == 0) return new([], [], [], []);
        double Best(string language, int layers, int bin) => groups[(language, layers)].Max(entry => entry.Outcome.Strict[bin]);
        double Least(IEnumerable<string> languages, int bin) => languages.SelectMany(language => Enumerable.Range(1, 3).Select(layers => Best(language, layers, bin))).Min();
        double Most(IEnumerable<string> languages, int bin) => languages.SelectMany(language => Enumerable.Range(1, 3).Select(layers => Best(language, layers, bin))).Max();
        var starFree = PublishedCourse.Suite.Take(10).Select(course => course.Language).ToList();
        string[] unary = ["aa-star", "aaaa-star", "abab-star"], modular = ["tomita-5", "tomita-6"];
        var counters = PublishedCourse.Suite.Skip(18).Select(course => course.Language).ToList();
        List<Claim> claims =
        [
            Claim.AtLeast("protocol.star-free.short", "Star-free languages but D_12, 1 to 3 layers: least of the best strict accuracies at training lengths (%)", Source, 99.5, Least(starFree, 0)),
            Claim.AtLeast("protocol.star-free.long", "The same on longer words", Source, 99.5, Least(starFree, 1)),
            Claim.AtLeast("protocol.d-12.short", "D_12, three layers: best strict accuracy at training lengths (%)", Source, 99, Best("d-12", 3, 0)),
            Claim.AtLeast("protocol.d-12.long", "The same on longer words", Source, 95, Best("d-12", 3, 1)),
            Claim.AtMost("protocol.parity.one", "Parity, one layer: best strict accuracy on longer words (%)", Source, 2, Best("parity", 1, 1)),
            Claim.AtMost("protocol.parity.three", "Parity, three layers: the same", Source, 40, Best("parity", 3, 1)),
            Claim.AtMost("protocol.unary", "(aa)*, (aaaa)*, (abab)*: best strict accuracy on longer words, at most one word (%)", Source, 100.0 / 15, Most(unary, 1)),
            Claim.AtMost("protocol.modular", "Tomita-5 and 6: best strict accuracy on longer words (%)", Source, 1, Most(modular, 1)),
            Claim.AtLeast("protocol.counters", "Counter languages: least of the best strict accuracies at training lengths (%)", Source, 99, Least(counters, 0)),
            Claim.Between("protocol.dyck-1.double", "Dyck-1: best strict accuracy up to twice the training lengths (%)", Source, 35, 80, Most(["dyck-1"], 1)),
            Claim.AtMost("protocol.dyck-1.triple", "The same up to three times", Source, 25, Most(["dyck-1"], 2)),
            Claim.AtMost("protocol.anbn.double", "aⁿbⁿ: best strict accuracy up to twice the training lengths (%)", Source, 40, Most(["anbn"], 1)),
            Claim.AtMost("protocol.anbn.triple", "The same up to three times", Source, 5, Most(["anbn"], 2)),
        ];
        ResultTable table = new(
            "protocol", "The published protocol: strict accuracy in % by bin, best seed and all seeds, beside the paper's",
            ["language", "layers", "width", "rate", "training lengths", "longer", "longest", "published", "published Transformer"],
            [.. from course in PublishedCourse.Suite
                from layers in Enumerable.Range(1, 3)
                let entries = groups[(course.Language, layers)]
                select (IReadOnlyList<Cell>)[
                    course.Language, layers, entries[0].Run.Width, entries[0].Run.Rate, Text(entries, 0), Text(entries, 1), Text(entries, 2),
                    string.Join(" / ", course.Mamba[layers - 1].Select(Number)), string.Join(" / ", course.Transformer.Select(Number))]],
            $"{Percent(options)} % of the published epochs, {TrainingPart.Seeds(options)} seeds; of a sweep the point whose mean at training lengths is best. The published numbers are the best of a sweep "
            + "without a seed; the Transformer's are of Bhattamishra et al. 2020, partly on other lengths.");
        return PartJobs.Section(
            "The published protocol on the published files",
            [
                "As the authors trained: constant rate, decay of every parameter, a class for the pattern of symbols that may follow. What generalizes is what is star-free; "
                + "languages with a group and counters are fitted at the training lengths, if at all.",
            ],
            claims, [table], []);
    }

    private static string Text(IReadOnlyList<(ProtocolRun Run, ProtocolOutcome Outcome)> entries, int bin) =>
        bin < entries[0].Outcome.Strict.Length ? TrainedGroup.Spread(entries.Select(entry => entry.Outcome.Strict[bin])) : "";

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static int Percent(StudyOptions options) =>
        options.Settings.GetValueOrDefault(EpochsSetting, "100") is var text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent is >= 1 and <= 100
            ? percent
            : throw new StudyInputException($"--set {EpochsSetting}={text}: it must be a number from 1 to 100, the share of the published epochs in %");

    private static bool IsWhole(StudyOptions options) => options.Settings.GetValueOrDefault(SweepSetting, "one") switch
    {
        "one" => false,
        "all" => true,
        var other => throw new StudyInputException($"--set {SweepSetting}={other}: it must be one or all"),
    };

    private static IEnumerable<ProtocolRun> Runs(StudyOptions options)
    {
        var (percent, whole) = (Percent(options), IsWhole(options));
        return
            from course in options.Preset == "paper" ? PublishedCourse.Suite : []
            from layers in Enumerable.Range(1, 3)
            from width in course.Widths.Take(whole ? course.Widths.Count : 1)
            from rate in course.Rates.Take(whole ? course.Rates.Count : 1)
            from seed in Enumerable.Range(0, TrainingPart.Seeds(options))
            select new ProtocolRun(course, layers, width, rate, percent, options.Seed + seed);
    }
}
