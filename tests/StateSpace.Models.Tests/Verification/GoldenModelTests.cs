using StateSpace.Models.Tests.Checkpoints;
using StateSpace.Models.Verification;

namespace StateSpace.Models.Tests.Verification;

/// <summary>Tiny models recorded from transformers 5.17: logits, hidden states, loss, every gradient and the greedy continuation, at the recording's tolerances.</summary>
public sealed class GoldenModelTests
{
    [Theory]
    [InlineData("seed0/mamba")]
    [InlineData("seed0/mamba2")]
    [InlineData("seed0/falcon-mamba")]
    [InlineData("seed0/jamba")]
    [InlineData("seed3/mamba")]
    [InlineData("seed3/mamba2")]
    [InlineData("variants/mamba-bias")]
    [InlineData("variants/mamba-bf16")]
    [InlineData("variants/mamba-sharded")]
    [InlineData("variants/mamba2-step-limit")]
    [InlineData("variants/falcon-untied")]
    [InlineData("variants/jamba-tied")]
    public void A_recorded_model_reproduces_every_recorded_value_and_fulfils_the_contract(string name)
    {
        var report = ModelVerifier.Verify(GoldenFolder.Of(name));
        Assert.True(report.Holds, string.Join(Environment.NewLine, report.Checks.Where(check => !check.Holds)));
        var recorded = report.Checks.Where(check => check.Group == "recorded").Select(check => check.Name).ToList();
        Assert.All(["logits", "loss", "greedy", .. Enumerable.Range(0, report.Layers + 1).Select(i => $"hidden.{i}")], check => Assert.Contains(check, recorded));

        // One recorded gradient for each tensor of the model, as transformers holds it.
        using var folder = ModelFolder.Load(GoldenFolder.Of(name));
        Assert.Empty(folder.Unused);
        Assert.True(recorded.Count(check => check.StartsWith("grad.", StringComparison.Ordinal)) >= report.Layers * 8);
        Assert.All(["state", "token by token", "chunks of 3", "chunks of 17", "float64"], group => Assert.Contains(report.Checks, check => check.Group == group));
    }

    public static TheoryData<string> Kinds => [.. ModelKinds.Names];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_of_model_fulfils_the_contract_without_a_recording(string kind)
    {
        using var folder = new TemporaryFolder();
        using (var model = new SequenceModel(ModelKinds.Configure(kind, 61, 32, 5, kind == "hybrid" ? 3 : 1), new(4))) ModelFolder.Save(folder.File("m"), model);
        var report = ModelVerifier.Verify(folder.File("m"));
        Assert.True(report.Holds, string.Join(Environment.NewLine, report.Checks.Where(check => !check.Holds)));
        Assert.Contains("not there", Assert.Single(report.Notes), StringComparison.Ordinal);
        Assert.Equal(7, report.Checks.Count(check => check.Group == "float64" && check.Layer is not null) + 1);
    }
}
