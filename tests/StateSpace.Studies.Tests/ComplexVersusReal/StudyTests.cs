using System.Diagnostics;
using System.Text.Json.Nodes;
using StateSpace.Studies.ComplexVersusReal;
using Xunit.Abstractions;

namespace StateSpace.Studies.Tests.ComplexVersusReal;

public sealed class StudyTests(ITestOutputHelper output)
{
    private static readonly StudyOptions Quick = new("quick", 1, null, new Dictionary<string, string> { ["accumulate-gradients"] = "false" });

    [Fact]
    public void Every_claim_of_the_quick_preset_holds()
    {
        var study = new ComplexVersusRealStudy();
        var outcomes = new Dictionary<string, JsonNode>();
        foreach (var job in study.Plan(Quick))
        {
            var watch = Stopwatch.StartNew();
            var outcome = job.Run(new JobContext(_ => { }, CancellationToken.None));
            outcomes[job.Id] = JsonNode.Parse(outcome.Result.ToJsonString())!;
            output.WriteLine($"{job.Id}: {watch.Elapsed.TotalSeconds:F2} s (weight {job.Weight})");
        }

        var conclusion = study.Conclude(Quick, outcomes);
        foreach (var claim in conclusion.Claims) output.WriteLine($"{(claim.Holds ? "holds" : "FAILS")} {claim.Id}: expected {claim.Expected}, measured {claim.Measured.Format(8)}");
        Assert.Empty(conclusion.Claims.Where(claim => !claim.Holds).Select(claim => claim.Id));
    }
}
