using System.Text.Json.Nodes;
using StateSpace.Studies.FormalLanguages;

namespace StateSpace.Studies.Tests.FormalLanguages;

public sealed class FormalLanguagesStudyTests
{
    private static readonly StudyOptions Quick = new("quick", 1, null, new Dictionary<string, string>(StringComparer.Ordinal) { ["data"] = Path.GetTempPath() });

    [Fact]
    public void Plan_has_unique_ids_and_a_wrong_preset_is_refused()
    {
        FormalLanguagesStudy study = new();
        var ids = study.Plan(Quick).Select(job => job.Id).ToList();
        Assert.Equal(ids.Count, ids.Distinct(StringComparer.Ordinal).Count());
        Assert.Throws<StudyInputException>(() => study.Plan(Quick with { Preset = "tiny" }));
    }

    [Fact]
    public void Without_the_published_files_their_part_says_where_they_come_from_and_claims_nothing()
    {
        FilesPart part = new();
        Dictionary<string, JsonNode> outcomes = new(StringComparer.Ordinal);
        foreach (var job in part.Plan(Quick)) outcomes.Add(job.Id, job.Run(new(_ => { }, CancellationToken.None)).Result);
        var conclusion = part.Conclude(Quick, outcomes);
        Assert.Empty(conclusion.Claims);
        Assert.Contains("--set data=FOLDER", Assert.Single(Assert.Single(conclusion.Sections).Text), StringComparison.Ordinal);
    }

    [Fact]
    public void The_suite_is_a_row_a_language()
    {
        SuitePart part = new();
        Dictionary<string, JsonNode> outcomes = new(StringComparer.Ordinal);
        foreach (var job in part.Plan(Quick)) outcomes.Add(job.Id, new JsonObject { ["Wrong"] = 0, ["Published"] = new JsonArray(1.0, 2.0), ["Honest"] = new JsonArray(1.0, 2.0) });
        var conclusion = part.Conclude(Quick, outcomes);
        Assert.All(conclusion.Claims, claim => Assert.True(claim.Holds, claim.Id));
        Assert.Equal(27, Assert.Single(conclusion.Tables).Rows.Count);
    }

    [Fact]
    public void Depth_is_compared_at_equal_rates_and_what_the_rate_adds_is_told_apart()
    {
        BracketsPart part = new();
        var options = Quick with { Preset = "standard", Seeds = 2 };
        Dictionary<string, JsonNode> outcomes = new(StringComparer.Ordinal);
        foreach (var job in part.Plan(options))
        {
            var accuracy = (job.Id.Contains(".layers2.", StringComparison.Ordinal) ? 80.0 : 70) - (job.Id.Contains("rate0.0003", StringComparison.Ordinal) ? 15 : 0)
                - (job.Id.Contains("transformer", StringComparison.Ordinal) ? 30 : 0) - (job.Id.EndsWith("seed0", StringComparison.Ordinal) ? 1 : 0);
            var five = new JsonArray([.. Enumerable.Repeat(0, 5).Select(_ => JsonValue.Create(accuracy))]);
            outcomes.Add(job.Id, new JsonObject { ["Parameters"] = 1, ["Losses"] = new JsonArray(), ["Strict"] = five.DeepClone(), ["Token"] = five, ["Excess"] = five.DeepClone() });
        }

        var claims = part.Conclude(options, outcomes).Claims.ToDictionary(claim => claim.Id, claim => claim.Measured.Number, StringComparer.Ordinal);
        Assert.Equal((10, 15, 30), (claims["brackets.depth"], claims["brackets.confound"], claims["brackets.order"]));
    }

    [Fact]
    public void The_report_begins_with_what_came_out_and_says_where_networks_err()
    {
        string[] ids =
        [
            "compiler.exact", "compiler.groups", "oscillation.nonnegative", "oscillation.signed", "training.parity.signed.long", "training.parity.nonnegative", "training.tomita-4",
            "flip-flop.mamba.long", "flip-flop.order",
        ];
        StudyConclusion conclusion = new([.. ids.Select(id => Claim.AtLeast(id, "", "", 0, 97))], [], [], []);
        Assert.Contains("make no error", Assert.Single(Summary.Before(conclusion).Sections).Text[0], StringComparison.Ordinal);
        var failed = conclusion with { Claims = [.. conclusion.Claims.Select(claim => claim with { Holds = false })] };
        var text = Assert.Single(Summary.Before(failed).Sections).Text;
        Assert.Contains("make errors that are listed below", text[0], StringComparison.Ordinal);
        Assert.Contains("97 % of parity's words", text[1], StringComparison.Ordinal);
    }
}
