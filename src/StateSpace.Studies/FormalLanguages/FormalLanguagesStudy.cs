using System.Text.Json.Nodes;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>
/// Sarrof, Veitsman and Hahn, arXiv 2405.17394, re-run: which formal languages state space models express, by constructions and by the impossibility that
/// separates gates in [0, 1] from gates in [−1, 1], what the published tasks test, and what is learned.
/// </summary>
public sealed class FormalLanguagesStudy : IStudy
{
    private readonly IReadOnlyList<IStudyPart> _parts = [new SuitePart(), new FilesPart(), new ConstructionsPart(), new CompilerPart(), new OscillationPart(), new TrainingPart(), new FlipFlopPart(), new BracketsPart(), new ProtocolPart()];

    /// <inheritdoc/>
    public StudyDescription Description { get; } = new(
        "formal-languages",
        "The expressive capacity of state space models: formal languages",
        "Which formal languages can a state space model recognize or predict at every length, and what does that ask of its gates? Constructions are carried out and checked "
        + "against oracles on every short word, the impossibility of parity with nonnegative gates is tested on random networks, the published tasks are measured by a "
        + "lookup that has no state at all, and small networks are trained on short words and tested on long ones.",
        "Yash Sarrof, Yana Veitsman, Michael Hahn: The Expressive Capacity of State Space Models: A Formal Language Perspective. NeurIPS 2024, arXiv 2405.17394.",
        [
            new StudySetting(FilesPart.Setting, $"folder with {PublishedFiles.FileName}, the published strings; that of SSM_DATA where empty", ""),
            new StudySetting(ProtocolPart.EpochsSetting, "share of the published epochs that preset paper trains on the published files, in %", "100"),
            new StudySetting(ProtocolPart.SweepSetting, "points of the published sweeps of rate and width that preset paper trains: one or all", "one"),
        ],
        [
            new StudyPreset(
                "quick",
                "27 languages drawn anew (300 words), the published files, every construction and compiled language on all short words and 100,000 symbols, 100 random networks a setting; "
                + "parity, tomita-4 and flip-flop trained.",
                "58 s"),
            new StudyPreset(
                "standard",
                "The same with 1,000 words a language, 200 random networks a setting; longer trainings, tomita-5, dyck-1, d-4 and Dyck(8,10) at two rates too.",
                "7 min"),
            new StudyPreset(
                "paper",
                "The same with the published sizes: flip-flop at 512 symbols, Dyck(8,10) at 1 to 700, and the published protocol on the published files, 27 languages with one to three layers. "
                + "For a GPU or many cores; a share of it by --set epochs.",
                "18 h"),
        ])
    {
        CanUseGpu = true,
    };

    /// <inheritdoc/>
    public IReadOnlyList<StudyJob> Plan(StudyOptions options) => [.. _parts.SelectMany(part => part.Plan(options))];

    /// <inheritdoc/>
    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes) =>
        Summary.Before(StudyConclusion.Join(_parts.Select(part => part.Conclude(options, outcomes))));
}
