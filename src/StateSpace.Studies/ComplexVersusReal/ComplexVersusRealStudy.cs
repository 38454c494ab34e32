using System.Text.Json.Nodes;
using StateSpace.Studies.ComplexVersusReal.Trainer;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>
/// Ran-Milo et al., arXiv 2410.14067, re-run: bounds and constructions for real and complex diagonal state space models, the exact bounds
/// beside the printed ones.
/// </summary>
public sealed class ComplexVersusRealStudy : IStudy
{
    private readonly IReadOnlyList<IStudyPart> _parts;

    /// <summary>The whole study.</summary>
    public ComplexVersusRealStudy()
        : this([.. AnalysisParts, new TrainingPart()])
    {
    }

    internal ComplexVersusRealStudy(IReadOnlyList<IStudyPart> parts) => _parts = parts;

    /// <summary>The parts without training: bounds, constructions and their checks.</summary>
    internal static IReadOnlyList<IStudyPart> AnalysisParts { get; } =
    [
        new SystemsPart(),
        new MappingBoundsPart(Mappings.Copy),
        new MappingBoundsPart(Mappings.Oscillation),
        new PositiveBoundsPart(),
        new RandomBoundsPart(),
        new TheoremTwoPart(),
        new TheoremOnePart(),
        new ComplexConstructionsPart(),
        new InterpolationPart(),
        new QuantizationPart(),
        new LemmasPart(),
        new DescentPart(),
        new LossPart(),
    ];

    /// <inheritdoc/>
    public StudyDescription Description { get; } = new(
        "complex-vs-real",
        "Complex against real diagonal state space models",
        "Which impulse responses can a real diagonal state space model not express, or only with weights so large that they are neither "
        + "learned nor stored, while a complex one of the "
        + "same size expresses them with small weights? The paper's bounds are evaluated beside the exact values, its constructions are "
        + "carried out, and its claims are checked.",
        "Yuval Ran-Milo, Eden Lumbroso, Edo Cohen-Karlik, Raja Giryes, Amir Globerson, Nadav Cohen: Provable Benefits of Complex "
        + "Parameterizations for Structured State Space Models. "
        + "NeurIPS 2024, arXiv 2410.14067.",
        TrainingPart.Settings,
        [
            new StudyPreset("quick", "All bounds, constructions and claims; short training runs and the paper's real one.", "6 s"),
            new StudyPreset("standard", "More Monte-Carlo draws; 45 real and 60 complex training runs of 500,000 steps.", "1 min"),
            new StudyPreset("paper", "The most draws; the paper's whole grid of training runs.", "hours"),
        ]);

    /// <inheritdoc/>
    public IReadOnlyList<StudyJob> Plan(StudyOptions options) => [.. _parts.SelectMany(part => part.Plan(options))];

    /// <inheritdoc/>
    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes) =>
        StudyConclusion.Join(_parts.Select(part => part.Conclude(options, outcomes)));
}
