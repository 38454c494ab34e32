using System.Text.Json.Nodes;
using StateSpace.Studies.InContextEstimation.Training;

namespace StateSpace.Studies.InContextEstimation;

/// <summary>
/// Li, Rawat, Oymak, arXiv 2407.10005, re-run: what one layer of linear attention and of H3 can learn to estimate from examples in context, in closed form and
/// trained.
/// </summary>
public sealed class InContextEstimationStudy : IStudy
{
    private readonly IReadOnlyList<IStudyPart> _parts;

    /// <summary>The whole study.</summary>
    public InContextEstimationStudy()
        : this([.. AnalysisParts, new TrainingPart()])
    {
    }

    internal InContextEstimationStudy(IReadOnlyList<IStudyPart> parts) => _parts = parts;

    /// <summary>The parts without training.</summary>
    internal static IReadOnlyList<IStudyPart> AnalysisParts { get; } = [new ClosedFormsPart(), new MonteCarloPart()];

    /// <inheritdoc/>
    public StudyDescription Description { get; } = new(
        "in-context-estimation",
        "In-context linear estimation by linear attention and H3",
        "A prompt shows labelled examples of a linear task and asks for one more label. Which estimators can one layer of linear attention or H3 implement, how "
        + "large is their risk, and what do retrieval, alignment of features and task, low rank, LoRA and tasks that change within the prompt do to it? Every "
        + "risk has a closed form, which is checked against samples and against trained estimators.",
        "Yingcong Li, Ankit Singh Rawat, Samet Oymak: Fine-grained Analysis of In-context Linear Estimation: Data, Architecture, and Beyond. "
        + "NeurIPS 2024, arXiv 2407.10005.",
        [],
        [
            new StudyPreset("quick", "Closed forms, 300,000 sampled prompts for each, and 59 short trainings with d = 5. At most 2 minutes on two cores."),
            new StudyPreset("standard", "2,000,000 sampled prompts, and 106 trainings with d = 10 and up to 40 examples. An estimated 8 minutes on two cores."),
            new StudyPreset("paper", "6,000,000 sampled prompts, and trainings with d = 20, up to 50 examples and 20 initializations. An estimated two days on two cores."),
        ]);

    /// <inheritdoc/>
    public IReadOnlyList<StudyJob> Plan(StudyOptions options) => [.. _parts.SelectMany(part => part.Plan(options))];

    /// <inheritdoc/>
    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes) =>
        StudyConclusion.Join(_parts.Select(part => part.Conclude(options, outcomes)));
}
