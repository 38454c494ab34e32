namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>Proposition 3 and its variants on the three mappings: error, norms, eigenvalues.</summary>
internal sealed class ComplexConstructionsPart() : SingleJobPart<ComplexConstructionsPart.Outcome>(
    "constructions.complex", "Complex constructions", (0.6, 1, 2.5))
{
    private const int Shown = 32;
    private static readonly int[] Horizons = [3, 15, 17, 32, 63, 65, 128, 255, 257, 1024];
    private static readonly string[] MappingNames = ["copy", "oscillation", "random"];

    private static readonly (string Name, string Id, string Source, Func<double[], ComplexRealization> Build)[] Constructions =
    [
        ("Fourier", "fourier", Sources.PropositionThree, target => ComplexConstructions.Fourier(target)),
        (
            "half spectrum", "half-spectrum", "own analysis: mirrored frequencies folded",
            target => ComplexConstructions.HalfSpectrum(target)),
        ("cosine hybrid", "cosine-hybrid", Sources.AppendixHybrid, target => ComplexConstructions.Cosine(target)),
    ];

    protected override Outcome Compute(StudyOptions options, JobContext context)
    {
        var seeds = ByPreset(options, 1, 3, 10);
        var rows = new List<Row>();
        foreach (var t in Horizons)
        {
            for (var mapping = 0; mapping < MappingNames.Length; mapping++)
            {
                foreach (var (name, _, _, build) in Constructions)
                {
                    var draws = mapping == 2 ? seeds : 1;
                    var targets = Enumerable.Range(0, draws)
                        .Select(draw => Target(mapping, t, new CounterRandom(options.Seed, 50_000 + (2000 * draw) + t)));
                    rows.Add(targets.Select(target => Measure(t, name, mapping, build, target, context)).Aggregate(Worse));
                }
            }

            context.Report((1.0 + Array.IndexOf(Horizons, t)) / Horizons.Length);
        }

        var copy = TargetResponses.Copy(Shown);
        return new(
            [.. rows],
            [.. Constructions.Select(construction => Points(construction.Build(copy)))],
            [.. Constructions.Select(construction => (IReadOnlyList<double>)construction.Build(copy).ImpulseResponse(Shown))],
            Oscillator(0.999));
    }

    protected override StudyConclusion Conclude(StudyOptions options, Outcome outcome)
    {
        var fourier = outcome.Rows.Where(row => row.Construction == "Fourier").ToList();
        var long256 = fourier.Where(row => row.T >= 256).ToList();
        Claim[] claims =
        [
            .. Constructions.Select(construction => Claim.AtMost(
                $"construction.{construction.Id}.error",
                $"The {construction.Name} system matches copy, oscillation and random responses, t = 3 … 1024: largest error",
                construction.Source, 1e-12, outcome.Rows.Where(row => row.Construction == construction.Name).Max(row => row.Error))),
            Claim.Between(
                "construction.fourier.input-norm", "‖B‖₂ / ‖φ‖₂ of Proposition 3: largest", Sources.PropositionThree, 1, 2,
                fourier.Max(row => row.LargestRatio)),
            Claim.Between(
                "construction.fourier.input-norm.smallest", "‖B‖₂ / ‖φ‖₂ of Proposition 3: smallest", Sources.PropositionThree, 1, 2,
                fourier.Min(row => row.SmallestRatio)),
            Claim.Near(
                "construction.fourier.input-norm.copy", "‖B‖₂ / ‖φ‖₂ for the copy mapping, t = 1024", Sources.Reference, 1.41, 0.005,
                long256.Single(row => row.T == 1024 && row.Mapping == "copy").LargestRatio),
            Claim.Near(
                "construction.fourier.input-norm.oscillation", "‖B‖₂ / ‖φ‖₂ for the oscillation, t = 1024", Sources.Reference, 1.47, 0.005,
                long256.Single(row => row.T == 1024 && row.Mapping == "oscillation").LargestRatio),
            Claim.Near(
                "construction.output-norm", "‖C‖₂ = 1: value farthest from it", Sources.PropositionThree, 1, 1e-12,
                outcome.Rows.Select(row => row.OutputNorm).MaxBy(value => Math.Abs(value - 1))),
            Claim.AtMost(
                "construction.radius", "|A_j| = 0.5^{1/(t−1)} < 1: largest difference", Sources.PropositionThree, 1e-14,
                outcome.Rows.Max(row => row.RadiusError)),
            Claim.AtMost(
                "construction.half-spectrum.input-norm", "Half the spectrum: ‖B‖₂ / (2√(1+2/t) ‖φ‖₂), largest",
                "own analysis: Cauchy's inequality over the folded frequencies", 1,
                outcome.Rows.Where(row => row.Construction == "half spectrum").Max(
                    row => row.LargestRatio / (2 * Math.Sqrt(1 + (2.0 / row.T))))),
            Claim.AtMost(
                "construction.cosine-hybrid.input-norm", "Cosine hybrid: ‖B‖₂ / ‖φ‖₂, largest",
                "own analysis: Parseval's equation of the cosine transform", 2 * Math.Sqrt(2),
                outcome.Rows.Where(row => row.Construction == "cosine hybrid").Max(row => row.LargestRatio)),
            Claim.Near(
                "construction.oscillator",
                "One state A = 0.999i: ℓ1 distance from the oscillation up to t = 32 equals Σ over even k of 1 − r^k, relative difference",
                "own analysis: the response is r^k (1, 0, −1, 0, …)", 0, 1e-12, outcome.OscillatorDifference),
        ];
        return Section(
            "Complex systems that match",
            [
                "With as many states as values, a complex diagonal system matches any response with weights of the response's own size "
                + "(Proposition 3): its eigenvalues are the grid of the "
                + "discrete Fourier transform. A real response needs only half of them, ⌊t/2⌋ + 1 states, which is parity of real "
                + "parameters with a real system of about t states; and "
                + "with the cosine transform B and C are real and only A is complex (appendix A.3).",
            ],
            claims, [Table(outcome)], [Responses(outcome), Eigenvalues(outcome)]);
    }

    private static double[] Target(int mapping, int t, CounterRandom random) => mapping switch
    {
        0 => TargetResponses.Copy(t),
        1 => TargetResponses.Oscillation(t),
        _ => TargetResponses.Random(t, 1, random),
    };

    private static Row Measure(
        int t, string construction, int mapping, Func<double[], ComplexRealization> build, double[] target, JobContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        var system = build(target);
        var ratio = system.InputNorm / Math.Sqrt(target.Sum(value => value * value));
        var radius = system.A.Max(a => Math.Abs(System.Numerics.Complex.Abs(a) - ComplexConstructions.Radius(t)));
        return new(
            construction, MappingNames[mapping], t, system.States, system.ErrorAgainst(target).Maximum, ratio, ratio, system.OutputNorm,
            system.MaximumMagnitude, system.IsStable ? radius : 1);
    }

    private static Row Worse(Row a, Row b) => a with
    {
        Error = Math.Max(a.Error, b.Error),
        SmallestRatio = Math.Min(a.SmallestRatio, b.SmallestRatio),
        LargestRatio = Math.Max(a.LargestRatio, b.LargestRatio),
        MaximumMagnitude = Math.Max(a.MaximumMagnitude, b.MaximumMagnitude),
        RadiusError = Math.Max(a.RadiusError, b.RadiusError),
    };

    private static EigenvalueSet Points(ComplexRealization system) =>
        new([.. system.A.Select(a => a.Real)], [.. system.A.Select(a => a.Imaginary)]);

    private static double Oscillator(double radius)
    {
        var error = ComplexConstructions.Oscillator(radius).ErrorAgainst(TargetResponses.Oscillation(Shown)).L1;
        return (error / Enumerable.Range(0, Shown / 2).Sum(k => 1 - Math.Pow(radius, 2 * k))) - 1;
    }

    private static ResultTable Table(Outcome outcome) => new(
        "constructions",
        "Complex systems that match a response up to time t",
        ["construction", "mapping", "t", "states", "largest error", "‖B‖/‖φ‖", "‖C‖", "max|C_j B_j|"],
        [.. outcome.Rows.Where(row => row.T is 32 or 257 or 1024).Select(row => (IReadOnlyList<Cell>)
            [row.Construction, row.Mapping, row.T, row.States, row.Error, row.LargestRatio, row.OutputNorm, row.MaximumMagnitude])],
        "Double precision. Random responses: the worst of the draws. Proposition 3 promises ‖B‖/‖φ‖ ≤ 2 and ‖C‖ ≤ 1 for the Fourier "
        + "system.");

    private static Chart Responses(Outcome outcome)
    {
        double[] k = [.. Enumerable.Range(1, Shown).Select(value => (double)value)];
        return new(
            "responses-complex", $"Impulse responses for the copy mapping, t = {Shown}",
            new ChartAxis("k, counted from 1"), new ChartAxis("response"),
            [
                new ChartSeries("target", k, TargetResponses.Copy(Shown), SeriesStyle.Stems),
                .. Constructions.Zip(outcome.Responses).Select(
                    pair => new ChartSeries(pair.First.Name, k, pair.Second, SeriesStyle.LineAndPoints)),
            ],
            "The three systems lie on the target.");
    }

    private static Chart Eigenvalues(Outcome outcome) => new(
        "eigenvalues", $"Eigenvalues for t = {Shown}", new ChartAxis("real part"), new ChartAxis("imaginary part"),
        [
            .. Constructions.Zip(outcome.Eigenvalues).Select(
                pair => new ChartSeries(pair.First.Name, pair.Second.Real, pair.Second.Imaginary, SeriesStyle.Points)),
            new ChartSeries("real interpolation", RealInterpolation.ChebyshevNodes(Shown, 0.999), new double[Shown], SeriesStyle.Points),
        ],
        "Complex systems place eigenvalues on a circle of radius 0.5^{1/(t−1)}; a real one has only the axis.", UnitCircle: true);

    internal sealed record Outcome(
        IReadOnlyList<Row> Rows, IReadOnlyList<EigenvalueSet> Eigenvalues, IReadOnlyList<IReadOnlyList<double>> Responses,
        double OscillatorDifference);

    internal sealed record EigenvalueSet(IReadOnlyList<double> Real, IReadOnlyList<double> Imaginary);

    internal sealed record Row(
        string Construction, string Mapping, int T, int States, double Error, double SmallestRatio, double LargestRatio, double OutputNorm,
        double MaximumMagnitude, double RadiusError);
}
