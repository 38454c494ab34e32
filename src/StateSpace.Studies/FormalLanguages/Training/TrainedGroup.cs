using System.Globalization;
using System.Text.Json.Nodes;
using StateSpace.Tensors;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>The same training with several seeds.</summary>
/// <param name="Run">One of its runs.</param>
/// <param name="Outcomes">What each seed gave.</param>
internal sealed record TrainedGroup(TrainedRun Run, IReadOnlyList<TrainedOutcome> Outcomes)
{
    /// <summary>Jobs of runs.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="device">Where they compute.</param>
    public static IEnumerable<StudyJob> Jobs(IEnumerable<TrainedRun> runs, Device device) => runs.Select(run => PartJobs.Job(run.Id, run.Title, run.Seconds, context => run.Train(context, device)));

    /// <summary>Runs by all but their seeds, in their order.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="outcomes">Outcomes of their jobs.</param>
    public static IReadOnlyList<TrainedGroup> Of(IEnumerable<TrainedRun> runs, IReadOnlyDictionary<string, JsonNode> outcomes) =>
        [.. runs.GroupBy(run => run with { Seed = 0 }).Select(group => new TrainedGroup(group.First(), [.. group.Select(run => outcomes.Outcome<TrainedOutcome>(run.Id))]))];

    /// <summary>Best strict accuracy of a test, %.</summary>
    public double Best(int test) => Outcomes.Max(outcome => outcome.Strict[test]);

    /// <summary>Best share of right positions of a test, %.</summary>
    public double BestToken(int test) => Outcomes.Max(outcome => outcome.Token[test]);

    /// <summary>Best strict accuracy, and all seeds from worst to best.</summary>
    public string Text(int test) => Spread(Outcomes.Select(outcome => outcome.Strict[test]));

    /// <summary>Best share of right positions, and all seeds from worst to best.</summary>
    public string TokenText(int test) => Spread(Outcomes.Select(outcome => outcome.Token[test]));

    /// <summary>A chart of the share of right positions, best seed, against the longest word of each test.</summary>
    public static Chart Chart(string name, string title, string note, IEnumerable<TrainedGroup> groups, Func<TrainedGroup, string> label) => new(
        name, title, new("longest word of the test"), new("right positions (%), best seed"),
        [.. groups.Select(group => new ChartSeries(
            label(group), [.. group.Run.Task.Tests.Select(range => (double)range.Longest)], [.. group.Run.Task.Tests.Select((_, i) => group.BestToken(i))], SeriesStyle.LineAndPoints))],
        note);

    /// <summary>The best value, and all from worst to best.</summary>
    public static string Spread(IEnumerable<double> values)
    {
        var sorted = values.Order().Select(value => Math.Round(value, 1).ToString(CultureInfo.InvariantCulture)).ToList();
        return $"{sorted[^1]} ({string.Join(", ", sorted)})";
    }
}
