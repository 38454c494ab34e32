using System.Text.Json.Nodes;

namespace StateSpace.Studies;

/// <summary>
/// A part of a study with jobs and a conclusion of its own; a study joins its parts. Both methods are pure, as in <see cref="IStudy"/>.
/// </summary>
internal interface IStudyPart
{
    /// <summary>The part's work, in reading order. Ids are unique in the whole study.</summary>
    IReadOnlyList<StudyJob> Plan(StudyOptions options);

    /// <summary>The part's claims, tables, charts and sections from the outcomes of the study's jobs, by job id.</summary>
    StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes);
}
