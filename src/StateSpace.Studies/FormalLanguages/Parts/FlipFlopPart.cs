using System.Text.Json.Nodes;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>Flip-flop trained at one length and read at ten times that, with rare and with frequent writes; all models at one rate.</summary>
internal sealed class FlipFlopPart : IStudyPart
{
    private const double Rate = 3e-3;

    // Tests of the training length: as trained, with long gaps between writes, with short ones; then as trained at longer lengths.
    private const int Sparse = 1, Dense = 2, Longest = 5;

    private static readonly FlipFlopTask Short = Task(64), Published = Task(512);

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) => [.. TrainedGroup.Jobs(Runs(options), options.Device)];

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var groups = TrainedGroup.Of(Runs(options), outcomes);
        TrainedGroup Of(TrainedModel model) => groups.First(group => group.Run.Model == model);
        const string Source = "Sarrof et al. 2024, Theorem 1 and figure of section 4.2";
        var (mamba, transformer) = (Of(TrainedModel.Mamba), Of(TrainedModel.Transformer));
        List<Claim> claims =
        [
            Claim.AtLeast("flip-flop.mamba", "Flip-flop, Mamba of one layer: best strict accuracy at the training length (%)", Source, 100, mamba.Best(0)),
            Claim.AtLeast("flip-flop.mamba.long", "The same at ten times the length", Source, 95, mamba.Best(Longest)),
            Claim.AtLeast(
                "flip-flop.order", "By how much that exceeds a Transformer's best, trained with the same rate and steps (points)", $"{Source}; Liu et al. 2023: attention glitches", 20,
                mamba.Best(Longest) - transformer.Best(Longest)),
        ];
        if (options.Preset == "paper")
        {
            claims.AddRange(
            [
                Claim.AtLeast("flip-flop.sparse", "Mamba, 512 symbols, FFL(0.98): best strict accuracy (%)", Source, 100, mamba.Best(Sparse)),
                Claim.AtLeast("flip-flop.dense", "Mamba, 512 symbols, FFL(0.1): best strict accuracy (%)", Source, 100, mamba.Best(Dense)),
            ]);
        }

        var length = groups[0].Run.Task.Training.Longest;
        ResultTable table = new(
            "flip-flop", $"Flip-flop, trained on {length} symbols of FFL(0.8): words in % of which every read is right, best seed, all seeds behind it",
            ["network", "layers", "parameters", "steps", $"{length}, FFL(0.8)", "FFL(0.98)", "FFL(0.1)", $"{2 * length}", $"{5 * length}", $"{10 * length}", "right reads at 10 ×"],
            [.. groups.Select(group => (IReadOnlyList<Cell>)[
                group.Run.Model.Title, group.Run.Size.Layers, group.Outcomes[0].Parameters, group.Run.Steps,
                .. Enumerable.Range(0, Longest + 1).Select(test => (Cell)group.Text(test)), group.TokenText(Longest)])],
            $"One rate, 3e-3, for all; {TrainingPart.Seeds(options)} seeds, {groups[0].Run.TestWords} test words each. The published figure has Mamba at rate 1e-5: no error at FFL(0.8) from 103,000 updates on, at "
            + "FFL(0.98) from 137,000 on.");
        var chart = TrainedGroup.Chart(
            "flip-flop-length", "Flip-flop: right reads against length", $"Trained at {length}; 50 % is a guess.",
            groups.Select(group => Only(group, [0, 3, 4, Longest])), group => group.Run.Model.Title);
        return PartJobs.Section(
            "Flip-flop",
            [
                "A bit is written, much is ignored, and the bit is read. One layer of a state space model keeps it; attention has to find the last write among all that came "
                + "before, and misses it as words grow.",
            ],
            claims, [table], [chart]);
    }

    private static TrainedGroup Only(TrainedGroup group, int[] tests) => new(
        group.Run with { Task = (FlipFlopTask)group.Run.Task with { Tests = [.. tests.Select(test => group.Run.Task.Tests[test])] } },
        [.. group.Outcomes.Select(outcome => outcome with { Token = [.. tests.Select(test => outcome.Token[test])] })]);

    private static FlipFlopTask Task(int length) => new(
        new(length, length),
        [new(length, length), new(length, length, 0.98), new(length, length, 0.1), new(2 * length, 2 * length), new(5 * length, 5 * length), new(10 * length, 10 * length)]);

    private static IEnumerable<TrainedRun> Runs(StudyOptions options) =>
        from model in new[] { TrainedModel.Mamba, TrainedModel.SignedMamba, TrainedModel.Complex, TrainedModel.Transformer }
        from seed in Enumerable.Range(0, TrainingPart.Seeds(options))
        select new TrainedRun(options.Preset == "paper" ? Published : Short, model, new(1), options.ByPreset(200, 400, 5000), Rate, options.Seed + seed) { TestWords = options.ByPreset(200, 200, 1000) };
}
