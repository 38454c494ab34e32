using System.Text.Json.Nodes;
using StateSpace.Studies.ComplexVersusReal.Trainer;

namespace StateSpace.Studies.Tests.ComplexVersusReal.Trainer;

public class TrainingPartTests
{
    [Theory]
    [InlineData("quick", 30)]
    [InlineData("standard", 600)]
    [InlineData("paper", 1500)]
    public void Presets_have_unique_jobs_within_their_time_on_one_core(string preset, double seconds)
    {
        var jobs = new TrainingPart().Plan(Options(preset));
        Assert.Equal(jobs.Count, jobs.Select(job => job.Id).Distinct(StringComparer.Ordinal).Count());
        Assert.InRange(jobs.Sum(job => job.Weight), 1, seconds);
        Assert.All(jobs, job => Assert.Matches("^[a-z0-9.+-]+$", job.Id));
    }

    [Fact]
    public void Paper_preset_holds_the_270_real_and_60_complex_runs()
    {
        var plan = new TrainingPlan(Options("paper"));
        Assert.Equal(270, plan.RealRuns.Distinct().Count());
        Assert.Equal(60, plan.ComplexRuns.Distinct().Count());
        Assert.Equal(45, new TrainingPlan(Options("standard")).RealRuns.Count);
        Assert.Contains(plan.RingRun, plan.RealRuns);
        Assert.All(plan.RealRuns.Concat(plan.ComplexRuns), run => Assert.Equal(500_000, run.Steps));
    }

    [Theory]
    [InlineData("quick", false)]
    [InlineData("standard", false)]
    [InlineData("paper", false)]
    [InlineData("standard", true)]
    public void Conclusion_is_well_formed(string preset, bool accumulate)
    {
        var options = Options(preset, accumulate ? "true" : "false", seeds: 2);
        var plan = new TrainingPlan(options);

        // A few steps of a few states stand in for the runs: the shape of the conclusion does not depend on what they found.
        var cache = new Dictionary<(StateField, int, TargetMap), JsonNode>();
        var outcomes = plan.All.ToDictionary(
            TrainingPlan.JobId,
            run => cache.TryGetValue((run.Field, run.T, run.Target), out var known)
                ? known
                : cache[(run.Field, run.T, run.Target)] = ImpulseFit.Run(run with { N = 16, Steps = 20 }, _ => { }, default).ToJson(),
            StringComparer.Ordinal);
        var conclusion = new TrainingPart().Conclude(options, outcomes);

        AssertUnique(conclusion.Claims.Select(claim => claim.Id));
        AssertUnique(conclusion.Tables.Select(table => table.Name));
        AssertUnique(conclusion.Charts.Select(chart => chart.Name));
        Assert.All(conclusion.Tables, table => Assert.All(table.Rows, row => Assert.Equal(table.Columns.Count, row.Count)));
        Assert.All(conclusion.Tables, table => Assert.NotEmpty(table.Rows));
        Assert.All(conclusion.Charts, chart => Assert.All(chart.Series, series => Assert.Equal(series.X.Count, series.Y.Count)));
        Assert.Equal(conclusion.Tables.Select(table => table.Name).Order(), conclusion.Sections.SelectMany(section => section.Tables).Order());
        Assert.Equal(conclusion.Charts.Select(chart => chart.Name).Order(), conclusion.Sections.SelectMany(section => section.Charts).Order());
        Assert.Equal(conclusion.Claims.Select(claim => claim.Id).Order(), conclusion.Sections.SelectMany(section => section.Claims).Order());

        // Models of 16 states after 20 steps have learned nothing, and the claims must say so.
        Assert.Contains(conclusion.Claims, claim => !claim.Holds && claim.Id.StartsWith("train.complex", StringComparison.Ordinal));
    }

    [Fact]
    public void Unusable_settings_are_one_clear_line()
    {
        var part = new TrainingPart();
        Assert.Equal("accumulate-gradients is 'maybe'; use true or false", Assert.Throws<StudyInputException>(() => part.Plan(Options("quick", "maybe"))).Message);
        Assert.Throws<StudyInputException>(() => part.Plan(Options("huge")));
        Assert.Throws<StudyInputException>(() => part.Plan(Options("quick", seeds: 0)));
    }

    [Fact]
    public void A_missing_outcome_is_named()
    {
        var error = Assert.Throws<InvalidDataException>(() => new TrainingPart().Conclude(Options("quick"), new Dictionary<string, JsonNode>(StringComparer.Ordinal)));
        Assert.Contains("train.complex.n32.t32.copy.adam.lr1e-3.r0.99.steps5000.seed0", error.Message, StringComparison.Ordinal);
    }

    private static StudyOptions Options(string preset, string accumulate = "false", int? seeds = null) =>
        new(preset, 0, seeds, new Dictionary<string, string>(StringComparer.Ordinal) { [TrainingPlan.AccumulateName] = accumulate });

    private static void AssertUnique(IEnumerable<string> names)
    {
        var all = names.ToList();
        Assert.Equal(all.Count, all.Distinct(StringComparer.Ordinal).Count());
    }
}
