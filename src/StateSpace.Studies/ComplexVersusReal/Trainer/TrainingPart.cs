using System.Text.Json.Nodes;

namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>Tables 1 and 2: training real and complex diagonal SSMs to an impulse response.</summary>
internal sealed class TrainingPart : IStudyPart
{
    /// <summary>The settings that this part reads.</summary>
    public static IReadOnlyList<StudySetting> Settings { get; } =
    [
        new(
            TrainingPlan.AccumulateName,
            "true feeds the optimizer the running sum of all gradients, as the published script does (it never zeroes them); false trains correctly",
            "false"),
    ];

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) =>
    [
        .. new TrainingPlan(options).All.Select(run => new StudyJob(
            TrainingPlan.JobId(run),
            TrainingPlan.Title(run),
            TrainingPlan.Seconds(run),
            context =>
            {
                var record = ImpulseFit.Run(run, context.Report, context.Cancellation);
                return new JobOutcome(record.ToJson(), record.Metrics());
            })),
    ];

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var trained = new TrainingOutcomes(new(options), outcomes);
        var tables = TrainingTables.All(trained).ToList();
        var charts = TrainingCharts.All(trained).ToList();
        var (real, complex, brief) = (TrainingClaims.Real(trained).ToList(), TrainingClaims.Complex(trained).ToList(), TrainingClaims.Short(trained).ToList());
        return new([.. real, .. complex, .. brief], tables, charts, Sections(trained, tables, real, complex, brief));
    }

    private static List<ReportSection> Sections(
        TrainingOutcomes outcomes, List<ResultTable> tables, List<Claim> real, List<Claim> complex, List<Claim> brief)
    {
        var mode = outcomes.Plan.Accumulate
            ? "In these runs the optimizer gets the running sum of all gradients, as the published script does."
            : "Gradients are fresh in every step; the published script never zeroes them, which accumulate-gradients=true reproduces.";
        return
        [
            new(
                "Training a real SSM (Table 1)",
                [
                    "A real diagonal SSM with 1024 states is trained to an impulse response of 32 steps by full-batch gradient descent on Σ(ŷ_k − T_k)², ‖T‖₂ = 1, with a cosine learning rate to 0. " + mode,
                    "The published code logs the squared ℓ2 error while the paper defines approximation by ℓ1. Both are given. The real SSM does not get far below the zero map in the first, and on copy it is worse than the zero map in the second.",
                ],
                Present(TrainingTables.RealName, TrainingTables.RealGridName, TrainingTables.PositiveName),
                [TrainingCharts.LossName],
                Ids(real)),
            new(
                "Training a complex SSM (Table 2)",
                [
                    "Complex SSMs with n = t states, eigenvalues starting on the ring 0.99 … 0.9999, are trained the same way. The table gives the worst seed. Copy and random reach the rounding of single precision; oscillation sometimes passes through slow phases.",
                ],
                Present(TrainingTables.ComplexName),
                [],
                Ids(complex)),
            .. brief.Count == 0 ? (IEnumerable<ReportSection>)[] : [ShortSection(brief)],
            new(
                "What was learned",
                [
                    "The trained real SSM spreads the copy's pulse into a broad bump on every second step, and follows the oscillation only over its first steps. The complex one meets each target to the width of a line.",
                ],
                [],
                [.. Enum.GetValues<TargetMap>().Select(TrainingCharts.ResponseName), TrainingCharts.RealEigenvaluesName, TrainingCharts.ComplexEigenvaluesName],
                []),
            new(
                "Every training run",
                [
                    "The least error is that of the single-precision training itself. Evaluated in double precision, the same parameters are somewhat farther from the target: part of the fit is a fit to the rounding of the powers of λ.",
                ],
                Present(TrainingTables.RunsName),
                [],
                []),
        ];

        List<string> Present(params string[] names) => [.. names.Where(name => tables.Exists(table => table.Name == name))];
        static List<string> Ids(List<Claim> claims) => [.. claims.Select(claim => claim.Id)];
    }

    private static ReportSection ShortSection(List<Claim> claims) => new(
        "Short runs",
        [
            "A larger learning rate shows the same separation in seconds. With 16 complex states the random target is matched from some starts only: the number of parameters suffices, the path of gradient descent decides.",
        ],
        [TrainingTables.ShortName],
        [],
        [.. claims.Select(claim => claim.Id)]);
}
