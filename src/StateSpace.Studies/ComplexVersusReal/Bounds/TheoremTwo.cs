namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>A value of Theorem 2 with the place where its maximum lies.</summary>
/// <param name="Value">Lower bound on n‖Cᵀ⊙B‖_∞; 0 where no difference exceeds the allowance for ε.</param>
/// <param name="Restriction">Odd or even elements.</param>
/// <param name="Order">d, the order of the difference.</param>
/// <param name="Position">m, counted from 1.</param>
internal sealed record TheoremTwoValue(double Value, Restriction Restriction, int Order, int Position);

/// <summary>
/// Theorem 2: a real system that ε-approximates a response with large forward differences has large n‖Cᵀ⊙B‖_∞. The printed constant counts
/// m from 0 in its proof (Lemma 6) and from 1 in its statement; <see cref="Corrected"/> mends the slip.
/// </summary>
internal static class TheoremTwo
{
    /// <summary>
    /// The bound as printed, max of 2^{d+2 min(d,m)} (2^{−d} |S⁽ᵈ⁾_m| − ε) over d, m ≥ 1 with d + m ≤ ⌊t/2⌋. It is not a valid bound for
    /// every response; see <see cref="Corrected"/>.
    /// </summary>
    public static TheoremTwoValue Printed(ReadOnlySpan<double> response, double epsilon)
    {
        var best = new TheoremTwoValue(0, Restriction.Odd, 0, 1);
        foreach (var restriction in new[] { Restriction.Odd, Restriction.Even })
        {
            var half = response.Length / 2;
            var differences = ForwardDifferences.Table(ForwardDifferences.Restrict(response, restriction));
            for (var d = 1; d < half; d++)
            {
                for (var m = 1; d + m <= half; m++)
                {
                    var value = Math.ScaleB(Math.ScaleB(Math.Abs(differences[d][m - 1]), -d) - epsilon, d + (2 * Math.Min(d, m)));
                    if (value > best.Value) best = new(value, restriction, d, m);
                }
            }
        }

        return best;
    }

    /// <summary>
    /// The bound with the index mended: for every d ≥ 0, m ≥ 1 with d + m at most the length of the restriction, Σ|C_j B_j| ≥ (|S⁽ᵈ⁾_m| − ε
    /// binom(d, ⌊d/2⌋)) / κ(s, d), s = m − 1 for odd elements and m − ½ for even ones.
    /// </summary>
    /// <remarks>
    /// |S⁽ᵈ⁾_m| is at most Σ|w_j| |a_j|^{2s} (1 − a_j²)^d for a real system with weights w, and κ(s, d) is the largest value of x^s (1 −
    /// x)^d on [0, 1]; an error of ε in ℓ1 changes a difference of order d by at most ε times its largest coefficient.
    /// </remarks>
    public static TheoremTwoValue Corrected(ReadOnlySpan<double> response, double epsilon)
    {
        var best = new TheoremTwoValue(0, Restriction.Odd, 0, 1);
        foreach (var restriction in new[] { Restriction.Odd, Restriction.Even })
        {
            var differences = ForwardDifferences.Table(ForwardDifferences.Restrict(response, restriction));
            var central = 1.0;
            for (var d = 0; d < differences.Length; d++)
            {
                if (d > 0) central *= d % 2 == 0 ? 2 : 2.0 * d / (d + 1);
                for (var m = 1; m <= differences[d].Length; m++)
                {
                    var excess = Math.Abs(differences[d][m - 1]) - (epsilon * central);
                    var value = excess <= 0 ? 0 : excess / Kappa(restriction == Restriction.Odd ? m - 1 : m - 0.5, d);
                    if (value > best.Value) best = new(value, restriction, d, m);
                }
            }
        }

        return best;
    }

    /// <summary>κ(s, d) = max over x in [0, 1] of x^s (1 − x)^d = (s/(s+d))^s (d/(s+d))^d, with 0⁰ = 1.</summary>
    public static double Kappa(double s, int d) => Power(s, s + d) * Power(d, s + d);

    private static double Power(double part, double whole) => part == 0 ? 1 : Math.Pow(part / whole, part);
}
