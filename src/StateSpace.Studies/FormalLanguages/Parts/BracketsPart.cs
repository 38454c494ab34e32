using System.Text.Json.Nodes;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>
/// Dyck(8,10) as language modelling. The published curves compare one layer at a rate of 1e-4 with two layers at 1e-3; here both depths have both rates, and
/// all models one.
/// </summary>
internal sealed class BracketsPart : IStudyPart
{
    private const int Longest = 4;

    private static readonly BracketTask Short = new(8, 10, new(32, 64), [new(32, 64), new(66, 128), new(130, 256), new(300, 320), new(620, 640)]);
    private static readonly BracketTask Published = new(8, 10, new(1, 700), [new(1, 700), new(701, 1400), new(1401, 2800), new(3400, 3500), new(6900, 7000)]);

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) => [.. TrainedGroup.Jobs(Runs(options), options.Device)];

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var groups = TrainedGroup.Of(Runs(options), outcomes);
        if (groups.Count == 0) return new([], [], [], []);
        var (low, high) = Rates(options);
        double Close(int layers, double rate, int test) =>
            groups.First(group => group.Run.Model == TrainedModel.Mamba && group.Run.Size.Layers == layers && group.Run.Rate.Equals(rate)).BestToken(test);
        const string Source = "Sarrof et al. 2024, Theorem 6 and table of section 4.3; own analysis: at equal rates";
        List<Claim> claims =
        [
            Claim.AtLeast(
                "brackets.depth", $"Dyck(8,10), Mamba, both depths at {high}: what a second layer adds to the best close accuracy at twice the length (points)", Source, 5,
                Close(2, high, 1) - Close(1, high, 1)),
            Claim.AtLeast(
                "brackets.confound", $"How much of the gap as published (one layer at {low}, two at {high}) is the rate: one layer, {high} over {low} (points)", Source, 1,
                Close(1, high, 1) - Close(1, low, 1)),
        ];
        TrainedGroup Deep(TrainedModel model) => groups.First(group => group.Run.Model == model && group.Run.Size.Layers == 2 && group.Run.Rate.Equals(high));
        claims.Add(Claim.AtLeast(
            "brackets.order", $"Two layers at {high}, ten times the length: best close accuracy of Mamba over that of a Transformer without positions (points)", Source, 5,
            Deep(TrainedModel.Mamba).BestToken(Longest) - Deep(TrainedModel.Transformer).BestToken(Longest)));
        if (options.Preset == "paper")
        {
            var excess = Deep(TrainedModel.Mamba).Outcomes.Min(outcome => outcome.Excess[0]);
            claims.AddRange(
            [
                Claim.AtLeast("brackets.close", $"Two layers at {high}: best close accuracy at 701 to 1,400 symbols (%)", Source, 97, Close(2, high, 1)),
                Claim.Between("brackets.loss", "Two layers: loss above that of who knows the distribution, training lengths (nats a token)", Source, -0.003, 0.02, excess),
            ]);
        }

        ResultTable table = new(
            "brackets", "Dyck(8,10): close accuracy in %, best seed, all seeds behind it",
            ["network", "layers", "rate", "parameters", "steps", .. groups[0].Run.Task.Tests.Select(range => $"{range.Shortest} … {range.Longest}"), "loss above the least, nats"],
            [.. groups.Select(group => (IReadOnlyList<Cell>)[
                group.Run.Model.Title, group.Run.Size.Layers, group.Run.Rate, group.Outcomes[0].Parameters, group.Run.Steps,
                .. group.Run.Task.Tests.Select((_, test) => (Cell)group.TokenText(test)), group.Outcomes.Min(outcome => outcome.Excess[0])])],
            "Close accuracy: positions where a bracket is open and the right closing bracket has more than 0.8 of what all closing ones have. Published, test of 701 to 1,400: one layer at "
            + "1e-4 71.2 to 77.8, two layers at 1e-3 97.6 to 99.3, two layers at 1e-4 82.8 to 89.4. The least loss is that of who knows the distribution of the words.");
        return PartJobs.Section(
            "Dyck(8,10), and a confound of depth and rate",
            [
                "The published comparison gives one layer a tenth of the rate of two. With equal rates the second layer still adds much, as the construction in two layers suggests, "
                + "but part of the published gap is the rate.",
            ],
            claims, [table],
            [
                TrainedGroup.Chart(
                    "brackets-length", "Dyck(8,10): close accuracy against length", $"Trained on {groups[0].Run.Task.Training.Shortest} to {groups[0].Run.Task.Training.Longest} symbols, all at {high}.",
                    groups.Where(group => group.Run.Rate.Equals(high)), group => $"{group.Run.Model.Title}, {group.Run.Size.Layers} layer{(group.Run.Size.Layers == 1 ? "" : "s")}"),
            ]);
    }

    private static (double Low, double High) Rates(StudyOptions options) => options.ByPreset((3e-4, 3e-3), (3e-4, 3e-3), (1e-4, 1e-3));

    private static IEnumerable<TrainedRun> Runs(StudyOptions options)
    {
        var (low, high) = Rates(options);
        (TrainedModel Model, int Layers, double Rate)[] plan =
        [
            (TrainedModel.Mamba, 1, low), (TrainedModel.Mamba, 1, high), (TrainedModel.Mamba, 2, low), (TrainedModel.Mamba, 2, high),
            (TrainedModel.SignedMamba, 2, high), (TrainedModel.Complex, 2, high), (TrainedModel.Transformer, 2, high),
        ];
        return
            from entry in options.Preset == "quick" ? [] : plan
            from seed in Enumerable.Range(0, TrainingPart.Seeds(options))
            select new TrainedRun(options.Preset == "paper" ? Published : Short, entry.Model, new(entry.Layers), options.ByPreset(0, 2500, 12000), entry.Rate, options.Seed + seed);
    }
}
