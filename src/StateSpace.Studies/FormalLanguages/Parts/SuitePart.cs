using System.Text.Json.Nodes;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>The 27 languages, drawn anew by both samplers, and how far a lookup of the last symbols gets on either.</summary>
internal sealed class SuitePart : IStudyPart
{
    private const int Window = 7;

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) =>
    [
        .. PublishedTask.All.Select(task => PartJobs.Job(
            Id(task), $"{task.Language}: drawn anew by both samplers", options.ByPreset(0.5, 1.5, 4), context => Compute(task, options, context))),
    ];

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var rows = PublishedTask.All.Select(task => (Language: LanguageCatalog.Find(task.Language), Outcome: outcomes.Outcome<Outcome>(Id(task)))).ToList();
        Claim[] claims =
        [
            Claim.Exactly(
                "suite.members", "Words drawn by the published and the honest samplers of 27 languages that are no members, or outside their window",
                "specification of the languages: automata and counters", "0", $"{rows.Sum(row => row.Outcome.Wrong)}"),
            Claim.AtMost(
                "suite.honest-lookup", $"Star-free languages of 11 whose longer words a lookup of the last {Window} symbols answers to 99 % on honest samples",
                "own analysis: tomita-1, tomita-2, tomita-4 and aa*bb*cc*dd*ee* need no longer memory, all others do", 4,
                rows.Count(row => row.Language.Class == LanguageClass.StarFree && row.Outcome.Honest[1] >= 99)),
        ];
        ResultTable table = new(
            "suite", $"The languages, and a lookup of the last {Window} symbols on words drawn anew: strict accuracy in %",
            ["language", "words", "class", "minimal automaton (live)", "published sampler, training lengths", "longer", "honest sampler, training lengths", "longer"],
            [.. rows.Select(row => (IReadOnlyList<Cell>)[
                row.Language.Name, row.Language.Definition, ClassText(row.Language),
                row.Language is RegularLanguage regular ? $"{regular.Automaton.StateCount} ({regular.Automaton.LiveCount})" : "counters",
                row.Outcome.Published[0], row.Outcome.Published[1], row.Outcome.Honest[0], row.Outcome.Honest[1]])],
            "A word counts where every position is right. Windows of lengths as in the published files; a bin has at most the words that its window holds.");
        Chart chart = new(
            "suite-lookup", $"How hard a sampler makes it: a lookup of the last {Window} symbols on longer words",
            new("published sampler: strict accuracy (%)"), new("honest sampler: strict accuracy (%)"),
            [.. rows.GroupBy(row => row.Language.Class).Select(group => new ChartSeries(
                ClassName(group.Key), [.. group.Select(row => row.Outcome.Published[1])], [.. group.Select(row => row.Outcome.Honest[1])], SeriesStyle.Points))],
            "Below the diagonal: the published sampler's words give away what the language alone does not.");
        return PartJobs.Section(
            "The languages and their samplers",
            [
                "Each language has an oracle, a minimal automaton or counters, that tells which symbols may follow a prefix and whether the word may end. The published "
                + "samplers are those of the authors' generators, habits included: shuffles come from a nested grammar and never cross, bounded Dyck words repeat nearly "
                + "the same units. The honest samplers draw uniformly among all words of a length.",
            ],
            claims, [table], [chart]);
    }

    private static string Id(PublishedTask task) => $"suite.{task.Language}";

    private static string ClassName(LanguageClass kind) => kind switch
    {
        LanguageClass.StarFree => "star-free",
        LanguageClass.Regular => "regular, not star-free",
        _ => "counters",
    };

    private static string ClassText(FormalLanguage language) =>
        language is RegularLanguage { Group: { Length: > 0 } group } ? $"{ClassName(language.Class)}: {group}" : ClassName(language.Class);

    private static Outcome Compute(PublishedTask task, StudyOptions options, JobContext context)
    {
        var language = LanguageCatalog.Find(task.Language);
        var count = options.ByPreset(300, 1000, task.Training.Count);
        var random = new RandomSource((ulong)options.Seed).Split(Id(task));
        var wrong = 0;
        var published = Lookup(new PublishedSampler(language), random.Split("published"));
        context.Report(0.5);
        var honest = Lookup(new HonestSampler(language), random.Split("honest"));
        return new(wrong, published, honest);

        double[] Lookup(WordSampler sampler, RandomSource source)
        {
            List<LabelledWord> Draw(WordWindow window, int most)
            {
                var words = sampler.SampleDifferent(source, Math.Min(most, window.Count), window.Shortest, window.Longest, context.Cancellation);
                wrong += words.Count(word => !language.Contains(word) || word.Length < window.Shortest || word.Length > window.Longest);
                return [.. words.Select(word => new LabelledWord(word, language.Labels(word)))];
            }

            WindowLookup lookup = new(Draw(task.Training, count), Window);
            return [.. task.Bins.Take(2).Select(bin => lookup.StrictAccuracy(Draw(bin, count / 3)))];
        }
    }

    internal sealed record Outcome(int Wrong, double[] Published, double[] Honest);
}
