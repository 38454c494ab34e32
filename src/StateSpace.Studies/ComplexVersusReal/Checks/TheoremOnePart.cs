using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>
/// The constant of Theorem 1 near its smallest angle: alternations, and a system that is smaller than the theorem allows.
/// </summary>
internal sealed class TheoremOnePart() : SingleJobPart<TheoremOnePart.Outcome>(
    "theory.theorem-1", "Theorem 1: alternations and its constant", (0.15, 0.15, 0.15))
{
    private static readonly double SmallestAngle = Math.Asin(0.2);
    private static readonly int[] Horizons = [64, 256, 1024];

    // Name, angle, and the reference's alternations of the odd elements at c = ¼ for each horizon.
    private static readonly (string Name, string Id, double Angle, int[] Reference)[] Angles =
    [
        ("arcsin 0.2", "arcsin-0.2", SmallestAngle, [4, 16, 65]),
        ("0.5", "0.5", 0.5, [10, 40, 162]),
        ("π/4", "pi-4", Math.PI / 4, [15, 63, 255]),
        ("π/3", "pi-3", Math.PI / 3, [21, 85, 341]),
        ("π/2", "pi-2", Math.PI / 2, [31, 127, 511]),
        ("2.5", "2.5", 2.5, [12, 52, 209]),
    ];

    private static readonly (int T, int Dimension)[] Violations = [(2000, 219), (4000, 423), (8000, 857)];

    protected override Outcome Compute(StudyOptions options, JobContext context)
    {
        var counts = Angles.Select(angle => (IReadOnlyList<int>)[.. Horizons.Select(t => Count(Response(t, angle.Angle), Restriction.Odd))]);
        var violations = new List<Violation>();
        foreach (var (t, n) in Violations)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var error = TruncatedOscillation.Error(t, SmallestAngle, n);
            violations.Add(
                new(t, n, error, PrintedBounds.TheoremOne(t, error), Alternation.DimensionBound(Response(t, SmallestAngle), error, 0.25)));
            context.Report((double)violations.Count / Violations.Length);
        }

        // B C = i, A = i r, r = 0.5^{1/t}: Re(i (ir)^k) vanishes at every odd element.
        var imaginary = new ComplexRealization(
            [new Complex(0, Math.Pow(0.5, 1.0 / 64))], [Complex.ImaginaryOne], [Complex.One]).ImpulseResponse(64);
        return new(
            [.. counts], [.. violations], Count(imaginary, Restriction.Odd), Count(imaginary, Restriction.Even));
    }

    protected override StudyConclusion Conclude(StudyOptions options, Outcome outcome)
    {
        var claims = new List<Claim>();
        foreach (var (angle, counts) in Angles.Zip(outcome.Alternations))
        {
            claims.Add(Claim.Exactly(
                $"theory.theorem-1.alternations.{angle.Id}",
                $"Alternations of magnitude ¼ among the odd elements of Re(A^k), |A| = 0.5^(1/t), arg A = {angle.Name}, t = 64, 256, 1024",
                Sources.AlternationCount, string.Join(" / ", angle.Reference), string.Join(" / ", counts)));
        }

        claims.Add(
            Claim.Exactly(
                "theory.theorem-1.promised", "Theorem 1 at ε = 0, t = 64, 256, 1024: ⌊t/9⌋ − 1", Sources.TheoremOne, "6 / 27 / 112",
                string.Join(" / ", Horizons.Select(t => PrintedBounds.TheoremOne(t, 0)))));
        double[] margins = [0, 12, 29];
        foreach (var (violation, margin) in outcome.Violations.Zip(margins))
        {
            claims.Add(Claim.AtLeast(
                $"theory.theorem-1.violation.t{violation.T}",
                $"Theorem 1 asks for more states than {violation.Dimension}, of which a limit of real systems approximates Re(A^k) to ε = "
                + $"{((Cell)violation.Error).Format(4)}, arg A = arcsin 0.2, t = {violation.T}: dimension asked minus dimension used",
                Sources.Truncation, margin, violation.Demanded - violation.Dimension));
        }

        claims.Add(
            Claim.AtLeast(
                "theory.theorem-1.data-driven",
                "The bound from the alternations of the response itself allows these systems: smallest dimension used minus bound",
                Sources.AlternationCount, 0, outcome.Violations.Min(row => row.Dimension - row.DataDriven)));
        claims.Add(
            Claim.Exactly(
                "theory.theorem-1.even",
                "With B C = i, A = ir every odd element is 0 and the even ones alternate: alternations of odd / even elements, t = 64",
                Sources.AlternationCount, "0 / 31", $"{outcome.ImaginaryOdd} / {outcome.ImaginaryEven}"));

        var alternations = new ResultTable(
            "alternations",
            "Alternations of magnitude ¼ among the odd elements of Re(A^k), |A| = 0.5^(1/t)",
            [
                "arg A", .. Horizons.Select(t => $"t = {t}"), .. Horizons.Select(t => $"reference, {t}"),
                .. Horizons.Select(t => $"⌊t/9⌋ − 1, {t}")],
            [.. Angles.Zip(outcome.Alternations).Select(pair => (IReadOnlyList<Cell>)
                [
                    pair.First.Name, .. pair.Second.Select(count => (Cell)count), .. pair.First.Reference.Select(count => (Cell)count),
                    .. Horizons.Select(t => (Cell)PrintedBounds.TheoremOne(t, 0))])],
            "A real system of n states has at most n − 1 sign changes there, so the alternations plus 1 bound n from below at ε = 0.");
        var violations = new ResultTable(
            "theorem-1",
            "Fewer states than Theorem 1 asks for, arg A = arcsin 0.2",
            ["t", "states n", "ℓ1 error ε", "⌊t/9⌋ − 1 − 4ε", "bound from alternations"],
            [.. outcome.Violations.Select(row => (IReadOnlyList<Cell>)[row.T, row.Dimension, row.Error, row.Demanded, row.DataDriven])],
            "r^k q(k) with a polynomial q of degree n − 1, a limit of real systems of n states with eigenvalues that run together at r = "
            + "0.5^(1/t).");
        return Section(
            "The constant of Theorem 1",
            [
                "Theorem 1 takes |sin(arg A)| ≥ 0.2 and derives at least ⌊t/9⌋ sign changes. Near |sin| = 0.2 the odd elements alternate "
                + "only about t/15.6 times: doubling an angle of π/16 gives π/8, where the proof uses 2π/8. Long responses at this angle "
                + "are indeed approximated with fewer states than the theorem asks for.",
                "A bound that holds is read off the response: if s + 1 of its odd (or even) elements, in time order, alternate with "
                + "magnitude at least c, then n ≥ s + 1 − 2ε/c. It grows linearly in t as well, so the theorem's message stands; only the "
                + "constant changes.",
            ],
            claims, [alternations, violations], []);
    }

    private static int Count(double[] response, Restriction restriction) =>
        Alternation.Count(ForwardDifferences.Restrict(response, restriction), 0.25);

    private static double[] Response(int t, double angle) =>
        new ComplexRealization(
            [Complex.FromPolarCoordinates(Math.Pow(0.5, 1.0 / t), angle)], [Complex.One], [Complex.One]).ImpulseResponse(t);

    internal sealed record Outcome(
        IReadOnlyList<IReadOnlyList<int>> Alternations, IReadOnlyList<Violation> Violations, int ImaginaryOdd, int ImaginaryEven);

    internal sealed record Violation(int T, int Dimension, double Error, double Demanded, double DataDriven);
}
