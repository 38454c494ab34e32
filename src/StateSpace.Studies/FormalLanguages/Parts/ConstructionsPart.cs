using System.Text.Json.Nodes;
using StateSpace.Studies.FormalLanguages.Compiler;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>The networks that are given by hand, against the oracles: every short word, and long texts.</summary>
internal sealed class ConstructionsPart : IStudyPart
{
    /// <summary>Length of a long text.</summary>
    public const int TextLength = 100_000;

    // Multiples of 1/16; rotations by 60° and 120° are no such multiples and take more bits.
    private const int FractionBits = 4;
    private const int RotationBits = 24;
    private const string AutomatonSource = "Terzić et al. 2025, proposition 2 (PD-SSM)";

    private static IEnumerable<Construction> Long =>
    [
        BracketConstructions.Dyck(8, 10),
        .. ConstructionCatalog.All.Select(entry => entry.Construction).Where(construction => construction.Language.Name is "flip-flop" or "parity" or "tomita-3" or "tomita-6" or "dyck-1" or "shuffle-6"),
    ];

    private static IEnumerable<(RegularLanguage Language, int Length)> Automata =>
        LanguageCatalog.Suite.OfType<RegularLanguage>().Append(RegularLanguages.FlipFlop()).Append(RegularLanguages.Dyck(2, 3))
            .Select(language => (language, CompilerPart.LengthOf(language)));

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) =>
    [
        .. ConstructionCatalog.All.Select(entry => PartJobs.Job(
            Id(entry.Construction), $"{entry.Construction.Name}: every word to length {entry.Length}", 0.5, context => Compute(entry.Construction, entry.Length, context))),
        .. Long.Select(construction => PartJobs.Job(LongId(construction), $"{construction.Name}: {TextLength:N0} symbols", 2, context => Read(construction, options, context))),
        .. Automata.Select(entry => PartJobs.Job(AutomatonId(entry.Language), $"{entry.Language.Name}: a matrix a symbol", 0.2, context =>
        {
            var (words, wrong) = ConstructionCheck.Exhaustive(entry.Language, new OneHotAutomaton(entry.Language.Automaton), recognizes: true, entry.Length, context);
            return new Outcome(words, wrong, null);
        })),
    ];

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var rows = ConstructionCatalog.All.Select(entry => (entry.Construction, entry.Length, Outcome: outcomes.Outcome<Outcome>(Id(entry.Construction)))).ToList();
        var texts = Long.Select(construction => (Construction: construction, Outcome: outcomes.Outcome<Outcome>(LongId(construction)))).ToList();
        var automata = Automata.Select(entry => (entry.Language, entry.Length, Outcome: outcomes.Outcome<Outcome>(AutomatonId(entry.Language)))).ToList();
        List<Claim> claims =
        [
            .. rows.GroupBy(row => row.Construction.Source).Select((group, i) => Claim.Exactly(
                $"constructions.exact.{i + 1}", $"Prefixes continued wrongly by {string.Join(", ", group.Select(row => row.Construction.Name))} in fixed point, and layers of the library that do so in float32",
                group.Key, "0 and none", Verdict(group.Select(row => row.Outcome)))),
            Claim.Exactly(
                "constructions.automata", $"Words continued wrongly by {automata.Count} automata in one layer whose matrices have one 1 a column", AutomatonSource, "0",
                $"{automata.Sum(row => row.Outcome.Wrong)}"),
            Claim.Exactly(
                "constructions.long", $"Wrong continuations in a text of {TextLength:N0} symbols each, in fixed point, float32 and float64, and layers of the library that do so",
                "Sarrof et al. 2024, Theorems 1, 3, 5, 6", "0 and none", Verdict(texts.Select(row => row.Outcome))),
            Claim.Exactly(
                "constructions.dyck-width", "Channels for Dyck(8,10): 1 + h⌈log₂K⌉", "Sarrof et al. 2024, Theorem 6", "31", $"{BracketConstructions.Dyck(8, 10).Layout.Cells}"),
        ];
        ResultTable table = new(
            "constructions", "Networks given by hand, checked against the oracles on every word",
            ["construction", "gates", "layers", "channels", "all words to length", "words", "wrong in fixed point", "wrong as layers of the library"],
            [.. rows.Select(row => (IReadOnlyList<Cell>)[
                row.Construction.Name, GateText(row.Construction.Layout.Gates), row.Construction.Layout.Layers.Count, row.Construction.Layout.Cells,
                row.Length, row.Outcome.Steps, row.Outcome.Wrong, row.Outcome.Mismatch ?? "none"])],
            $"Prefixes of members only where a construction predicts, all words where it recognizes. Fixed point: multiples of 2^−p, p = {FractionBits}, {RotationBits} for rotations, overflow is an "
            + "error. Layers of the library: S6 with an MLP behind it, float32, the weights written down.");
        ResultTable far = new(
            "constructions-long", $"The same in a random text of {TextLength:N0} symbols",
            ["construction", "gates", "channels", "wrong in fixed point, float32 and float64", "wrong as layers of the library"],
            [.. texts.Select(row => (IReadOnlyList<Cell>)[
                row.Construction.Name, GateText(row.Construction.Layout.Gates), row.Construction.Layout.Cells, row.Outcome.Wrong, row.Outcome.Mismatch ?? "none"])],
            "Each symbol is uniform on those that may follow. The layers read it in pieces of 2,000 and carry their state.");
        ResultTable matrices = new(
            "constructions-automata", "Automata in one layer, a matrix with one 1 in each column by symbol", ["language", "states", "all words to length", "words", "wrong"],
            [.. automata.Select(row => (IReadOnlyList<Cell>)[row.Language.Name, row.Language.Automaton.StateCount, row.Length, row.Outcome.Steps, row.Outcome.Wrong])],
            "In integers; no layer of the library has such matrices.");
        return PartJobs.Section(
            "What can be expressed: constructions",
            [
                "Each network is a few layers h ← A(x) h + B(x) whose gates A and inputs B depend on the token and on the layers below, written down in the spirit of the "
                + "paper's proofs, as weights of S6 layers. Gates of [0, 1] do flip-flop, counters and bounded brackets; parity and its kin take a gate of −1 or a complex one; a transition "
                + "matrix with one 1 a column runs any automaton in one layer.",
            ],
            claims, [table, far, matrices], []);
    }

    /// <summary>Range of gates as it is written.</summary>
    public static string GateText(Gates gates) => gates switch
    {
        Gates.Nonnegative => "[0, 1]",
        Gates.Signed => "[−1, 1]",
        _ => "complex",
    };

    /// <summary>Wrong continuations, and what was wrong of the layers.</summary>
    public static string Verdict(IEnumerable<Outcome> outcomes)
    {
        var all = outcomes.ToList();
        return $"{all.Sum(outcome => outcome.Wrong)} and {all.Select(outcome => outcome.Mismatch).FirstOrDefault(mismatch => mismatch is not null) ?? "none"}";
    }

    private static string Id(Construction construction) => $"constructions.{construction.Name}";

    private static string LongId(Construction construction) => $"constructions.long.{construction.Name}";

    private static string AutomatonId(RegularLanguage language) => $"constructions.automaton.{language.Name}";

    private static FixedPoint Fixed(Construction construction) => new(construction.Layout.Gates == Gates.Complex ? RotationBits : FractionBits);

    private static Outcome Compute(Construction construction, int length, JobContext context)
    {
        var (words, wrong) = ConstructionCheck.Exhaustive(
            construction.Language, new LayoutSimulation<long>(construction.Layout, Fixed(construction)), construction.Recognizes, length, context);
        context.Report(0.5);
        using var model = NetworkWriter.Write(construction.Layout);
        return new(words, wrong, NetworkCheck.RunPrefixes(model, construction.Language, length, construction.Recognizes, context.Cancellation).Mismatch);
    }

    private static Outcome Read(Construction construction, StudyOptions options, JobContext context)
    {
        var text = ConstructionCheck.Walk(construction.Language, TextLength, new RandomSource((ulong)options.Seed).Split($"walk.{construction.Name}"));
        using var model = NetworkWriter.Write(construction.Layout);
        return new(
            text.Length, ReadText(construction.Language, construction.Layout, Fixed(construction), text, context),
            NetworkCheck.RunTexts(model, construction.Language, [text], context.Cancellation));
    }

    /// <summary>Wrong continuations of a layout in fixed point, float32 and float64 together.</summary>
    public static long ReadText(FormalLanguage language, CompiledLayout layout, FixedPoint numbers, int[] text, JobContext context)
    {
        var wrong = ConstructionCheck.Wrong(language, () => new LayoutSimulation<long>(layout, numbers), text, context);
        context.Report(0.3);
        wrong += ConstructionCheck.Wrong(language, () => new LayoutSimulation<float>(layout, new SinglePrecision()), text, context);
        context.Report(0.6);
        wrong += ConstructionCheck.Wrong(language, () => new LayoutSimulation<double>(layout, new DoublePrecision()), text, context);
        context.Report(0.9);
        return wrong;
    }

    /// <summary>What a check found.</summary>
    /// <param name="Steps">Prefixes or symbols.</param>
    /// <param name="Wrong">How many the simulations continue wrongly.</param>
    /// <param name="Mismatch">Where the layers of the library do so first, or null.</param>
    internal sealed record Outcome(long Steps, long Wrong, string? Mismatch);
}
