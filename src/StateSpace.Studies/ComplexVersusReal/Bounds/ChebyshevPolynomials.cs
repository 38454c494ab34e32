using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>The interval that a real system's eigenvalues lie in.</summary>
public enum EigenvalueRange
{
    /// <summary>[−1, 1]: any stable real system.</summary>
    Signed,

    /// <summary>[0, 1]: eigenvalues exp(−Δλ), as in S4D-Real and the real S6 layer.</summary>
    NonNegative,
}

/// <summary>Chebyshev polynomials with exact integer coefficients.</summary>
internal static class ChebyshevPolynomials
{
    /// <summary>
    /// The first polynomials with |p| ≤ 1 on the range: T_i(x) on [−1, 1], or T_i(2x − 1) = T_{2i}(√x) on [0, 1]. Element [i][k] is the
    /// coefficient of x^k, k ≤ i.
    /// </summary>
    public static BigInteger[][] Rows(int count, EigenvalueRange range)
    {
        // T_{i+1} = 2x T_i − T_{i−1}, with 2x − 1 in the place of x on [0, 1].
        BigInteger[] line = range == EigenvalueRange.Signed ? [0, 1] : [-1, 2];
        var rows = new BigInteger[count][];
        for (var i = 0; i < count; i++)
        {
            if (i < 2)
            {
                rows[i] = i == 0 ? [1] : line;
                continue;
            }

            rows[i] = new BigInteger[i + 1];
            for (var k = 0; k < i; k++)
            {
                rows[i][k] += 2 * line[0] * rows[i - 1][k];
                rows[i][k + 1] += 2 * line[1] * rows[i - 1][k];
                if (k < i - 1) rows[i][k] -= rows[i - 2][k];
            }
        }

        return rows;
    }

    /// <summary>Coefficients of T_n, from the constant up.</summary>
    public static BigInteger[] Coefficients(int degree)
    {
        var coefficients = new BigInteger[degree + 1];

        // [x^{n−2m}] T_n = (−1)^m n/2 · (n−m−1)! / (m! (n−2m)!) · 2^{n−2m}, from one m to the next by a quotient that divides exactly.
        var value = degree == 0 ? BigInteger.One : BigInteger.One << (degree - 1);
        for (var m = 0; (2 * m) <= degree; m++)
        {
            coefficients[degree - (2 * m)] = value;
            if ((2 * (m + 1)) > degree) break;
            var numerator = value * (degree - (2 * m)) * (degree - (2 * m) - 1);
            value = -numerator / (4 * (m + 1) * (BigInteger)(degree - m - 1));
        }

        return coefficients;
    }
}
