using System.Text.Json.Nodes;
using StateSpace.Studies.InContextEstimation;

namespace StateSpace.Studies.Tests.InContextEstimation;

/// <summary>The study's claims without training, on fewer prompts than any preset takes.</summary>
public sealed class StudyTests
{
    private static readonly StudyOptions Options = new("quick", 1, null, new Dictionary<string, string>());

    [Fact]
    public void Every_claim_about_closed_forms_and_samples_holds()
    {
        var study = new InContextEstimationStudy([new ClosedFormsPart(), new MonteCarloPart(4000)]);
        var outcomes = study.Plan(Options).ToDictionary(
            job => job.Id, job => JsonNode.Parse(job.Run(new JobContext(_ => { }, CancellationToken.None)).Result.ToJsonString())!);
        var conclusion = study.Conclude(Options, outcomes);
        Assert.Empty(conclusion.Claims.Where(claim => !claim.Holds).Select(claim => $"{claim.Id}: expected {claim.Expected}, measured {claim.Measured}"));
        ResultCheck.Conclusion("in-context-estimation", conclusion);
    }

    [Fact]
    public void A_missing_outcome_and_an_unknown_preset_are_named()
    {
        var study = new InContextEstimationStudy();
        Assert.Contains("'sampled.iid'", Assert.Throws<StudyInputException>(() => study.Conclude(Options, new Dictionary<string, JsonNode>())).Message);
        Assert.Contains("'huge'", Assert.Throws<StudyInputException>(() => study.Plan(Options with { Preset = "huge" })).Message);
    }

    [Fact]
    public void The_catalog_offers_the_study() => Assert.Single(StudyCatalog.All, study => study.Description.Name == "in-context-estimation");
}
