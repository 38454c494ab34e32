using System.Text.Json.Nodes;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>What is learned: networks trained on honest words of short lengths, tested to ten times the length.</summary>
internal sealed class TrainingPart : IStudyPart
{
    /// <summary>Seeds of every training unless <c>--seeds</c> says otherwise.</summary>
    public const int DefaultSeeds = 3;

    private const double Rate = 3e-3;

    private static readonly LanguageTask Parity = new("parity", new(2, 40), new(2, 40), new(41, 100), new(101, 200), new(391, 400));
    private static readonly LanguageTask TomitaFour = new("tomita-4", new(1, 50), new(1, 50), new(51, 100), new(101, 200), new(491, 500));
    private static readonly LanguageTask TomitaFive = new("tomita-5", new(2, 50), new(2, 50), new(52, 100), new(102, 200), new(492, 500));
    private static readonly LanguageTask Dyck = new("dyck-1", new(2, 50), new(2, 50), new(52, 100), new(102, 200), new(492, 500));
    private static readonly LanguageTask BoundedDyck = new("d-4", new(2, 50), new(2, 50), new(52, 100), new(102, 200), new(492, 500));

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) => [.. TrainedGroup.Jobs(Runs(options), options.Device)];

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var groups = TrainedGroup.Of(Runs(options), outcomes);
        TrainedGroup Of(LanguageTask task, TrainedModel model) => groups.First(group => group.Run.Task == task && group.Run.Model == model);
        const string Source = "Sarrof et al. 2024, Theorem 2 and table of section 4.1; Grazzi et al. 2025";
        var nonnegative = new[] { Of(Parity, TrainedModel.Nonnegative), Of(Parity, TrainedModel.Mamba) };
        List<Claim> claims =
        [
            Claim.AtLeast("training.parity.signed.short", "Parity, gates in (−1, 1): best strict accuracy at training lengths (%)", Source, 99, Of(Parity, TrainedModel.Signed).Best(0)),
            Claim.AtLeast("training.parity.signed.long", "Parity, gates in (−1, 1): best strict accuracy at lengths 101 to 200 (%)", Source, 80, Of(Parity, TrainedModel.Signed).Best(2)),
            Claim.AtMost("training.parity.nonnegative", "Parity, gates in (0, 1), Mamba included: best strict accuracy at lengths 41 to 100 (%)", Source, 0.5, nonnegative.Max(group => group.Best(1))),
            Claim.Between(
                "training.parity.chance", "Parity, gates in (0, 1), Mamba included: best share of right positions at lengths 101 to 200 (%)", Source, 48, 60,
                nonnegative.Max(group => group.BestToken(2))),
            Claim.AtLeast(
                "training.tomita-4", "Tomita-4, star-free, gates in (0, 1): worst of both best strict accuracies at lengths 101 to 200 (%)",
                "Sarrof et al. 2024, Theorem 4 and table of section 4.1", 99,
                Math.Min(Of(TomitaFour, TrainedModel.Nonnegative).Best(2), Of(TomitaFour, TrainedModel.Mamba).Best(2))),
        ];
        if (options.Preset != "quick")
        {
            double BoundedDyckBest(int layers) => groups.First(group => group.Run.Task == BoundedDyck && group.Run.Size.Layers == layers).Best(2);
            claims.AddRange(
            [
                Claim.AtLeast("training.parity.mamba11.short", "Parity, Mamba with gates in (−1, 1): best strict accuracy at training lengths (%)", Source, 99, Of(Parity, TrainedModel.SignedMamba).Best(0)),
                Claim.AtLeast("training.parity.mamba11.double", "The same at lengths 41 to 100", Source, 95, Of(Parity, TrainedModel.SignedMamba).Best(1)),
                Claim.AtLeast("training.parity.mamba11.long", "The same at lengths 101 to 200", Source, 80, Of(Parity, TrainedModel.SignedMamba).Best(2)),
                Claim.AtLeast("training.tomita-5.signed", "Tomita-5, gates in (−1, 1): best strict accuracy at lengths 52 to 100 (%)", Source, 95, Of(TomitaFive, TrainedModel.Signed).Best(1)),
                Claim.AtMost("training.tomita-5.nonnegative", "The same with gates in (0, 1)", Source, 0.5, Of(TomitaFive, TrainedModel.Nonnegative).Best(1)),
                Claim.AtLeast(
                    "training.dyck-1.short", "Dyck-1, Mamba: best strict accuracy at training lengths (%)", "Sarrof et al. 2024, table of section 4.1", 97,
                    Of(Dyck, TrainedModel.Mamba).Best(0)),
                Claim.AtMost(
                    "training.dyck-1.long", "Dyck-1, Mamba: best strict accuracy at lengths 102 to 200 (%), since trained counters do not last",
                    "Sarrof et al. 2024, table of section 4.1", 50, Of(Dyck, TrainedModel.Mamba).Best(2)),
                Claim.AtLeast(
                    "training.d-4.depth", "D_4, Mamba: what a second layer adds to the best strict accuracy at lengths 102 to 200 (points)", "own analysis: honest samples ask for depth", 30,
                    BoundedDyckBest(2) - BoundedDyckBest(1)),
            ]);
        }

        ResultTable table = new(
            "training", "Networks trained on short words: strict accuracy in %, best seed, all seeds behind it",
            ["language", "network", "layers", "parameters", "steps", "training lengths", "up to 2 ×", "up to 4 ×", "10 ×", "right positions at 4 ×, best"],
            [.. groups.Select(group => (IReadOnlyList<Cell>)[
                group.Run.Task.Name, group.Run.Model.Title, group.Run.Size.Layers, group.Outcomes[0].Parameters, group.Run.Steps,
                group.Text(0), group.Text(1), group.Text(2), group.Text(3), Math.Round(group.BestToken(2), 2)])],
            $"Width 32; AdamW, greatest rate 3e-3, batches of 64 fresh words of the honest samplers, {Seeds(options)} seeds; 200 test words each. All seeds are shown, none is "
            + "chosen by a test. A word counts where every position is right.");
        return PartJobs.Section(
            "What is learned",
            [
                "The gated recurrence is the layer of the paper's definition and comes in two forms that differ in nothing but the range of their gates. Where gates may be "
                + "negative, parity is learned and holds beyond the training lengths; with gates in (0, 1), in Mamba too, longer words are guessed. A star-free language is no "
                + "matter to either.",
            ],
            claims, [table],
            [
                TrainedGroup.Chart(
                    "training-parity", "Parity: right positions against length", "Trained on lengths 2 to 40; 50 % is a guess.", groups.Where(group => group.Run.Task == Parity),
                    group => group.Run.Model.Title),
            ]);
    }

    /// <summary>Number of seeds.</summary>
    public static int Seeds(StudyOptions options) => options.Seeds ?? DefaultSeeds;

    private static IEnumerable<TrainedRun> Runs(StudyOptions options)
    {
        TrainedModel[] all = [TrainedModel.Nonnegative, TrainedModel.Signed, TrainedModel.Mamba, TrainedModel.SignedMamba, TrainedModel.Complex, TrainedModel.Transformer];
        TrainedModel[] recurrences = [TrainedModel.Nonnegative, TrainedModel.Signed];
        List<(LanguageTask Task, TrainedModel Model, int Layers, int Steps)> plan =
        [
            .. all.Select(model => (Parity, model, 1, options.ByPreset(200, 600, 1500))),
            .. new[] { TrainedModel.Nonnegative, TrainedModel.Mamba, TrainedModel.Transformer }.Select(model => (TomitaFour, model, 1, options.ByPreset(100, 100, 300))),
        ];
        if (options.Preset != "quick")
        {
            plan.AddRange(recurrences.Select(model => (TomitaFive, model, 1, options.ByPreset(0, 500, 1000))));
            plan.Add((Dyck, TrainedModel.Mamba, 1, options.ByPreset(0, 500, 800)));
            plan.AddRange(new[] { 1, 2 }.Select(layers => (BoundedDyck, TrainedModel.Mamba, layers, options.ByPreset(0, 600, 1000))));
        }

        return from entry in plan
               from seed in Enumerable.Range(0, Seeds(options))
               select new TrainedRun(entry.Task, entry.Model, new(entry.Layers), entry.Steps, Rate, options.Seed + seed);
    }
}
