using System.Text.Json.Nodes;
using StateSpace.Studies.InContextEstimation;
using StateSpace.Studies.InContextEstimation.Language;
using StateSpace.Studies.InContextEstimation.Training;

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

    [Theory]
    [InlineData("quick")]
    [InlineData("standard")]
    [InlineData("paper")]
    public void The_report_of_every_preset_is_complete_and_judges_what_it_is_given(string preset)
    {
        var options = Options with { Preset = preset };
        var good = Conclude(1.001, 1);
        ResultCheck.Conclusion("in-context-estimation", good);
        string[] bad = [.. Conclude(1.5, 0.5).Claims.Where(claim => !claim.Holds).Select(claim => claim.Id)];
        Assert.Contains("noise.reached", bad);
        Assert.Contains("online.reached", bad);
        Assert.Contains("language.induction-head.h3", bad);
        Assert.True(good.Claims.Single(claim => claim.Id == "noise.reached").Holds);
        Assert.True(good.Claims.Single(claim => claim.Id == "language.associative-recall.attention").Holds);

        // Records of trainings that nobody made.
        StudyConclusion Conclude(double excess, double accuracy)
        {
            var sampled = new MonteCarloPart().Plan(options).ToDictionary(
                job => job.Id, _ => JsonNode.Parse("""{"mean": 1, "error": 1, "cross": 0, "crossError": 1}""")!);
            foreach (var run in new TrainingPlan(options).Runs)
            {
                double[] risks = [.. Enumerable.Repeat(run.Risk * excess, run.Size.Initializations)];
                double[][] Tables(long length) => [.. risks.Select(_ => Enumerable.Repeat(0.01, (int)length).ToArray())];
                sampled.Add(run.Id, new EstimationRecord(risks, risks, Tables(run.Prompts.Examples), Tables(run.Prompts.Dimension * run.Prompts.Dimension)).ToJson());
            }

            foreach (var run in new LanguagePlan(options).Groups.SelectMany(group => group.Runs))
                sampled.Add(run.Id, new LanguageRecord(1, accuracy, 10, accuracy, [new(10, 1, accuracy)]).ToJson());
            return new InContextEstimationStudy().Conclude(options, sampled);
        }
    }

    [Fact]
    public void A_missing_outcome_and_an_unknown_preset_are_named()
    {
        var study = new InContextEstimationStudy();
        Assert.Contains("'train.noise0.n5.linear-attention'", Assert.Throws<StudyInputException>(() => study.Conclude(Options, new Dictionary<string, JsonNode>())).Message);
        Assert.Contains("'huge'", Assert.Throws<StudyInputException>(() => study.Plan(Options with { Preset = "huge" })).Message);
    }

    [Fact]
    public void The_catalog_offers_the_study() => Assert.Single(StudyCatalog.All, study => study.Description.Name == "in-context-estimation");
}
