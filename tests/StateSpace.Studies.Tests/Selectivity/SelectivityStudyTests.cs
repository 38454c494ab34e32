using System.Text.Json.Nodes;
using StateSpace.Studies.Selectivity;
using StateSpace.Studies.Selectivity.Training;

namespace StateSpace.Studies.Tests.Selectivity;

/// <summary>Plans of every preset, and conclusions from made-up outcomes.</summary>
public sealed class SelectivityStudyTests
{
    private static readonly SelectivityStudy Study = new();

    [Theory]
    [InlineData("quick", 6, 12)]
    [InlineData("standard", 6, 48)]
    [InlineData("paper", 6, 48)]
    public void A_preset_trains_three_seeds_of_each_network(string preset, int copies, int inductions)
    {
        var jobs = Study.Plan(Options(preset));
        ResultCheck.Plan("selectivity", jobs);
        Assert.Equal(copies, jobs.Count(job => job.Id.StartsWith("copy.", StringComparison.Ordinal)));
        Assert.Equal(9, jobs.Count(job => job.Id.StartsWith("parity.", StringComparison.Ordinal)));
        Assert.Equal(inductions, jobs.Count(job => job.Id.StartsWith("induction.", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_papers_sizes_are_the_published_ones()
    {
        var plan = new SelectivityPlan(Options("paper"));
        TaskRun copy = plan.Copy().Runs[0], induction = plan.Induction().Runs[0];
        Assert.Equal((128, 16, 1_000_000, 8, 1e-3), (copy.Task.Length, copy.Task.Vocabulary, copy.Plan.Steps, copy.Plan.Batch, copy.Plan.Rate));
        Assert.Equal((384, 250_000), (induction.Task.Length, induction.Plan.Steps));
        Assert.Equal(new NetworkSize(64, 16), copy.Size);
    }

    [Theory]
    [InlineData("quick")]
    [InlineData("standard")]
    [InlineData("paper")]
    public void What_the_paper_found_satisfies_every_claim_and_its_opposite_does_not(string preset)
    {
        var found = Conclude(preset, (job, complex) =>
            job.StartsWith("parity", StringComparison.Ordinal) ? (job.Contains("signed", StringComparison.Ordinal) ? 0.99 : 0.5) : job.StartsWith("copy", StringComparison.Ordinal) ? (complex ? 0.95 : 0.36) : IsBoth(job) ? 0.97 : complex ? 0.7 : 0.35);
        ResultCheck.Conclusion("selectivity", found);
        Assert.Empty(found.Claims.Where(claim => !claim.Holds).Select(claim => $"{claim.Id}: {claim.Measured}"));
        var opposite = Conclude(preset, (job, complex) => complex ? 0.4 : 0.9);
        Assert.All(
            opposite.Claims.Where(claim => !claim.Id.EndsWith("parameters", StringComparison.Ordinal) && (claim.Id.StartsWith("copy.", StringComparison.Ordinal) || claim.Id is "induction.none.order" or "parity.longer" or "parity.trained")),
            claim => Assert.False(claim.Holds, claim.Id));
    }

    [Fact]
    public void The_report_says_in_its_text_what_came_out()
    {
        var conclusion = Conclude("quick", (job, complex) => complex ? 0.75 : 0.25);
        Assert.All(conclusion.Sections, section => Assert.Contains("75.0 %", section.Text[0], StringComparison.Ordinal));
    }

    [Fact]
    public void A_missing_outcome_and_an_unknown_preset_are_told_in_one_line()
    {
        Assert.Contains("resume", Assert.Throws<StudyInputException>(() => Study.Conclude(Options("quick"), new Dictionary<string, JsonNode>())).Message, StringComparison.Ordinal);
        Assert.Contains("choose quick", Assert.Throws<StudyInputException>(() => Study.Plan(Options("huge"))).Message, StringComparison.Ordinal);
    }

    private static bool IsBoth(string job) => job.Contains(".bc", StringComparison.Ordinal);

    private static StudyOptions Options(string preset) => new(preset, 0, null, new Dictionary<string, string>());

    private static StudyConclusion Conclude(string preset, Func<string, bool, double> accuracy)
    {
        var outcomes = Study.Plan(Options(preset)).ToDictionary(job => job.Id, job => Record(accuracy(job.Id, job.Id.Contains(".complex.", StringComparison.Ordinal))));
        return Study.Conclude(Options(preset), outcomes);
    }

    private static JsonNode Record(double accuracy) =>
        JsonNode.Parse(new TaskRecord(65_472, 20, [accuracy, accuracy], accuracy, 20, [10, 20], [1, 0.5], [0.2, accuracy]).Outcome().Result.ToJsonString())!;
}
