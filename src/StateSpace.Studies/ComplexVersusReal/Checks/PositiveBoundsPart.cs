namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>Real systems with eigenvalues in [0, 1] only, as S4D-Real and the real S6 layer have them.</summary>
internal sealed class PositiveBoundsPart() : SingleJobPart<PositiveBoundsPart.Outcome>(
    "bounds.positive", "Bounds for non-negative eigenvalues", (0.05, 0.05, 0.05))
{
    // Horizon, exact minimum with non-negative eigenvalues and with signed ones.
    private static readonly (int T, string Positive, string Signed)[] References =
    [
        (8, "9408", "56"), (12, "5.638e6", "1232"), (16, "3.572e9", "28800"), (24, "1.556e15", "1.71e7"), (32, "7.175e20", "1.08e10"),
    ];

    protected override Outcome Compute(StudyOptions options, JobContext context) => new([.. References.Select(reference =>
    {
        var t = reference.T;
        var delay = TargetResponses.CopyDelay(t);
        var programme = MinimumMagnitude.Exact(TargetResponses.Copy(t), 0, EigenvalueRange.NonNegative, context.Cancellation).Bound;
        var (positive, signed) = (ClosedFormMinimum.PositiveDelay(t, delay), ClosedFormMinimum.Delay(t, delay));
        var exact = new BigRational(positive, 1).ToDouble();
        return new Row(
            t, positive.ToString(), exact, signed.ToString(), new BigRational(signed, 1).ToDouble(), Math.Abs((programme / exact) - 1));
    })]);

    protected override StudyConclusion Conclude(StudyOptions options, Outcome outcome)
    {
        var pairs = outcome.Rows.Zip(References).ToList();
        Claim[] claims =
        [
            .. pairs.Select(pair =>
            {
                var reference = new ReferenceNumber(pair.Second.Positive);
                return Claim.Near(
                    $"bound.positive.exact.t{pair.First.T}",
                    $"Smallest Σ|C_j B_j| with eigenvalues in [0, 1] for the copy mapping, t = {pair.First.T}",
                    Sources.Duality, reference.Value, reference.Tolerance, pair.First.PositiveValue);
            }),
            Claim.AtMost(
                "bound.positive.programme", "Linear programme on [0, 1] against closed form: largest relative difference", Sources.Duality,
                1e-6, outcome.Rows.Max(row => row.Difference)),
            Claim.AtLeast(
                "bound.positive.ratio", "Giving up negative eigenvalues costs at t = 32 a further factor of", Sources.Duality, 1e10,
                outcome.Rows[^1].PositiveValue / outcome.Rows[^1].SignedValue),
        ];
        var table = new ResultTable(
            "bounds-positive",
            "Smallest Σ|C_j B_j| for the copy mapping, ε = 0",
            ["t", "eigenvalues in [0, 1]", "reference, [0, 1]", "eigenvalues in [−1, 1]", "reference, [−1, 1]"],
            [
                .. pairs.Select(
                    pair => (IReadOnlyList<Cell>)[
                        pair.First.T, pair.First.Positive, pair.Second.Positive, pair.First.Signed, pair.Second.Signed])],
            "Exact integers: coefficients of Chebyshev polynomials. References: an independent computation, to the digits shown.");
        return Section(
            "Non-negative eigenvalues",
            [
                "Layers with eigenvalues exp(−Δλ) reach [0, 1] only. For them the smallest Σ|C_j B_j| is a coefficient of the Chebyshev "
                + "polynomial of twice the degree."],
            claims, [table], []);
    }

    internal sealed record Outcome(IReadOnlyList<Row> Rows);

    internal sealed record Row(int T, string Positive, double PositiveValue, string Signed, double SignedValue, double Difference);
}
