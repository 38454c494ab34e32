using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>
/// The real system that attains the exact bound, solved in rational numbers, and what float32 leaves of it; beside it a complex one.
/// </summary>
internal sealed class InterpolationPart() : SingleJobPart<InterpolationPart.Outcome>(
    "constructions.real", "Real construction in rational numbers, and rounding", (0.15, 0.15, 0.15))
{
    private const int Shown = 32;

    // Horizons at which t − 1 and the delay have the same parity, so that all t extrema carry weight.
    private static readonly int[] Horizons = [9, 12, 13, 16, 17, 20, 24, 28, 32, 40, 48, 64];

    // Horizon, then the reference's Σ|w| for ρ = 0.999, and ℓ1 error of weights rounded to float32 for ρ = 1.
    private static readonly Dictionary<int, (string? Inside, string? Single)> References = new()
    {
        [9] = ("160.642", "2e-6"),
        [12] = ("1238.18", null),
        [16] = ("29002.4", "5e-4"),
        [24] = ("1.73356e7", "0.33"),
    };

    // Horizon and limit of the ℓ1 error of the complex system run in float32.
    private static readonly (int T, double Limit)[] SingleLimits = [(24, 1e-5), (256, 1e-4), (1024, 1e-3)];

    protected override Outcome Compute(StudyOptions options, JobContext context)
    {
        var rows = new List<Row>();
        foreach (var t in Horizons)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var target = TargetResponses.Copy(t);
            var nodes = RealInterpolation.ChebyshevNodes(t, 1);
            var weights = RealInterpolation.Weights(nodes, target, context.Cancellation);
            double[] inDouble = [.. weights.Select(w => w.ToDouble())];
            var inside = RealInterpolation.Weights(RealInterpolation.ChebyshevNodes(t, 0.999), target, context.Cancellation);
            var exact = new BigRational(ClosedFormMinimum.Delay(t, TargetResponses.CopyDelay(t)), BigInteger.One).ToDouble();
            rows.Add(new(
                t, inDouble.Sum(Math.Abs), exact, inside.Sum(w => Math.Abs(w.ToDouble())),
                RealInterpolation.ErrorOfRoundedWeights(nodes, inDouble, target),
                RealInterpolation.ErrorOfRoundedWeights(nodes, [.. weights.Select(w => w.ToSingle())], target),
                ComplexInSingle(t)));
            context.Report(0.8 * rows.Count / Horizons.Length);
        }

        var nodesShown = RealInterpolation.ChebyshevNodes(Shown, 0.999);
        var targetShown = TargetResponses.Copy(Shown);
        var weightsShown = RealInterpolation.Weights(nodesShown, targetShown, context.Cancellation).Select(w => w.ToDouble());
        var shown = new RealRealization([.. nodesShown], [.. weightsShown], [.. nodesShown.Select(_ => 1.0)]);
        var complexShown = ComplexConstructions.Fourier(targetShown).ImpulseResponseInSingle(Shown);
        return new(
            [.. rows], [.. SingleLimits.Select(limit => ComplexInSingle(limit.T))],
            shown.ImpulseResponse(Shown), shown.ImpulseResponseInSingle(Shown), complexShown);

        static double ComplexInSingle(int t)
        {
            var target = TargetResponses.Copy(t);
            return ResponseError.Between(ComplexConstructions.Fourier(target).ImpulseResponseInSingle(t), target).L1;
        }
    }

    protected override StudyConclusion Conclude(StudyOptions options, Outcome outcome)
    {
        var rows = outcome.Rows.ToDictionary(row => row.T);
        Claim[] claims =
        [
            Claim.AtMost(
                "construction.real.magnitude",
                "Σ|w| of the rational solution at the extrema of T_{t−1} equals the exact bound, t = 9 … 64: largest relative difference",
                Sources.Duality, 1e-9, outcome.Rows.Max(row => Math.Abs((row.Total / row.Exact) - 1))),
            Claim.Exactly(
                "construction.real.inside",
                "Σ|w| with the extrema drawn inside the circle, ρ = 0.999, t = 9, 12, 16, 24: values that agree with the reference",
                Sources.Reference, "4 of 4", Count(row => row.Inside, reference => reference.Inside)),
            Claim.Exactly(
                "construction.real.single", "ℓ1 error of weights rounded to float32, t = 9, 16, 24: values that agree with the reference",
                Sources.Reference, "3 of 3", Count(row => row.SingleError, reference => reference.Single)),
            Claim.Between(
                "construction.real.single.t24", "ℓ1 error of weights rounded to float32, t = 24", Sources.PropositionFive, 0.05, 2,
                rows[24].SingleError),
            Claim.AtMost(
                "construction.real.double.t24", "ℓ1 error of weights rounded to double, t = 24", Sources.Reference, 1e-8,
                rows[24].DoubleError),
            .. SingleLimits.Zip(outcome.ComplexInSingle).Select(pair => Claim.AtMost(
                $"construction.complex.single.t{pair.First.T}", $"ℓ1 error of the complex Fourier system run in float32 throughout, copy "
                + $"mapping, t = {pair.First.T}", Sources.PropositionThree, pair.First.Limit, pair.Second)),
        ];
        return Section(
            "A real system that matches, and rounding",
            [
                "With distinct real eigenvalues a Vandermonde system gives weights that match any response (Proposition 1). It is solved "
                + "here in exact rational numbers, since its condition grows "
                + "exponentially. At the extrema of T_{t−1} the weights attain the exact bound. Rounding these weights to float32, and "
                + "nothing else, costs an ℓ1 error of 0.33 at t = 24 and "
                + "destroys the response at t = 32; in double the same happens before t = 64. The complex system loses about 1e-4 at t = "
                + "1024 with everything in float32 (compare Proposition 5).",
            ],
            claims, [Table(outcome)], [Rounding(outcome), Responses(outcome)]);

        string Count(Func<Row, double> value, Func<(string? Inside, string? Single), string?> text) =>
            ReferenceNumber.Count(
                References.Select(pair => (value(rows[pair.Key]), text(pair.Value) is { } number ? new ReferenceNumber(number) : null)));
    }

    private static ResultTable Table(Outcome outcome) => new(
        "rounding",
        "Copy mapping: exact real weights, and the ℓ1 error that rounding leaves",
        [
            "t", "Σ|w|, ρ = 1", "exact bound", "Σ|w|, ρ = 0.999", "reference, ρ = 0.999", "real, weights in double",
            "real, weights in float32", "reference, float32", "complex, all in float32",
        ],
        [.. outcome.Rows.Select(row => (IReadOnlyList<Cell>)
            [
                row.T, row.Total, row.Exact, row.Inside, Reference(row.T).Inside ?? "–", row.DoubleError, row.SingleError,
                Reference(row.T).Single ?? "–", row.Complex,
            ])],
        "Real: only the weights are rounded, and the error is evaluated exactly. Complex: eigenvalues, weights and the recurrence itself "
        + "are in float32.");

    private static (string? Inside, string? Single) Reference(int t) => References.GetValueOrDefault(t);

    private static Chart Rounding(Outcome outcome)
    {
        double[] t = [.. outcome.Rows.Select(row => (double)row.T)];
        return new(
            "rounding-chart", "What rounding costs, copy mapping",
            new ChartAxis("t, values matched"), new ChartAxis("ℓ1 error", Logarithmic: true),
            [
                new ChartSeries("real, weights in float32", t, [.. outcome.Rows.Select(row => row.SingleError)], SeriesStyle.LineAndPoints),
                new ChartSeries("real, weights in double", t, [.. outcome.Rows.Select(row => row.DoubleError)], SeriesStyle.LineAndPoints),
                new ChartSeries("complex, all in float32", t, [.. outcome.Rows.Select(row => row.Complex)], SeriesStyle.LineAndPoints),
                new ChartSeries("the zero system", t, [.. outcome.Rows.Select(_ => 1.0)], SeriesStyle.Dashed),
            ],
            "Above the dashed line a system is worse than none.");
    }

    private static Chart Responses(Outcome outcome)
    {
        double[] k = [.. Enumerable.Range(1, Shown).Select(value => (double)value)];
        return new(
            "responses-real", $"The copy mapping at t = {Shown}, real and complex",
            new ChartAxis("k, counted from 1"), new ChartAxis("response"),
            [
                new ChartSeries("target", k, TargetResponses.Copy(Shown), SeriesStyle.Stems),
                new ChartSeries("real, double", k, outcome.RealResponse, SeriesStyle.LineAndPoints),
                new ChartSeries("real, float32", k, outcome.RealSingleResponse, SeriesStyle.LineAndPoints),
                new ChartSeries("complex, float32", k, outcome.ComplexSingleResponse, SeriesStyle.LineAndPoints),
            ],
            $"The same real system of {Shown} states, run in double and in float32.");
    }

    internal sealed record Outcome(
        IReadOnlyList<Row> Rows, IReadOnlyList<double> ComplexInSingle, IReadOnlyList<double> RealResponse,
        IReadOnlyList<double> RealSingleResponse, IReadOnlyList<double> ComplexSingleResponse);

    internal sealed record Row(int T, double Total, double Exact, double Inside, double DoubleError, double SingleError, double Complex);
}
