using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>Jobs whose outcomes are records.</summary>
internal static class PartJobs
{
    // As the journal has them: NaN where something is not known.
    private static readonly JsonSerializerOptions Format = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>A job.</summary>
    /// <param name="id">Unique in the study.</param>
    /// <param name="title">What a person sees while it runs.</param>
    /// <param name="seconds">Estimated time.</param>
    /// <param name="compute">The work.</param>
    public static StudyJob Job<TOutcome>(string id, string title, double seconds, Func<JobContext, TOutcome> compute) =>
        new(id, title, seconds, context => new JobOutcome(JsonSerializer.SerializeToNode(compute(context), Format)!, []));

    /// <summary>The outcome of a job.</summary>
    /// <exception cref="StudyInputException">The run has none.</exception>
    public static TOutcome Outcome<TOutcome>(this IReadOnlyDictionary<string, JsonNode> outcomes, string id) =>
        outcomes.TryGetValue(id, out var node) && node.Deserialize<TOutcome>(Format) is { } outcome
            ? outcome
            : throw new StudyInputException($"the run has no outcome of the job '{id}'; run or resume it to its end first");

    /// <summary>The value for the preset.</summary>
    public static T ByPreset<T>(this StudyOptions options, T quick, T standard, T paper) => options.Preset switch
    {
        "quick" => quick,
        "standard" => standard,
        "paper" => paper,
        _ => throw new StudyInputException($"formal-languages has no preset '{options.Preset}'; choose quick, standard or paper"),
    };

    /// <summary>A conclusion whose one section shows everything in it.</summary>
    public static StudyConclusion Section(
        string title, IReadOnlyList<string> text, IReadOnlyList<Claim> claims, IReadOnlyList<ResultTable> tables, IReadOnlyList<Chart> charts) =>
        new(claims, tables, charts, [new(title, text, [.. tables.Select(t => t.Name)], [.. charts.Select(c => c.Name)], [.. claims.Select(c => c.Id)])]);
}
