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
}
