using System.Text.Json.Nodes;

namespace StateSpace.Studies.Tests.Framework;

/// <summary>A study of one job, or of the jobs and the conclusion that are given.</summary>
internal sealed class OneJobStudy(Func<JobContext, JobOutcome> run) : IStudy
{
    public StudyConclusion Conclusion { get; init; } = new([], [], [], []);

    public IReadOnlyList<StudyJob> Jobs { get; init; } = [new("only", "the only job", 1, run)];

    public StudyDescription Description { get; } = new("one-job", "One job", "?", "none", [], [new("quick", "One job.", "1 s")]);

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) => Jobs;

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes) => Conclusion;
}
