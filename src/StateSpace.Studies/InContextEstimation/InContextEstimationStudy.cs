using System.Text.Json.Nodes;
using StateSpace.Studies.InContextEstimation.Language;
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
        : this([new SummaryPart(), new TrainingPart(), new LanguagePart(), new ClosedFormsPart(), new MonteCarloPart()])
    {
    }

    internal InContextEstimationStudy(IReadOnlyList<IStudyPart> parts) => _parts = parts;

    /// <inheritdoc/>
    public StudyDescription Description { get; } = new(
        "in-context-estimation",
        "In-context linear estimation by linear attention and H3",
        "A prompt shows labelled examples of a linear task and asks for one more label. Which estimators can one layer of linear attention or H3 implement, how "
        + "large is their risk, and what do retrieval, alignment of features and task, low rank, LoRA and tasks that change within the prompt do to it? Every "
        + "risk has a closed form, which is checked against samples and against trained estimators. And as layers of language models: what do H3, attention and S4D learn of "
        + "induction heads and associative recall?",
        "Yingcong Li, Ankit Singh Rawat, Samet Oymak: Fine-grained Analysis of In-context Linear Estimation: Data, Architecture, and Beyond. "
        + "NeurIPS 2024, arXiv 2407.10005. Daniel Y. Fu, Tri Dao, Khaled K. Saab, Armin W. Thomas, Atri Rudra, Christopher Ré: Hungry Hungry Hippos: Towards Language Modeling with "
        + "State Space Models. ICLR 2023, arXiv 2212.14052, section 3.1.",
        [],
        [
            new StudyPreset("quick", "Closed forms, 300,000 sampled prompts for each; 65 short trainings of estimators with d = 5, 18 of language models.", "57 s"),
            new StudyPreset("standard", "2,000,000 sampled prompts; 118 trainings of estimators with d = 10 and up to 40 examples, 18 of language models on the published tasks.", "4 min"),
            new StudyPreset("paper", "6,000,000 sampled prompts; 149 trainings of estimators with d = 20, up to 50 examples and 20 initializations, 54 of language models, 36 of them by the published loss.", "7 h"),
        ])
    {
        CanUseGpu = true,
    };

    /// <inheritdoc/>
    public IReadOnlyList<StudyJob> Plan(StudyOptions options) => [.. _parts.SelectMany(part => part.Plan(options))];

    /// <inheritdoc/>
    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes) =>
        StudyConclusion.Join(_parts.Select(part => part.Conclude(options, outcomes)));
}
