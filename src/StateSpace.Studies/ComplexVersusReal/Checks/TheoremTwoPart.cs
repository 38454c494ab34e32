namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>The index slip of Theorem 2, by the smallest counterexample.</summary>
internal sealed class TheoremTwoPart() : SingleJobPart<TheoremTwoPart.Outcome>(
    "theory.theorem-2", "Theorem 2: the index of Lemma 6", (0.02, 0.02, 0.02))
{
    protected override Outcome Compute(StudyOptions options, JobContext context)
    {
        // A = 0, B = C = 1: the response 1, 0, 0, 0 of a real system of one state with Σ|C_j B_j| = 1.
        var system = new RealRealization([0], [1], [1]);
        var response = system.ImpulseResponse(4);
        return new(
            system.States * system.MaximumMagnitude,
            TheoremTwo.Printed(response, 0).Value,
            TheoremTwo.Corrected(response, 0).Value,
            MinimumMagnitude.Exact(response, 0, EigenvalueRange.Signed, context.Cancellation).Bound,
            ClosedFormMinimum.Delay(4, 0).ToString());
    }

    protected override StudyConclusion Conclude(StudyOptions options, Outcome outcome)
    {
        const string System = "t = 4, one state with A = 0, B = C = 1, ε = 0";
        Claim[] claims =
        [
            Claim.Near(
                "theory.theorem-2.attained", $"n max|C_j B_j| of a system that matches the response: {System}", Sources.Setting, 1, 0,
                outcome.Attained),
            Claim.Near(
                "theory.theorem-2.printed", $"Theorem 2 as printed asks for more than is attained: {System}", Sources.TheoremTwo, 4, 0,
                outcome.Printed),
            Claim.Near(
                "theory.theorem-2.corrected", $"Theorem 2 with the index mended asks for what is attained: {System}",
                Sources.CorrectedTheoremTwo, 1, 1e-12, outcome.Corrected),
            Claim.Near(
                "theory.theorem-2.programme", $"The exact minimum, by linear programming: {System}", Sources.Duality, 1, 1e-6,
                outcome.Programme),
            Claim.Exactly("theory.theorem-2.exact", $"The exact minimum in closed form: {System}", Sources.Duality, "1", outcome.Exact),
        ];
        return Section(
            "An index in Theorem 2",
            [
                "Lemma 6 bounds α^m (1−α)^d with m counted from 0; Definition 1 and Theorem 2 count m from 1. As printed, the theorem is "
                + "therefore too large in m by one, "
                + "and the smallest case contradicts it: it asks for n max|C_j B_j| ≥ 4 where a system with 1 exists.",
                "With κ(s, d) = (s/(s+d))^s (d/(s+d))^d, s = m − 1 for odd elements and m − ½ for even ones, Σ|C_j B_j| ≥ (|S⁽ᵈ⁾_m| − ε "
                + "binom(d, ⌊d/2⌋)) / κ(s, d) holds. "
                + "The corollaries are not endangered: at every horizon computed here they lie below the corrected bound, and that below "
                + "the exact one.",
            ],
            claims, [], []);
    }

    internal sealed record Outcome(double Attained, double Printed, double Corrected, double Programme, string Exact);
}
