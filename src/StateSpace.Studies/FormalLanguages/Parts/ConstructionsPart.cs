using System.Text.Json.Nodes;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>The networks that are given by hand, against the oracles: every short word, and long walks.</summary>
internal sealed class ConstructionsPart : IStudyPart
{
    // Multiples of 1/16; rotations by 60° and 120° are no such multiples and take more bits.
    private const int FractionBits = 4;
    private const int RotationBits = 24;
    private const string Long = "constructions.long";

    private static (Construction Construction, int Walks)[] LongWalks =>
    [
        (ConstructionCatalog.Dyck(8, 10), 50),
        (ConstructionCatalog.FlipFlop(), 50),
        (ConstructionCatalog.Parity(), 50),
        .. new[] { "tomita-6", "dyck-1", "shuffle-6" }.Select(name => (ConstructionCatalog.All.First(entry => entry.Construction.Name == name).Construction, 50)),
    ];

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) =>
    [
        .. ConstructionCatalog.All.Select(entry => PartJobs.Job(
            Id(entry.Construction), $"{entry.Construction.Name}: every word to length {entry.Length}", 0.5, context => Compute(entry.Construction, entry.Length, context))),
        .. LongWalks.Select(entry => PartJobs.Job(
            $"{Long}.{entry.Construction.Name}", $"{entry.Construction.Name}: 100,000 steps", 1, context => Walk(entry.Construction, entry.Walks, options, context))),
    ];

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var rows = ConstructionCatalog.All.Select(entry => (entry.Construction, entry.Length, Outcome: outcomes.Outcome<Outcome>(Id(entry.Construction)))).ToList();
        var walks = LongWalks.Select(entry => (entry.Construction, Outcome: outcomes.Outcome<Outcome>($"{Long}.{entry.Construction.Name}"))).ToList();
        List<Claim> claims =
        [
            .. rows.GroupBy(row => row.Construction.Source).Select((group, i) => Claim.Exactly(
                $"constructions.exact.{i + 1}", $"Prefixes continued wrongly by {string.Join(", ", group.Select(row => row.Construction.Name))} in fixed point and float32",
                group.Key, "0", $"{group.Sum(row => row.Outcome.Wrong)}")),
            Claim.Exactly(
                "constructions.long", "Wrong continuations in 100,000 steps of each long walk, in fixed point, float32 and float64", "Sarrof et al. 2024, Theorems 1, 3, 5, 6", "0",
                $"{walks.Sum(row => row.Outcome.Wrong)}"),
            Claim.Exactly(
                "constructions.dyck-width", "Channels for Dyck(8,10): 1 + h⌈log₂K⌉", "Sarrof et al. 2024, Theorem 6", "31", $"{ConstructionCatalog.Dyck(8, 10).Width}"),
        ];
        ResultTable table = new(
            "constructions", "Networks given by hand, checked against the oracles on every word",
            ["construction", "gates", "layers", "width", "all words to length", "words", "wrong"],
            [.. rows.Select(row => (IReadOnlyList<Cell>)[
                row.Construction.Name, GateText(row.Construction.Gates), row.Construction.Layers.Count, row.Construction.Width,
                row.Length, row.Outcome.Steps, row.Outcome.Wrong])],
            $"Prefixes of members only where a construction predicts, all words where it recognizes. Each in fixed point (p = {FractionBits}; {RotationBits} for rotations) and "
            + "in float32; the number of words is that of one of them, that of wrong ones the sum.");
        ResultTable far = new(
            "constructions-long", "The same on random walks of 50 × 2,000 steps",
            ["construction", "gates", "width", "steps", "wrong"],
            [.. walks.Select(row => (IReadOnlyList<Cell>)[
                row.Construction.Name, GateText(row.Construction.Gates), row.Construction.Width, row.Outcome.Steps, row.Outcome.Wrong])],
            "In fixed point, float32 and float64.");
        return PartJobs.Section(
            "What can be expressed: constructions",
            [
                "Each network is a few layers h ← A(x) h + B(x) whose gates A and inputs B depend on the token and on the layers below, written down in the spirit of the "
                + "paper's proofs. Nonnegative gates do flip-flop, counters and bounded brackets; parity and its kin take a gate of −1 or a complex one; a transition matrix "
                + "with one 1 a column runs any automaton in one layer.",
            ],
            claims, [table, far], []);
    }

    private static string Id(Construction construction) => $"constructions.{construction.Name}";

    private static string GateText(GateKind gates) => gates switch
    {
        GateKind.Nonnegative => "[0, 1]",
        GateKind.Signed => "[−1, 1]",
        GateKind.Complex => "complex",
        _ => "column one-hot",
    };

    private static FixedPoint Fixed(Construction construction) => new(construction.Gates == GateKind.Complex ? RotationBits : FractionBits);

    private static Outcome Compute(Construction construction, int length, JobContext context)
    {
        var (words, wrong) = ConstructionCheck.Exhaustive(construction, Fixed(construction), length, context);
        context.Report(0.5);
        return new(words, wrong + ConstructionCheck.Exhaustive(construction, new SinglePrecision(), length, context).Wrong);
    }

    private static Outcome Walk(Construction construction, int walks, StudyOptions options, JobContext context)
    {
        const int Steps = 2000;
        RandomSource Random() => new RandomSource((ulong)options.Seed).Split($"walk.{construction.Name}");
        var (steps, wrong) = ConstructionCheck.Walks(construction, Fixed(construction), walks, Steps, Random(), context);
        context.Report(0.33);
        wrong += ConstructionCheck.Walks(construction, new SinglePrecision(), walks, Steps, Random(), context).Wrong;
        context.Report(0.67);
        return new(steps, wrong + ConstructionCheck.Walks(construction, new DoublePrecision(), walks, Steps, Random(), context).Wrong);
    }

    internal sealed record Outcome(long Steps, long Wrong);
}
