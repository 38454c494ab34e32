using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>A mapping of the paper with its corollary, and what is known of its bounds.</summary>
/// <param name="Name">copy or oscillation.</param>
/// <param name="Title">Section heading.</param>
/// <param name="Text">Section text.</param>
/// <param name="Source">The corollary.</param>
/// <param name="FirstHorizon">Smallest t of the corollary.</param>
/// <param name="Response">Impulse response up to t.</param>
/// <param name="Epsilon">The corollary's ε.</param>
/// <param name="Corollary">The corollary's bound.</param>
/// <param name="Minimum">The exact smallest Σ|C_j B_j| at ε = 0.</param>
/// <param name="Rows">Rows of the table with the reference figures.</param>
internal sealed record MappingBounds(
    string Name, string Title, IReadOnlyList<string> Text, string Source, int FirstHorizon, Func<int, double[]> Response,
    Func<int, double> Epsilon, Func<int, double> Corollary, Func<int, BigInteger> Minimum, IReadOnlyList<MappingReference> Rows);

/// <summary>
/// Reference figures at one horizon: Corollary, printed Theorem 2, corrected Theorem 2, exact integer, exact at the corollary's ε.
/// </summary>
internal sealed record MappingReference(int T, string Corollary, string Printed, string Corrected, string Exact, string? ExactAtEpsilon);

/// <summary>Printed, corrected and exact lower bounds on a real system's weights for one mapping.</summary>
internal sealed class MappingBoundsPart(MappingBounds mapping)
    : SingleJobPart<MappingBoundsPart.Outcome>($"bounds.{mapping.Name}", $"Bounds for {mapping.Name}", (1, 1, 1))
{
    private const int LongestSweep = 32;

    protected override Outcome Compute(StudyOptions options, JobContext context)
    {
        var sweep = Enumerable.Range(mapping.FirstHorizon, LongestSweep - mapping.FirstHorizon + 1);
        var horizons = sweep.Union(mapping.Rows.Select(row => row.T)).Order().ToList();
        var rows = new List<Row>();
        foreach (var t in horizons)
        {
            var response = mapping.Response(t);
            var epsilon = mapping.Epsilon(t);
            var zero = MinimumMagnitude.Exact(response, 0, EigenvalueRange.Signed, context.Cancellation);
            var allowed = MinimumMagnitude.Exact(response, epsilon, EigenvalueRange.Signed, context.Cancellation);
            rows.Add(new(
                t, mapping.Corollary(t), TheoremTwo.Printed(response, epsilon).Value, TheoremTwo.Corrected(response, epsilon).Value,
                mapping.Minimum(t).ToString(), zero.Bound, allowed.Bound, Math.Max(Gap(zero), Gap(allowed)),
                ComplexConstructions.Fourier(response).TotalMagnitude));
            context.Report((double)rows.Count / horizons.Count);
        }

        return new([.. rows]);

        static double Gap(MagnitudeCertificate certificate) => Math.Abs(certificate.Attained - certificate.Bound) / certificate.Bound;
    }

    protected override StudyConclusion Conclude(StudyOptions options, Outcome outcome)
    {
        var name = mapping.Name;
        var byHorizon = outcome.Rows.ToDictionary(row => row.T);
        var claims = new List<Claim>();
        foreach (var reference in mapping.Rows)
        {
            var row = byHorizon[reference.T];
            var statement = $"Smallest Σ|C_j B_j| of any real system that matches the {name} mapping up to t = {row.T}, exactly";
            claims.Add(reference.Exact.Contains('e', StringComparison.Ordinal)
                ? Near($"bound.{name}.exact.t{row.T}", statement, new ReferenceNumber(reference.Exact), ToDouble(row.Minimum))
                : Claim.Exactly($"bound.{name}.exact.t{row.T}", statement, Sources.Duality, reference.Exact, row.Minimum));
        }

        foreach (var reference in mapping.Rows.Where(row => row.ExactAtEpsilon is not null))
        {
            var t = reference.T;
            var epsilon = ((Cell)mapping.Epsilon(t)).Format(4);
            var statement = $"The same where an ℓ1 error ε = {epsilon} is allowed, t = {t}, by linear programming";
            var expected = new ReferenceNumber(reference.ExactAtEpsilon!);
            claims.Add(Near($"bound.{name}.exact-epsilon.t{t}", statement, expected, byHorizon[t].AtEpsilon));
        }

        claims.Add(
            Claim.AtMost(
                $"bound.{name}.programme", "Linear programme against closed form at ε = 0: largest relative difference", Sources.Duality,
                1e-6, outcome.Rows.Max(row => Math.Abs((row.AtZero / ToDouble(row.Minimum)) - 1))));
        claims.Add(
            Claim.AtMost(
                $"bound.{name}.gap", "Certified bound against the system at which the programme ended: largest relative gap",
                Sources.Duality, 1e-6, outcome.Rows.Max(row => row.Gap)));
        claims.Add(Agreement("corollary", "the corollary's values", row => row.Corollary, reference => reference.Corollary));
        claims.Add(Agreement("theorem2-printed", "Theorem 2 as printed", row => row.Printed, reference => reference.Printed));
        claims.Add(Agreement("theorem2-corrected", "Theorem 2 corrected", row => row.Corrected, reference => reference.Corrected));
        claims.Add(
            Claim.AtLeast(
                $"bound.{name}.order.corollary",
                $"The corollary follows from the corrected theorem: smallest quotient corrected / corollary, t = {outcome.Rows[0].T} … 64",
                mapping.Source, 1, outcome.Rows.Min(row => row.Corrected / row.Corollary)));
        claims.Add(
            Claim.AtLeast(
                $"bound.{name}.order.exact",
                $"The corrected theorem is a bound: smallest quotient exact / corrected at the same ε, t = {outcome.Rows[0].T} … 64",
                Sources.CorrectedTheoremTwo, 1, outcome.Rows.Min(row => row.AtEpsilon / row.Corrected)));
        return Section(mapping.Title, mapping.Text, claims, [Table(byHorizon)], [Chart(outcome.Rows)]);

        Claim Agreement(string kind, string what, Func<Row, double> value, Func<MappingReference, string> text) => Claim.Exactly(
            $"bound.{name}.{kind}",
            $"Values of {what} that agree with the reference to its printed digits",
            Sources.Reference,
            $"{mapping.Rows.Count} of {mapping.Rows.Count}",
            ReferenceNumber.Count(mapping.Rows.Select(row => (value(byHorizon[row.T]), (ReferenceNumber?)new ReferenceNumber(text(row))))));
    }

    private static Claim Near(string id, string statement, ReferenceNumber reference, double measured) =>
        Claim.Near(id, statement, Sources.Duality, reference.Value, reference.Tolerance, measured);

    private static double ToDouble(string integer) => new BigRational(BigInteger.Parse(integer), BigInteger.One).ToDouble();

    private ResultTable Table(Dictionary<int, Row> rows) => new(
        $"bounds-{mapping.Name}",
        $"Lower bounds on Σ|C_j B_j| of a real system, {mapping.Name} mapping",
        [
            "t", "ε", "corollary", "Theorem 2 as printed, ε", "reference, printed", "Theorem 2 corrected, ε", "reference, corrected",
            "exact, ε = 0", "reference, ε = 0", "exact, ε", "reference, ε", "complex, Proposition 3",
        ],
        [.. mapping.Rows.Select(reference => Cells(reference, rows[reference.T]))],
        "The exact value is Σ|C_j B_j|; n max|C_j B_j|, which the paper bounds, is at least that. References: an independent computation, "
        + "to the digits shown. The last column is Σ|C_j B_j| of the complex system of t states.");

    private IReadOnlyList<Cell> Cells(MappingReference reference, Row row) =>
    [
        row.T, mapping.Epsilon(row.T), row.Corollary, row.Printed, reference.Printed, row.Corrected, reference.Corrected,
        row.Minimum, reference.Exact, row.AtEpsilon, reference.ExactAtEpsilon ?? "–", row.Complex,
    ];

    private Chart Chart(IReadOnlyList<Row> rows)
    {
        double[] t = [.. rows.Select(row => (double)row.T)];
        return new(
            $"bounds-{mapping.Name}-chart",
            $"Weights that a real system needs, {mapping.Name} mapping",
            new ChartAxis("t, values matched"),
            new ChartAxis("lower bound on Σ|C_j B_j|", Logarithmic: true),
            [
                new ChartSeries("exact, ε = 0", t, [.. rows.Select(row => ToDouble(row.Minimum))]),
                new ChartSeries("exact, ε of the corollary", t, [.. rows.Select(row => row.AtEpsilon)]),
                new ChartSeries("Theorem 2 corrected", t, [.. rows.Select(row => row.Corrected)], SeriesStyle.Dashed),
                new ChartSeries("Theorem 2 as printed", t, [.. rows.Select(row => row.Printed)], SeriesStyle.Dashed),
                new ChartSeries("corollary", t, [.. rows.Select(row => row.Corollary)], SeriesStyle.Dashed),
                new ChartSeries("complex, Proposition 3 (attained)", t, [.. rows.Select(row => row.Complex)]),
            ],
            "Every real system lies above the exact line, of whatever dimension; the complex one of t states stays near 1 per unit of the "
            + "response.");
    }

    internal sealed record Outcome(IReadOnlyList<Row> Rows);

    internal sealed record Row(
        int T, double Corollary, double Printed, double Corrected, string Minimum, double AtZero, double AtEpsilon, double Gap,
        double Complex);
}
