using System.Text.Json;
using System.Text.Json.Nodes;
using StateSpace.Studies.FormalLanguages.Compiler;
using StateSpace.Studies.Selectivity.Training;

namespace StateSpace.Studies.Selectivity;

/// <summary>
/// Counting modulo 2 and 3, beyond the paper: what gates in (0, 1), gates in (−1, 1), complex ones and their rotation form can express, and what they learn, at
/// the trained length and at lengths that training did not have.
/// </summary>
internal sealed class CountingPart : IStudyPart
{
    /// <summary>Longest sequences whose parity every seed learns; of longer ones some stay at a guess.</summary>
    private const int AllLearn = 16;

    private const string NoParity = "Sarrof et al., 2024, arXiv 2405.17394, theorem 2";
    private const string StarFree = "Sarrof et al., 2024, arXiv 2405.17394, theorem 4: star-free languages alone";
    private const string Sign = "Grazzi et al., 2025, arXiv 2411.12537, theorem 1";
    private const string Phase = "Grazzi et al., 2025, arXiv 2411.12537, theorem 2";
    private const string TheoryTable = "counting-theory";
    private const string TrainedTable = "counting-accuracy";

    private static readonly int[] Moduli = [2, 3];

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) =>
    [
        .. from modulus in Moduli
           from gates in Enum.GetValues<Gates>()
           select new StudyJob(
               TheoryId(modulus, gates),
               $"counting modulo {modulus}: what {gates.ToString().ToLowerInvariant()} gates can express",
               0.5,
               _ => new(JsonSerializer.SerializeToNode(GateTheory.Of(modulus, gates))!, [])),
        .. Moduli.SelectMany(modulus => new SelectivityPlan(options).Counting(modulus).Jobs()),
    ];

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var theories = Moduli.SelectMany(modulus => Enum.GetValues<Gates>().Select(gates => Theory(outcomes, modulus, gates))).ToList();
        var trained = Moduli.ToDictionary(modulus => modulus, modulus => new Trained(new SelectivityPlan(options).Counting(modulus).Groups(outcomes)));
        List<Claim> claims = [.. theories.Select(TheoryClaim), .. ParityClaims(trained[2]), .. ModuloClaims(trained[3])];
        var (trainedOn, longer) = (trained[2].Real.Runs[0].Tests[0], trained[2].Real.Runs[0].Tests[1]);
        return new(
            claims,
            [
                new(
                    TheoryTable,
                    "What gates can express: counters compiled into S6 layers",
                    ["modulo", "gates", $"right on {GateTheory.TextLength} symbols", "by rotations", "network"],
                    [
                        .. theories.Select(theory => (IReadOnlyList<Cell>)
                        [
                            theory.Modulus, Range(theory.Gates), theory.Refusal is null ? Truth(theory.Holds) : "", theory.HoldsByRotations is { } turned ? Truth(turned) : "",
                            theory.Refusal is null ? $"{theory.Layers} layer{(theory.Layers == 1 ? "" : "s")}" : $"none: {theory.Refusal}",
                        ]),
                    ],
                    "By the compiler of regular languages: the weights are computed, not trained."),
                new(
                    TrainedTable,
                    "What is learned: accuracy on 1000 new sequences",
                    ["modulo", "state", "best seed", "mean", "worst seed", "longer: best", "longer: mean", "longer: worst", "guess", "seeds", "parameters"],
                    [
                        .. Moduli.SelectMany(modulus => trained[modulus].Groups.Select(group => (IReadOnlyList<Cell>)
                        [
                            modulus, group.Form.Title(), group.Best(), group.Mean(), group.Worst(), group.Best(1), group.Mean(1), group.Worst(1), group.Runs[0].Task.Chance, group.Runs.Count,
                            group.Records[0].Parameters,
                        ])),
                    ],
                    $"Real: gates exp(−Δλ). Signed: 2 exp(−Δλ) − 1. Rotating: the complex states by real numbers, from the same initial values. Trained on {trainedOn.Length} positions; longer: "
                    + $"positions {longer.ScoredFrom + 1} to {longer.Length} of longer sequences."),
            ],
            [.. Moduli.Select(modulus => ByPosition(modulus, trained[modulus].Groups))],
            [
                new(
                    "Counting: sign against phase",
                    [
                        "How many ones were there so far, modulo 2 and modulo 3? Beyond the paper: a gate of −1 carries a sign, which is what parity needs; modulo 3 asks for a turn by a third of the circle.",
                        $"Modulo 2, trained on {trainedOn.Length} positions: {Reached(trained[2])}.",
                        $"Modulo 3: {Reached(trained[3])}. What can be expressed need not be learned: at the trained length every form can count without a group, by what it remembers; whether "
                        + "the count was learned shows at the lengths that training did not have.",
                    ],
                    [TheoryTable, TrainedTable],
                    [.. Moduli.Select(PositionChart)],
                    [.. claims.Select(claim => claim.Id)]),
            ]);

        string Reached(Trained forms) => string.Join("; ", forms.Groups.Select(group =>
            $"{group.Form.Title()} states reach {TaskTables.Percent(group.Mean())}, and {TaskTables.Percent(group.Mean(1))} on positions {longer.ScoredFrom + 1} to {longer.Length}"));
    }

    private static string PositionChart(int modulus) => $"counting-{modulus}-positions";

    private static Chart ByPosition(int modulus, IReadOnlyList<TaskGroup> groups)
    {
        var task = groups[0].Runs[0].Task;
        double[] positions = [.. Enumerable.Range(1, groups[0].Records[0].Positions.Length).Select(i => (double)i)];
        return new(
            PositionChart(modulus),
            $"Counting modulo {modulus}: accuracy by position, means of the seeds",
            new("position"),
            new("accuracy on new sequences"),
            [
                .. groups.Select(group => new ChartSeries(
                    group.Form.Title(), positions, [.. positions.Select((_, i) => group.Records.Average(record => record.Positions[i]))])),
                new("a guess", [positions[0], positions[^1]], [task.Chance, task.Chance], SeriesStyle.Dashed),
            ],
            $"Training had the first {task.Length} positions.");
    }

    private static string TheoryId(int modulus, Gates gates) => $"counting.modulo{modulus}.{gates.ToString().ToLowerInvariant()}";

    private static GateTheory Theory(IReadOnlyDictionary<string, JsonNode> outcomes, int modulus, Gates gates) =>
        outcomes.TryGetValue(TheoryId(modulus, gates), out var node) && node.Deserialize<GateTheory>() is { } theory
            ? theory
            : throw new StudyInputException($"the run has no outcome of the job '{TheoryId(modulus, gates)}'; run or resume it to its end first");

    private static Claim TheoryClaim(GateTheory theory)
    {
        var isPossible = theory.Gates == Gates.Complex || (theory.Gates == Gates.Signed && theory.Modulus == 2);
        return Claim.Exactly(
            $"{TheoryId(theory.Modulus, theory.Gates)}.expressed",
            $"A network with gates in {Range(theory.Gates)} that counts modulo {theory.Modulus}, right on {GateTheory.TextLength} symbols, in its rotation form too where it has one.",
            (theory.Gates, theory.Modulus) switch
            {
                (Gates.Nonnegative, 2) => NoParity,
                (Gates.Nonnegative, _) => StarFree,
                (_, 2) => Sign,
                _ => Phase,
            },
            isPossible ? "there is one" : "there is none",
            theory.Refusal is not null ? "there is none" : theory is { Holds: true, HoldsByRotations: not false } ? "there is one" : "it is wrong");
    }

    private static IEnumerable<Claim> ParityClaims(Trained forms)
    {
        var (trained, longer) = (forms.Real.Runs[0].Tests[0], forms.Real.Runs[0].Tests[1]);
        var isShort = trained.Length <= AllLearn;
        yield return Claim.AtLeast(
            "parity.trained",
            $"Gates in (−1, 1) learn parity at the trained length of {trained.Length}: {(isShort ? "mean accuracy" : "accuracy of the best seed (the source, too, reports the best of three)")}.",
            "Grazzi et al., 2025, arXiv 2411.12537, section 5.1",
            0.95,
            isShort ? forms.Signed.Mean() : forms.Signed.Best());
        yield return Claim.AtLeast(
            "parity.longer",
            $"Parity at positions {longer.ScoredFrom + 1} to {longer.Length}: accuracy with gates in (−1, 1) over that with gates in (0, 1), means of the seeds.",
            $"{Sign}; {NoParity}",
            0.1,
            forms.Signed.Mean(1) - forms.Real.Mean(1));
        yield return Claim.AtMost(
            "parity.positive", $"Gates in (0, 1) do not carry parity to positions {longer.ScoredFrom + 1} to {longer.Length}: accuracy of the best seed (a guess: 0.5).", NoParity, 0.6, forms.Real.Best(1));
    }

    private static IEnumerable<Claim> ModuloClaims(Trained forms)
    {
        var longer = forms.Real.Runs[0].Tests[1];
        foreach (var group in new[] { forms.Real, forms.Signed })
        {
            yield return Claim.AtMost(
                $"modulo3.{group.Form.Title()}",
                $"{(group.Form == ScanForm.Real ? "Gates in (0, 1)" : "Gates in (−1, 1)")} do not carry a count modulo 3 to positions {longer.ScoredFrom + 1} to {longer.Length}: accuracy of the best seed (a guess: 0.333).",
                group.Form == ScanForm.Real ? StarFree : Phase,
                0.45,
                group.Best(1));
        }

        var length = forms.Real.Runs[0].Task.Length;
        yield return Claim.AtLeast(
            "modulo3.farther",
            $"Complex states carry a count modulo 3 farther than gates in (−1, 1): accuracy at positions {length + 1} to {2 * length}, difference of the best seeds.",
            "own analysis: a turn by a third of the circle is within the reach of complex gates alone",
            0.05,
            Beyond(forms.Complex, length) - Beyond(forms.Signed, length));
        yield return Claim.AtLeast(
            "modulo3.trained", $"Complex states, by complex numbers and by rotations, learn to count modulo 3 at the trained length: mean accuracy of the worse form.", "own analysis", 0.8, Math.Min(forms.Complex.Mean(), forms.Rotating.Mean()));
    }

    /// <summary>Accuracy over as many positions behind the trained ones, of the best seed: some seeds do not learn.</summary>
    private static double Beyond(TaskGroup group, int length) => group.Records.Max(record => record.Positions.Skip(length).Take(length).Average());

    private static string Range(Gates gates) => gates switch
    {
        Gates.Nonnegative => "[0, 1]",
        Gates.Signed => "[−1, 1]",
        _ => "the unit disc",
    };

    private static string Truth(bool holds) => holds ? "yes" : "no";

    private sealed record Trained(IReadOnlyList<TaskGroup> Groups)
    {
        public TaskGroup Real => Of(ScanForm.Real);

        public TaskGroup Signed => Of(ScanForm.Signed);

        public TaskGroup Complex => Of(ScanForm.Complex);

        public TaskGroup Rotating => Of(ScanForm.Rotating);

        private TaskGroup Of(ScanForm form) => Groups.First(group => group.Form == form);
    }
}
