using System.Collections.Immutable;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>
/// A lower bound on Σ|C_j B_j| over all real systems, of any dimension, that ε-approximate a response up to time t in ℓ1, with the
/// polynomial that proves it: if |p| ≤ 1 on the range of the eigenvalues, p = Σ c_k x^k of degree below t, then Σ|C_j B_j| ≥ Σ c_k φ_k − ε
/// max|c_k|.
/// </summary>
/// <param name="Bound">The proved bound; 0 where ε is at least the ℓ1 norm of the response.</param>
/// <param name="Attained">
/// Σ|w_j| of the real system at which the search ended, with eigenvalues in the closed range. Where <see cref="IsTight"/> holds, it is the
/// smallest possible value; else it means nothing.
/// </param>
/// <param name="Epsilon">ℓ1 error allowed.</param>
/// <param name="Range">Where the eigenvalues may lie.</param>
/// <param name="ChebyshevCoefficients">p = Σ b_i T_i(x) on [−1, 1], or Σ b_i T_i(2x − 1) on [0, 1]; scaled so that |p| ≤ 1.</param>
/// <param name="ChebyshevRemainders">
/// What each coefficient has beyond double precision; p has the sums of both. The coefficients c_k cancel many digits of b_i where ε is
/// large.
/// </param>
public sealed record MagnitudeCertificate(
    double Bound,
    double Attained,
    double Epsilon,
    EigenvalueRange Range,
    ImmutableArray<double> ChebyshevCoefficients,
    ImmutableArray<double> ChebyshevRemainders)
{
    /// <summary>
    /// Whether bound and attained value agree to a millionth, so that the bound is the smallest possible value. It fails where ε is nearly
    /// the whole ℓ1 norm of a long response (t above 56, or 28 for eigenvalues in [0, 1]): the numbers of the search then exceed its 32
    /// digits.
    /// </summary>
    public bool IsTight => Math.Abs(Attained - Bound) <= 1e-6 * Bound;

    /// <summary>p(x), by Clenshaw's recurrence; x in the range.</summary>
    public double Evaluate(double x)
    {
        var y = Range == EigenvalueRange.Signed ? x : (2 * x) - 1;
        return CosinePolynomial.AtCosine(ChebyshevCoefficients.AsSpan(), y);
    }
}
