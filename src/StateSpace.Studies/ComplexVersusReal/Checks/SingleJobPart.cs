using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>A part of the study with one job, whose outcome is a record of type <typeparamref name="TOutcome"/>.</summary>
/// <param name="id">The job's id.</param>
/// <param name="title">What a person sees while it runs.</param>
/// <param name="seconds">Time of each preset, estimated.</param>
internal abstract class SingleJobPart<TOutcome>(string id, string title, (double Quick, double Standard, double Paper) seconds) : IStudyPart
{
    // Infinities and NaN have no JSON number; as strings they survive the journal.
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public IReadOnlyList<StudyJob> Plan(StudyOptions options)
    {
        var weight = ByPreset(options, seconds.Quick, seconds.Standard, seconds.Paper);
        return [
            new StudyJob(
                id, title, weight, context => new JobOutcome(JsonSerializer.SerializeToNode(Compute(options, context), Json)!, []))];
    }

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        if (!outcomes.TryGetValue(id, out var node) || node.Deserialize<TOutcome>(Json) is not { } outcome)
            throw new StudyInputException($"the run has no outcome of the job '{id}'; run or resume it to its end first");
        return Conclude(options, outcome);
    }

    protected static T ByPreset<T>(StudyOptions options, T quick, T standard, T paper) => options.Preset switch
    {
        "quick" => quick,
        "standard" => standard,
        "paper" => paper,
        _ => throw new StudyInputException($"complex-vs-real has no preset '{options.Preset}'; choose quick, standard or paper"),
    };

    protected abstract TOutcome Compute(StudyOptions options, JobContext context);

    protected abstract StudyConclusion Conclude(StudyOptions options, TOutcome outcome);

    /// <summary>A conclusion whose one section shows everything in it.</summary>
    protected static StudyConclusion Section(
        string title,
        IReadOnlyList<string> text,
        IReadOnlyList<Claim> claims,
        IReadOnlyList<ResultTable> tables,
        IReadOnlyList<Chart> charts) =>
        new(
            claims, tables, charts,
            [
                new ReportSection(
                    title, text, [.. tables.Select(t => t.Name)], [.. charts.Select(c => c.Name)], [.. claims.Select(c => c.Id)])]);
}
