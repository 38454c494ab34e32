using System.Text.Json.Nodes;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>
/// Sarrof, Veitsman and Hahn, arXiv 2405.17394, re-run: which formal languages state space models express, by constructions and by the impossibility that
/// separates gates in [0, 1] from gates in [−1, 1], and what the published tasks test.
/// </summary>
public sealed class FormalLanguagesStudy : IStudy
{
    private readonly IReadOnlyList<IStudyPart> _parts = [new SuitePart(), new FilesPart(), new ConstructionsPart(), new OscillationPart()];

    /// <inheritdoc/>
    public StudyDescription Description { get; } = new(
        "formal-languages",
        "The expressive capacity of state space models: formal languages",
        "Which formal languages can a state space model recognize or predict at every length, and what does that ask of its gates? Constructions are carried out and checked "
        + "against oracles on every short word, the impossibility of parity with nonnegative gates is tested on random networks, and the published tasks are measured by a "
        + "lookup that has no state at all.",
        "Yash Sarrof, Yana Veitsman, Michael Hahn: The Expressive Capacity of State Space Models: A Formal Language Perspective. NeurIPS 2024, arXiv 2405.17394.",
        [new StudySetting(FilesPart.Setting, $"folder with {PublishedFiles.FileName}, the published strings; that of SSM_DATA where empty", "")],
        [
            new StudyPreset("quick", "27 languages drawn anew (300 words), the published files, every construction, 100 random networks a setting."),
            new StudyPreset("standard", "The same with 1,000 words a language, and 200 random networks a setting."),
            new StudyPreset("paper", "The same with as many words as published, and 200 random networks of 8,000 blocks a setting."),
        ]);

    /// <inheritdoc/>
    public IReadOnlyList<StudyJob> Plan(StudyOptions options) => [.. _parts.SelectMany(part => part.Plan(options))];

    /// <inheritdoc/>
    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes) =>
        StudyConclusion.Join(_parts.Select(part => part.Conclude(options, outcomes)));
}
