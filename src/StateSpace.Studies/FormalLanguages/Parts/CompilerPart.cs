using System.Text.Json.Nodes;
using StateSpace.Studies.FormalLanguages.Compiler;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>From automata to networks: what each language takes, which groups refuse, and whether the networks are exact.</summary>
internal sealed class CompilerPart : IStudyPart
{
    private const int FractionBits = 4, MoreBits = 8, RotationBits = 24;
    private const string Source = "Sarrof et al. 2024, Theorem 4; holonomy decomposition: own analysis, specification 1.5";

    // States of the minimal automaton, live ones, elements of the monoid, levels, channels, by own brute force.
    private static readonly (string Language, int[] Numbers)[] Known =
    [
        ("tomita-1", [2, 1, 2, 1, 1]), ("tomita-2", [3, 2, 6, 2, 2]), ("ab-star", [3, 2, 6, 2, 2]), ("tomita-4", [4, 3, 12, 3, 3]), ("tomita-7", [5, 4, 9, 5, 5]),
        ("d-2", [4, 3, 15, 3, 3]), ("d-3", [5, 4, 31, 4, 4]), ("d-4", [6, 5, 56, 5, 5]), ("d-12", [14, 13, 820, 13, 13]), ("abcde-blocks", [7, 6, 17, 6, 8]),
        ("abd-bc", [3, 2, 5, 3, 3]), ("012-02", [2, 2, 3, 1, 1]), ("flip-flop", [9, 8, 81, 4, 6]), ("dyck-2-2", [8, 7, 60, 3, 5]), ("dyck-2-3", [16, 15, 285, 4, 7]),
    ];

    private static readonly (string Language, string Group)[] Refused =
    [
        ("parity", "C2"), ("aa-star", "C2"), ("aaaa-star", "C4"), ("abab-star", "C2"), ("tomita-3", "C2"), ("tomita-5", "C2×C2"), ("tomita-6", "C3"),
    ];

    private static IEnumerable<string> Names => Known.Select(known => known.Language).Concat(Refused.Select(known => known.Language));

    /// <summary>The length to which every word is tried.</summary>
    public static int LengthOf(FormalLanguage language) => language.Alphabet.Length switch { 1 => 40, 2 => 12, 3 => 8, 4 => 6, _ => 5 };

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) =>
        [.. Names.Select(name => PartJobs.Job(Id(name), $"{name}: compiled", options.ByPreset(2, 4, 4), context => Compute(name, options, context)))];

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var rows = Names.Select(name => (Name: name, Outcome: outcomes.Outcome<Outcome>(Id(name)))).ToDictionary(row => row.Name, row => row.Outcome, StringComparer.Ordinal);
        var differing = Known.Where(known => !known.Numbers.SequenceEqual(rows[known.Language].Numbers)).Select(known => known.Language).ToList();
        Claim[] claims =
        [
            Claim.Exactly("compiler.table", "Star-free languages whose states, monoid, levels or channels are not those of the table", Source, "none", differing.Count == 0 ? "none" : string.Join(", ", differing)),
            Claim.Exactly(
                "compiler.groups", "Languages that gates of [0, 1] are refused for, and the group", "Sarrof et al. 2024, Theorems 2 and 4",
                Groups(Refused.Select(known => (known.Language, known.Group))),
                Groups(Names.Select(name => (name, rows[name].Group)).Where(pair => pair.Group.Length > 0))),
            Claim.Exactly(
                "compiler.exact", "Words continued wrongly, dead ones included, in fixed point with p = 4 and 8 (24 where phases turn), and networks of the library's layers that do so", Source, "0 and none",
                ConstructionsPart.Verdict(rows.Values.Select(outcome => outcome.Short))),
            Claim.Exactly(
                "compiler.long", $"The same in a random text of {ConstructionsPart.TextLength:N0} symbols, in fixed point, float32 and float64", Source, "0 and none",
                ConstructionsPart.Verdict(rows.Values.Select(outcome => outcome.Far))),
        ];
        ResultTable table = new(
            "compiler", "Regular languages as networks without training: ssm compile",
            ["language", "minimal automaton", "live", "monoid", "levels", "channels", "group", "gates", "layers", "words", "wrong", "wrong as layers of the library", $"in {ConstructionsPart.TextLength:N0} symbols"],
            [.. rows.Select(row => (IReadOnlyList<Cell>)[
                row.Key, .. row.Value.Numbers.Select(number => (Cell)number), row.Value.Group, row.Value.Gates, row.Value.Layers, row.Value.Short.Steps, row.Value.Short.Wrong,
                row.Value.Short.Mismatch ?? "none", ConstructionsPart.Verdict([row.Value.Far])])],
            "Without a group gates of [0, 1] are enough; with one they are refused, and the network is that of the least range of gates that follows it. Every word to length 12 for 2 letters, 8 for 3, "
            + "6 for 4, 5 for 5 and 40 for 1.");
        return PartJobs.Section(
            "What can be expressed: the compiler",
            [
                "A star-free language becomes layers of set-reset cells with gates of [0, 1], by the holonomy form of the decomposition of Krohn and Rhodes. A cell must show its state before "
                + "the letter, too, which a reset would have destroyed; a history cell, h ← h/4 + b, keeps it.",
            ],
            claims, [table], []);

        static string Groups(IEnumerable<(string Language, string Group)> pairs) => string.Join(", ", pairs.Select(pair => $"{pair.Language} {pair.Group}"));
    }

    private static string Id(string language) => $"compiler.{language}";

    private static Outcome Compute(string name, StudyOptions options, JobContext context)
    {
        var language = LanguageCatalog.FindRegular(name);
        var compiler = new[] { Gates.Nonnegative, Gates.Signed, Gates.Complex }.Select(gates => RegularCompiler.Of(language.Automaton, gates)).First(tried => tried.Certificate.Refusal is null);
        var (certificate, layout, length) = (compiler.Certificate, compiler.Layout(), LengthOf(language));
        int[] bits = layout.Gates == Gates.Complex ? [RotationBits] : [FractionBits, MoreBits];
        var (steps, wrong) = (0L, 0L);
        foreach (var p in bits)
        {
            (steps, var more) = ConstructionCheck.Exhaustive(language, new LayoutSimulation<long>(layout, new FixedPoint(p)), recognizes: true, length, context);
            wrong += more;
        }

        using var model = compiler.Build();
        ConstructionsPart.Outcome every = new(steps, wrong, NetworkCheck.RunPrefixes(model, language, length, all: true, context.Cancellation).Mismatch);
        context.Report(0.3);
        var text = ConstructionCheck.Walk(language, ConstructionsPart.TextLength, new RandomSource((ulong)options.Seed).Split(Id(name)));
        return new(
            [certificate.States, certificate.LiveStates, certificate.Monoid, certificate.Levels.Count, certificate.Channels],
            string.Join(", ", certificate.Levels.Select(level => level.Group).Where(group => group.Length > 0)), ConstructionsPart.GateText(certificate.Gates), certificate.Layers,
            every,
            new(text.Length, ConstructionsPart.ReadText(language, layout, new(bits[0]), text, context), NetworkCheck.RunTexts(model, language, [text], context.Cancellation)));
    }

    internal sealed record Outcome(int[] Numbers, string Group, string Gates, int Layers, ConstructionsPart.Outcome Short, ConstructionsPart.Outcome Far);
}
