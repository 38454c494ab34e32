using System.Text.Json.Nodes;
using StateSpace.Studies.Selectivity.Images;

namespace StateSpace.Studies.Selectivity;

/// <summary>
/// The second half of Ran-Milo et al., arXiv 2410.14067: what complex states are worth where B, C and Δ depend on the input, and where they do not.
/// </summary>
public sealed class SelectivityStudy : IStudy
{
    internal const string Name = "selectivity";

    private readonly IReadOnlyList<IStudyPart> _parts;

    /// <summary>The whole study.</summary>
    public SelectivityStudy()
        : this([new SummaryPart(), new CopyPart(), new InductionPart(), new ImagesPart(), new CountingPart()])
    {
    }

    internal SelectivityStudy(IReadOnlyList<IStudyPart> parts) => _parts = parts;

    /// <inheritdoc/>
    public StudyDescription Description { get; } = new(
        Name,
        "Complex against real states: selective models, and images as sequences",
        "Do complex states help a Mamba-like network, and does that depend on which of B, C and Δ are functions of the input? The paper finds complex states better at copying with a "
        + "delay, equal at the induction head where B and C are selective, clearly better where they are not, and better in S4D on images that are read pixel by pixel. Networks are trained "
        + "with real and complex states of as many parameters and tested on sequences that training did not see, which the published code does not do for the selective ones.",
        "Yuval Ran-Milo, Eden Lumbroso, Edo Cohen-Karlik, Raja Giryes, Amir Globerson, Nadav Cohen: Provable Benefits of Complex "
        + "Parameterizations for Structured State Space Models. "
        + "NeurIPS 2024, arXiv 2410.14067, sections 4.2 and 4.3.",
        [new StudySetting(ImagesPart.Setting, "folder with CIFAR-10's binary files; that of SSM_DATA where empty; gratings are drawn where there are none", "")],
        [
            new StudyPreset(
                "quick",
                "Small networks, three seeds: copy with a delay of 16; induction head of 8 symbols with all or nothing selective; images of 16 × 16 pixels; counting modulo 2 and 3 with four kinds "
                + "of states.",
                "82 s"),
            new StudyPreset("standard", "The same with longer trainings, all eight subsets of what is selective.", "5 min"),
            new StudyPreset(
                "paper",
                "The published sizes: 64 channels, delay 64 and a million steps; induction head of 128 symbols and 250,000 steps; images of 32 × 32 pixels, 512 channels and 200 epochs. For a GPU.",
                "weeks"),
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
