using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>
/// The exact smallest Σ|C_j B_j| over all real systems, of any dimension, that match a response up to time t (ε = 0), where it has a closed
/// form. It is the largest Σ c_k φ_k over polynomials p = Σ c_k x^k of degree below t with |p| ≤ 1 on the range of the eigenvalues (linear
/// programming duality), and for these responses the largest is attained by a Chebyshev polynomial.
/// </summary>
internal static class ClosedFormMinimum
{
    /// <summary>
    /// Delay by <paramref name="delay"/> steps, eigenvalues in [−1, 1]: |[x^k] T_n|, n = t − 1 or t − 2, the one of the parity of k (V. A.
    /// Markov's bound on a polynomial's coefficients).
    /// </summary>
    public static BigInteger Delay(int t, int delay)
    {
        Check(t, delay);
        var degree = (t - 1 - delay) % 2 == 0 ? t - 1 : t - 2;
        return BigInteger.Abs(ChebyshevPolynomials.Coefficients(degree)[delay]);
    }

    /// <summary>Delay with eigenvalues in [0, 1] only: |[x^{2k}] T_{2(t−1)}|, the shifted Chebyshev polynomial's coefficient.</summary>
    public static BigInteger PositiveDelay(int t, int delay)
    {
        Check(t, delay);
        return BigInteger.Abs(ChebyshevPolynomials.Coefficients(2 * (t - 1))[2 * delay]);
    }

    /// <summary>
    /// The response 1, 0, −1, 0, …: |T_n(i)| = ((1+√2)^n + (1+√2)^{−n})/2, n the largest even number below t, which is the sum of the
    /// magnitudes of T_n's coefficients.
    /// </summary>
    public static BigInteger Oscillation(int t)
    {
        Check(t, 0);
        return ChebyshevPolynomials.Coefficients((t - 1) / 2 * 2).Aggregate(BigInteger.Zero, (sum, value) => sum + BigInteger.Abs(value));
    }

    private static void Check(int t, int delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(t, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(delay);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(delay, t);
    }
}
