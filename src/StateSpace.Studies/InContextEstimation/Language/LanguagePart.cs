using System.Globalization;
using System.Text.Json.Nodes;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.InContextEstimation.Language;

/// <summary>The H3 layer as a language model's, against attention and S4D, on the two tasks that it was designed for.</summary>
internal sealed class LanguagePart : IStudyPart
{
    private const double Solved = 0.97;
    private const int Guesses = 2000;
    private const string Source = "Fu, Dao et al. 2023, arXiv 2212.14052, section 3.1 and Table 2";
    private const string Own = "own analysis: one mark is found by a convolution and a map of each position";

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) =>
    [
        .. new LanguagePlan(options).Groups.SelectMany(group => group.Runs).Select(run => new StudyJob(
            run.Id,
            $"train {LanguageRun.Word(run.Mixer)}: {run.Task.Title}{(run.Size.AllTokens ? $", {run.Size.Title}" : "")}, seed {run.Seed}",
            LanguagePlan.Seconds(run),
            context => LanguageTraining.Run(run, context))),
    ];

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var results = new LanguagePlan(options).Groups.Select(group => new Result(group, [.. group.Runs.Select(run => LanguageRecord.Of(outcomes, run.Id))])).ToList();
        Claim[] claims = [.. results.Select(result => result.First.Task).Distinct().Select(task => Guess(task, (ulong)options.Seed)), .. results.SelectMany(result => Claims(result, results))];
        return Preset.Section(
            "H3 as a language model's layer",
            [
                "Induction head: a mark stands somewhere among random symbols; when it comes again, the symbol that followed it is asked for. Associative recall: keys and values of a map that is "
                + "new in every sequence; one of the keys is asked for. Two blocks of H3, attention or S4D, each with an MLP, trained on fresh sequences with the loss at what is asked for; "
                + "the weights that are tested are those of the best validation accuracy.",
                Text(results),
                "The published S4D fails at the induction head. It needs no layer that compares tokens: the mark occurs once before, so that a convolution and a map of each position find it. "
                + "What is hard is to learn it from 5,000 sequences when every next token, nearly all of them random, counts in the loss: the preset paper trains in this way, too, and with fresh sequences.",
            ],
            claims,
            [
                new(
                    "language", $"Accuracy on {LanguageTraining.TestSequences} test sequences", ["task", "training", "layer", "best seed", "worst seed", "published", "a guess", "seeds", "steps to the best weights, median", "parameters"],
                    [
                        .. results.Select(result => (IReadOnlyList<Cell>)
                        [
                            result.First.Task.Title, result.First.Size.Title, LanguageRun.Word(result.First.Mixer), result.Accuracies.Max(), result.Accuracies.Min(), Published(result.First), result.First.Task.Chance,
                            result.Records.Count, result.Records.Select(record => (double)record.BestStep).Order().ElementAt(result.Records.Count / 2), result.Records[0].Parameters,
                        ]),
                    ],
                    "Published: Table 2 of the H3 paper, at V = 20, S = 30 and V = 10, S = 20, with the loss at all tokens of 5,000 sequences, dropout, and 62,800 and 31,400 steps."),
            ],
            [.. results.GroupBy(result => (result.First.Task.Name, result.First.Size.Suffix)).Select(group => Curves([.. group]))]);
    }

    private static IEnumerable<Claim> Claims(Result result, List<Result> all)
    {
        var (run, id, reached) = (result.First, result.Group.Id, LanguageGroup.Reached(result.Accuracies));
        var what = $"{LanguageRun.Word(run.Mixer)}, {run.Task.Title}, {run.Size.Title}: accuracy that two of three seeds reach";
        var isInduction = run.Task is InductionHeadTask;
        if (run.Mixer != LanguageMixer.S4d)
        {
            // The published recall was trained with dropout, without which 5,000 sequences are learned by heart.
            if (isInduction || run.Size.TrainingSet == 0) yield return Claim.AtLeast(id, what, Source, Solved, reached);
        }
        else if (isInduction && run.Size.TrainingSet > 0)
        {
            yield return Claim.AtMost(id, what, Source, 0.6, reached);
        }
        else if (isInduction)
        {
            yield return Claim.AtLeast(id, what, Own, Solved, reached);
        }
        else if (run.Size.TrainingSet == 0)
        {
            var h3 = all.Single(other => other.First.Mixer == LanguageMixer.H3 && other.First.Task == run.Task && other.First.Size == run.Size);
            yield return Claim.AtLeast(
                $"{id}.behind", $"{run.Task.Title}, {run.Size.Title}: accuracy that two of three seeds of H3 reach, less S4D's", Source, 0.02, LanguageGroup.Reached(h3.Accuracies) - reached);
        }
    }

    /// <summary>How often a random symbol is right: of all tokens for the induction head, of the values for recall.</summary>
    private static Claim Guess(LanguageTask task, ulong seed)
    {
        var random = new RandomSource(seed).Split("guess." + task.Name);
        var (tokens, values, right) = (new int[task.Length + 1], task.Symbols / 2, 0);
        for (var i = 0; i < Guesses; i++)
        {
            task.Draw(random, tokens);
            var guess = task is AssociativeRecallTask ? values + random.NextInteger(values) : random.NextInteger(task.Vocabulary);
            right += guess == tokens[^1] ? 1 : 0;
        }

        return Claim.Near($"language.{task.Name}.guess", $"{task.Title}: share of {Guesses} sequences whose answer is guessed", Source, task.Chance, 0.03, (double)right / Guesses);
    }

    private static Chart Curves(List<Result> results)
    {
        var run = results[0].First;
        return new(
            results[0].Group.Id[..results[0].Group.Id.LastIndexOf('.')].Replace('.', '-'), $"{run.Task.Title}, {run.Size.Title}", new("step"), new("validation accuracy"),
            [
                .. results.SelectMany(result => result.Group.Runs.Zip(result.Records, (one, record) => new ChartSeries(
                    $"{LanguageRun.Word(one.Mixer)}, seed {one.Seed}", [.. record.Curve.Select(point => (double)point.Step)], [.. record.Curve.Select(point => point.Accuracy)],
                    one.Mixer == LanguageMixer.H3 ? SeriesStyle.Line : one.Mixer == LanguageMixer.Attention ? SeriesStyle.Dashed : SeriesStyle.LineAndPoints))),
            ],
            "A line ends where nearly all is right.");
    }

    private static string Text(List<Result> results) => string.Join(" ", results.GroupBy(result => (result.First.Task.Title, Loss: result.First.Size.Title)).Select(group =>
        $"{char.ToUpperInvariant(group.Key.Title[0])}{group.Key.Title[1..]}, {group.Key.Loss}: "
        + string.Join(", ", group.Select(result => $"{LanguageRun.Word(result.First.Mixer)} {Percent(result.Accuracies.Max())} (worst seed {Percent(result.Accuracies.Min())})")) + "."));

    private static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    private static string Published(LanguageRun run) => (run.Task is InductionHeadTask, run.Mixer) switch
    {
        (true, LanguageMixer.S4d) => "35.6 %",
        (true, _) => "100.0 %",
        (false, LanguageMixer.H3) => "99.8 %",
        (false, LanguageMixer.Attention) => "100.0 %",
        _ => "86.0 %",
    };

    private sealed record Result(LanguageGroup Group, IReadOnlyList<LanguageRecord> Records)
    {
        public LanguageRun First => Group.First;

        public IEnumerable<double> Accuracies => Records.Select(record => record.Test);
    }
}
