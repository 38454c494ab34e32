using System.Text.Json.Nodes;

namespace StateSpace.Studies.InContextEstimation;

/// <summary>What a preset asks for.</summary>
internal static class Preset
{
    /// <summary>The value of the preset that was chosen.</summary>
    /// <exception cref="StudyInputException">The study has no such preset.</exception>
    public static T Choose<T>(StudyOptions options, T quick, T standard, T paper) => options.Preset switch
    {
        "quick" => quick,
        "standard" => standard,
        "paper" => paper,
        _ => throw new StudyInputException($"in-context-estimation has no preset '{options.Preset}'; choose quick, standard or paper"),
    };

    /// <summary>The outcome of a job.</summary>
    /// <exception cref="StudyInputException">There is none.</exception>
    public static JsonNode Outcome(IReadOnlyDictionary<string, JsonNode> outcomes, string id) =>
        outcomes.TryGetValue(id, out var outcome) ? outcome : throw new StudyInputException($"the run has no outcome of the job '{id}'; run or resume it to its end first");

    /// <summary>A conclusion whose one section shows everything in it.</summary>
    public static StudyConclusion Section(
        string title, IReadOnlyList<string> text, IReadOnlyList<Claim> claims, IReadOnlyList<ResultTable> tables, IReadOnlyList<Chart> charts) => new(
        claims, tables, charts, [new(title, text, [.. tables.Select(t => t.Name)], [.. charts.Select(c => c.Name)], [.. claims.Select(c => c.Id)])]);
}
