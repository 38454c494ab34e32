using System.Text.Json.Nodes;

namespace StateSpace.Studies;

internal interface IStudyPart
{
    IReadOnlyList<StudyJob> Plan(StudyOptions options);

    StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes);
}
