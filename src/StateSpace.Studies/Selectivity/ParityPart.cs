using System.Text.Json.Nodes;
using StateSpace.Studies.Selectivity.Training;

namespace StateSpace.Studies.Selectivity;

/// <summary>Parity, beyond the paper: real states with gates in (0, 1) and in (−1, 1), and complex states, at the trained length and at four times that.</summary>
internal sealed class ParityPart : IStudyPart
{
    private const string Table = "parity-accuracy";
    private const string Chart = "parity-curves";

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) => new SelectivityPlan(options).Parity().Jobs();

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var experiment = new SelectivityPlan(options).Parity();
        var groups = experiment.Groups(outcomes);
        TaskGroup Group(ScanForm form) => groups.First(group => group.Form == form);
        var (real, signed, complex) = (Group(ScanForm.Real), Group(ScanForm.Signed), Group(ScanForm.Complex));
        var (trained, longer) = (experiment.Runs[0].Tests[0], experiment.Runs[0].Tests[1]);
        List<Claim> claims =
        [
            Claim.AtLeast(
                "parity.trained",
                $"Gates in (−1, 1) learn parity at the trained length of {trained.Length}: mean accuracy.",
                "Grazzi et al., 2025, arXiv 2411.12537, section 5.1",
                0.95,
                signed.Mean()),
            Claim.AtLeast(
                "parity.longer",
                $"Positions {longer.ScoredFrom} to {longer.Length}: accuracy with gates in (−1, 1) over that with gates in (0, 1), means of the seeds.",
                "Grazzi et al., 2025, arXiv 2411.12537; Sarrof et al., 2024, arXiv 2405.17394",
                0.1,
                signed.Mean(1) - real.Mean(1)),
            Claim.AtMost(
                "parity.positive",
                $"Gates in (0, 1) do not carry parity to positions {longer.ScoredFrom} to {longer.Length}: accuracy of the best seed (a guess: 0.5).",
                "Sarrof et al., 2024, arXiv 2405.17394, theorem 2",
                0.6,
                real.Best(1)),
        ];
        var text =
            $"At each position, is the number of ones so far odd? Trained on {trained.Length} positions. There real states with gates in (0, 1) reach {TaskTables.Percent(real.Mean())}, "
            + $"with gates in (−1, 1) {TaskTables.Percent(signed.Mean())}, complex ones {TaskTables.Percent(complex.Mean())}; on positions {longer.ScoredFrom} to {longer.Length} of longer "
            + $"sequences {TaskTables.Percent(real.Mean(1))}, {TaskTables.Percent(signed.Mean(1))} and {TaskTables.Percent(complex.Mean(1))}: a sign is what parity needs, and what is learned at one length must also hold at others.";
        return new(
            claims,
            [
                new(
                    Table,
                    "Parity: accuracy on 1000 new sequences",
                    ["state", "best seed", "mean", "worst seed", "longer: best", "longer: mean", "longer: worst", "seeds", "parameters"],
                    [
                        .. groups.Select(group => (IReadOnlyList<Cell>)
                        [
                            group.Form.Title(), group.Best(), group.Mean(), group.Worst(), group.Best(1), group.Mean(1), group.Worst(1), group.Runs.Count, group.Records[0].Parameters,
                        ]),
                    ],
                    $"Signed: real states with gates 2 exp(−Δλ) − 1. Longer: positions {longer.ScoredFrom} to {longer.Length}; training had {trained.Length}."),
            ],
            [TaskTables.Curves(Chart, "Parity: accuracy during training", groups, "Complex: solid lines. Real, of both kinds: dashed lines.")],
            [new("Parity: sign against phase", [text], [Table], [Chart], [.. claims.Select(claim => claim.Id)])]);
    }
}
