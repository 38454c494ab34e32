using System.Text.Json.Nodes;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>Random networks under a block that repeats: with gates in [0, 1] none keeps changing, with gates in [−1, 1] many do.</summary>
internal sealed class OscillationPart : IStudyPart
{
    private const int Last = 400;
    private const int Often = 200;

    private static readonly (string Text, int[] Block)[] Blocks = [("1", [1]), ("101", [1, 0, 1])];

    private static IEnumerable<(bool Signed, int Block, int Bits)> Settings =>
        from signed in new[] { false, true } from block in new[] { 0, 1 } from bits in new[] { 4, 6, 8 } select (signed, block, bits);

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) =>
    [
        .. Settings.Select(setting => PartJobs.Job(
            Id(setting), $"repeated {Blocks[setting.Block].Text}, gates in {(setting.Signed ? "[−1, 1]" : "[0, 1]")}, p = {setting.Bits}",
            options.ByPreset(0.7, 1.5, 3) * (setting.Block == 0 ? 1 : 3), context => Compute(setting, options, context))),
    ];

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var rows = Settings.Select(setting => (Setting: setting, Outcome: outcomes.Outcome<Outcome>(Id(setting)))).ToList();
        const string Source = "Sarrof et al. 2024, Theorem 2; own analysis of its proof";
        Claim[] claims =
        [
            Claim.AtMost(
                "oscillation.nonnegative", $"Networks with gates in [0, 1] whose output changes in at least {Often} of the last {Last} blocks, of all settings", Source, 0,
                rows.Where(row => !row.Setting.Signed).Sum(row => row.Outcome.Oscillating)),
            Claim.AtLeast(
                "oscillation.signed", "Smallest share of such networks with gates in [−1, 1], of all settings", Source, 0.2,
                rows.Where(row => row.Setting.Signed).Min(row => (double)row.Outcome.Oscillating / row.Outcome.Networks)),
        ];
        ResultTable table = new(
            "oscillation", "Random networks of two layers and six channels under a repeated block",
            ["gates", "block", "fraction bits p", "networks", "oscillating", "changing at all in the last blocks", "most changes of one that does not oscillate"],
            [.. rows.Select(row => (IReadOnlyList<Cell>)[
                row.Setting.Signed ? "[−1, 1]" : "[0, 1]", Blocks[row.Setting.Block].Text, row.Setting.Bits, row.Outcome.Networks, row.Outcome.Oscillating, row.Outcome.Changing,
                row.Outcome.MostOfOthers])],
            $"Oscillating: the output differs from the block before in at least {Often} of the last {Last} blocks of {Repetitions(options)}. Slow drift is no oscillation: a gate of 1 counts.");
        Chart chart = new(
            "oscillation-share", "Share of random networks that oscillate under a repeated block", new("fraction bits p"), new("share of networks"),
            [.. rows.GroupBy(row => (row.Setting.Signed, row.Setting.Block)).Select(group => new ChartSeries(
                $"gates in {(group.Key.Signed ? "[−1, 1]" : "[0, 1]")}, block {Blocks[group.Key.Block].Text}", [.. group.Select(row => (double)row.Setting.Bits)],
                [.. group.Select(row => (double)row.Outcome.Oscillating / row.Outcome.Networks)], SeriesStyle.LineAndPoints))],
            "Parity of 1ⁿ asks for period 2, which no network with gates in [0, 1] has.");
        return PartJobs.Section(
            "What cannot be expressed: parity with nonnegative gates",
            [
                "Under a block that repeats, a channel with A ≥ 0 is a monotone map of numbers that are multiples of 2^−p, whose iterates stop or leave for infinity; behind a "
                + "norm everything becomes constant. Parity, and every regular language that is not star-free, asks for a period of at least 2.",
            ],
            claims, [table], [chart]);
    }

    private static string Id((bool Signed, int Block, int Bits) setting) =>
        $"oscillation.{(setting.Signed ? "signed" : "nonnegative")}.{Blocks[setting.Block].Text}.p{setting.Bits}";

    private static int Repetitions(StudyOptions options) => options.ByPreset(4000, 4000, 8000);

    private static Outcome Compute((bool Signed, int Block, int Bits) setting, StudyOptions options, JobContext context)
    {
        var networks = options.ByPreset(100, 200, 200);
        var random = new RandomSource((ulong)options.Seed).Split(Id(setting));
        var (oscillating, changing, most) = (0, 0, 0);
        for (var i = 0; i < networks; i++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var changes = new OscillationTrial(random.Split(i), setting.Signed, setting.Bits).Changes(Blocks[setting.Block].Block, Repetitions(options), Last);
            if (changes >= Often) oscillating++;
            else most = Math.Max(most, changes);
            if (changes > 0) changing++;
            context.Report((i + 1.0) / networks);
        }

        return new(networks, oscillating, changing, most);
    }

    internal sealed record Outcome(int Networks, int Oscillating, int Changing, int MostOfOthers);
}
