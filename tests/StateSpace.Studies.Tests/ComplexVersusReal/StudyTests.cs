using System.Text.Json;
using System.Text.Json.Nodes;
using StateSpace.Studies.ComplexVersusReal;

namespace StateSpace.Studies.Tests.ComplexVersusReal;

/// <summary>The quick preset's bounds and constructions, run once; its outcomes pass through text as a journal's do.</summary>
public sealed class QuickRun
{
    public static StudyOptions Options { get; } = new(
        "quick", 1, null, new Dictionary<string, string> { ["accumulate-gradients"] = "false" });

    public QuickRun()
    {
        Study = new ComplexVersusRealStudy(ComplexVersusRealStudy.AnalysisParts);
        foreach (var job in Study.Plan(Options))
        {
            List<double> reports = [];
            var outcome = job.Run(new JobContext(reports.Add, CancellationToken.None));
            Outcomes[job.Id] = JsonNode.Parse(outcome.Result.ToJsonString())!;
            Reports[job.Id] = reports;
        }

        Conclusion = Study.Conclude(Options, Outcomes);
    }

    public ComplexVersusRealStudy Study { get; }

    public Dictionary<string, JsonNode> Outcomes { get; } = [];

    public Dictionary<string, List<double>> Reports { get; } = [];

    public StudyConclusion Conclusion { get; }
}

public sealed class StudyTests(QuickRun run) : IClassFixture<QuickRun>
{
    [Fact]
    public void Every_claim_holds() =>
        Assert.Empty(
            run.Conclusion.Claims.Where(claim => !claim.Holds).Select(
                claim => $"{claim.Id}: expected {claim.Expected}, measured {claim.Measured}"));

    [Fact]
    public void Names_are_unique_and_every_section_names_what_exists()
    {
        var conclusion = run.Conclusion;
        Assert.Equal(conclusion.Claims.Count, conclusion.Claims.Select(claim => claim.Id).Distinct().Count());
        Assert.Equal(conclusion.Tables.Count, conclusion.Tables.Select(table => table.Name).Distinct().Count());
        Assert.Equal(conclusion.Charts.Count, conclusion.Charts.Select(chart => chart.Name).Distinct().Count());
        Assert.Equal(conclusion.Claims.Select(claim => claim.Id), conclusion.Sections.SelectMany(section => section.Claims));
        Assert.Equal(conclusion.Tables.Select(table => table.Name), conclusion.Sections.SelectMany(section => section.Tables));
        Assert.Equal(conclusion.Charts.Select(chart => chart.Name), conclusion.Sections.SelectMany(section => section.Charts));
        Assert.All(
            conclusion.Tables.Select(table => table.Name).Concat(conclusion.Charts.Select(chart => chart.Name)),
            name => Assert.Matches("^[a-z0-9-]+$", name));
    }

    [Fact]
    public void Rows_are_as_long_as_their_headings_and_series_as_their_abscissae()
    {
        Assert.All(run.Conclusion.Tables, table => Assert.Distinct(table.Columns));
        Assert.All(run.Conclusion.Tables, table => Assert.All(table.Rows, row => Assert.Equal(table.Columns.Count, row.Count)));
        Assert.All(run.Conclusion.Charts, chart => Assert.All(chart.Series, series => Assert.Equal(series.X.Count, series.Y.Count)));
        Assert.Contains(run.Conclusion.Charts, chart => chart.UnitCircle);
        Assert.Contains(run.Conclusion.Charts, chart => chart.Y.Logarithmic);
    }

    [Fact]
    public void The_same_job_gives_the_same_bits_again()
    {
        string[] cheap = ["systems", "bounds.positive", "theory.theorem-1", "constructions.quantization", "learning.loss"];
        foreach (var job in run.Study.Plan(QuickRun.Options).Where(job => cheap.Contains(job.Id)))
        {
            var again = job.Run(new JobContext(_ => { }, CancellationToken.None)).Result;
            Assert.Equal(run.Outcomes[job.Id].ToJsonString(), again.ToJsonString());
        }
    }

    [Fact]
    public void Concluding_twice_from_the_same_outcomes_gives_the_same() => Assert.Equal(
        JsonSerializer.Serialize(run.Conclusion), JsonSerializer.Serialize(run.Study.Conclude(QuickRun.Options, run.Outcomes)));

    [Fact]
    public void Every_job_stops_when_cancelled()
    {
        foreach (var job in run.Study.Plan(QuickRun.Options))
            Assert.ThrowsAny<OperationCanceledException>(() => job.Run(new JobContext(_ => { }, new CancellationToken(canceled: true))));
    }

    [Fact]
    public void Progress_rises_within_its_range() => Assert.All(run.Reports, entry =>
    {
        Assert.All(entry.Value, value => Assert.InRange(value, 0, 1));
        Assert.Equal(entry.Value.Order(), entry.Value);
    });

    [Fact]
    public void Another_seed_draws_other_numbers()
    {
        var job = run.Study.Plan(QuickRun.Options with { Seed = 2 }).Single(job => job.Id == "systems");
        Assert.NotEqual(
            run.Outcomes["systems"].ToJsonString(), job.Run(new JobContext(_ => { }, CancellationToken.None)).Result.ToJsonString());
    }

    [Fact]
    public void A_missing_outcome_and_an_unknown_preset_are_named()
    {
        Assert.Contains(
            "'systems'",
            Assert.Throws<StudyInputException>(() => run.Study.Conclude(QuickRun.Options, new Dictionary<string, JsonNode>())).Message);
        Assert.Contains(
            "'huge'", Assert.Throws<StudyInputException>(() => run.Study.Plan(QuickRun.Options with { Preset = "huge" })).Message);
    }

    [Fact]
    public void The_catalog_offers_the_study_with_its_setting()
    {
        var study = Assert.Single(StudyCatalog.All, study => study.Description.Name == "complex-vs-real");
        Assert.Equal("false", Assert.Single(study.Description.Settings, setting => setting.Name == "accumulate-gradients").Default);
    }

    [Fact]
    public void Reference_numbers_know_their_digits()
    {
        Assert.Equal(50.05, new ReferenceNumber("1.226e5").Tolerance, 1e-9);
        Assert.True(new ReferenceNumber("2e-6").Agrees(1.967e-6));
        Assert.False(new ReferenceNumber("27.3").Agrees(27.36));
        Assert.Equal("1 of 2", ReferenceNumber.Count([(1.0, new("1.0")), (2, new("3")), (4, null)]));
    }
}
