using System.Text.Json;
using System.Text.Json.Nodes;
using StateSpace.Studies.FormalLanguages.Compiler;
using StateSpace.Studies.Selectivity;
using StateSpace.Studies.Selectivity.Images;
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
        Assert.Equal(12, jobs.Count(job => job.Id.StartsWith("parity.", StringComparison.Ordinal)));
        Assert.Equal(12, jobs.Count(job => job.Id.StartsWith("modulo3.", StringComparison.Ordinal)));
        Assert.Equal(6, jobs.Count(job => job.Id.StartsWith("images.", StringComparison.Ordinal)));
        Assert.Equal(6, jobs.Count(job => job.Id.StartsWith("counting.", StringComparison.Ordinal)));
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
        var image = plan.Images()[0];
        Assert.Equal((32, 45_000, new ClassifierSize(512, 64, 6, 0.1)), (image.Images.Side, image.Images.Training, image.Size));
        Assert.Equal(new ImagePlan(50, 200, 20, 0.01, 0.001, 0.05), image.Plan);
    }

    [Theory]
    [InlineData("quick")]
    [InlineData("standard")]
    [InlineData("paper")]
    public void What_the_paper_found_satisfies_every_claim_and_its_opposite_does_not(string preset)
    {
        var found = Conclude(preset, Found);
        ResultCheck.Conclusion("selectivity", found);
        Assert.Empty(found.Claims.Where(claim => !claim.Holds).Select(claim => $"{claim.Id}: {claim.Measured}"));
        var opposite = Conclude(preset, (job, complex) => complex ? 0.4 : 0.9, isWrong: true);
        Assert.Equal(
            [.. found.Claims.Select(claim => claim.Id).Where(id => !id.EndsWith("parameters", StringComparison.Ordinal) && !IsKept(id))],
            opposite.Claims.Where(claim => !claim.Holds).Select(claim => claim.Id));

        // With 0.9 for every real network and 0.4 for every complex one, what asks little of the real ones still holds.
        bool IsKept(string id) => IsBoth(id) && id.EndsWith(".order", StringComparison.Ordinal);
    }

    [Fact]
    public void The_report_says_in_its_text_what_came_out()
    {
        var conclusion = Conclude("quick", (job, complex) => complex ? 0.75 : 0.25);
        Assert.All(conclusion.Sections, section => Assert.Contains("75.0 %", string.Concat(section.Text), StringComparison.Ordinal));
    }

    [Fact]
    public void A_missing_outcome_and_an_unknown_preset_are_told_in_one_line()
    {
        Assert.Contains("resume", Assert.Throws<StudyInputException>(() => Study.Conclude(Options("quick"), new Dictionary<string, JsonNode>())).Message, StringComparison.Ordinal);
        Assert.Contains("choose quick", Assert.Throws<StudyInputException>(() => Study.Plan(Options("huge"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_report_begins_with_what_came_out()
    {
        var first = Conclude("quick", Found).Sections[0];
        Assert.Contains("complex 95.0 %, real 36.0 %", first.Text[0], StringComparison.Ordinal);
        Assert.Contains("Images as sequences (", first.Text[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_photographs_is_told_in_one_line_before_anything_is_computed()
    {
        var options = Options("quick") with { Settings = new Dictionary<string, string> { ["data"] = "/no/such/folder" } };
        var message = Assert.Throws<StudyInputException>(() => Study.Plan(options)).Message;
        Assert.Contains("'/no/such/folder' has no files of CIFAR-10", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private static bool IsBoth(string job) => job.Contains(".bc", StringComparison.Ordinal);

    private static double Found(string job, bool complex) => job.Split('.')[0] switch
    {
        "parity" => job.Contains("signed", StringComparison.Ordinal) ? 0.99 : 0.5,
        "modulo3" => complex ? 0.99 : 0.35,
        "copy" => complex ? 0.95 : 0.36,
        "images" => complex ? 0.891 : 0.7827,
        _ => IsBoth(job) ? 0.97 : complex ? 0.7 : 0.35,
    };

    private static StudyOptions Options(string preset) => new(preset, 0, null, new Dictionary<string, string>());

    private static StudyConclusion Conclude(string preset, Func<string, bool, double> accuracy, bool isWrong = false)
    {
        var outcomes = Study.Plan(Options(preset)).ToDictionary(
            job => job.Id,
            job => job.Id.StartsWith("counting.", StringComparison.Ordinal)
                ? Theory(job.Id, isWrong)
                : Record(job.Id, accuracy(job.Id, job.Id.Contains(".complex.", StringComparison.Ordinal) || job.Id.Contains(".rotating.", StringComparison.Ordinal))));
        return Study.Conclude(Options(preset), outcomes);
    }

    private static JsonNode Theory(string job, bool isWrong)
    {
        var modulus = job.Contains("modulo2", StringComparison.Ordinal) ? 2 : 3;
        var gates = Enum.Parse<Gates>(job.Split('.')[2], ignoreCase: true);
        var isPossible = gates == Gates.Complex || (gates == Gates.Signed && modulus == 2);
        return JsonSerializer.SerializeToNode(new GateTheory(modulus, gates, isPossible != isWrong ? null : "a group", 1, Holds: true, HoldsByRotations: null))!;
    }

    private static JsonNode Record(string job, double accuracy)
    {
        var outcome = job.StartsWith("images.", StringComparison.Ordinal)
            ? new ImageRecord(2506, accuracy, [2, 1], [0.2, accuracy], [0.5, -0.5]).Outcome()
            : new TaskRecord(65_472, 20, [accuracy, accuracy], [.. Enumerable.Repeat(accuracy, 96)], accuracy, accuracy, 20, [10, 20], [1, 0.5], [0.2, accuracy]).Outcome();
        return JsonNode.Parse(outcome.Result.ToJsonString())!;
    }
}
