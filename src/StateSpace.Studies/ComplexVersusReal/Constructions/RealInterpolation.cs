using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>
/// The real system with given distinct eigenvalues that matches a response (Proposition 1): Σ_j w_j a_j^k = φ_k for k &lt; t is a
/// Vandermonde system in the weights w_j = C_j B_j, solved exactly. Its condition grows exponentially, so that rounding inside a solve
/// would drown the answer; the nodes are doubles, hence dyadic integers, and Lagrange's formula needs only integer arithmetic.
/// </summary>
internal static class RealInterpolation
{
    /// <summary>ρ cos(iπ/(t−1)), i &lt; t: the extrema of T_{t−1}, symmetric to the bit, at which Σ|w| is smallest for ρ → 1.</summary>
    public static double[] ChebyshevNodes(int t, double radius) =>
        [.. Enumerable.Range(0, t).Select(i => radius * Math.Sin(Math.PI * (t - 1 - (2 * i)) / (2 * (t - 1))))];

    /// <summary>The weights, exactly: w_j = Σ_k φ_k [x^k] Π_{i≠j} (x − a_i)/(a_j − a_i).</summary>
    /// <param name="nodes">Distinct eigenvalues, (t).</param>
    /// <param name="target">φ, (t).</param>
    /// <param name="cancellation">Polled for each weight.</param>
    public static BigRational[] Weights(ReadOnlySpan<double> nodes, ReadOnlySpan<double> target, CancellationToken cancellation = default)
    {
        if (nodes.Length != target.Length) throw new ArgumentException(
            $"RealInterpolation: {nodes.Length} nodes but {target.Length} values");
        var t = nodes.Length;
        var (m, exponent) = Dyadic.Align(nodes);
        var (values, targetExponent) = Dyadic.Align(target);

        // In integer nodes m = a 2^{−e} the equations read Σ w_j m_j^k = φ_k 2^{−ek}; e ≤ 0 for nodes within [−1, 1].
        if (exponent > 0) (m, exponent) = ([.. m.Select(value => value << exponent)], 0);
        var product = new BigInteger[t + 1];
        product[0] = 1;
        for (var i = 0; i < t; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var k = i + 1; k >= 0; k--) product[k] = (k > 0 ? product[k - 1] : BigInteger.Zero) - (m[i] * product[k]);
        }

        var weights = new BigRational[t];
        for (var j = 0; j < t; j++)
        {
            cancellation.ThrowIfCancellationRequested();

            // Π_{i≠j} (x − m_i) by synthetic division, from the highest power down.
            var coefficient = BigInteger.One;
            var numerator = BigInteger.Zero;
            for (var k = t - 1; k >= 0; k--)
            {
                if (!values[k].IsZero) numerator += (coefficient * values[k]) << (-exponent * k);
                coefficient = product[k] + (m[j] * coefficient);
            }

            var denominator = BigInteger.One;
            for (var i = 0; i < t; i++)
                if (i != j) denominator *= m[j] - m[i];
            weights[j] = new BigRational(numerator, denominator) * Dyadic.Scale(BigInteger.One, targetExponent);
        }

        return weights;
    }

    /// <summary>
    /// Σ_k |Σ_j w_j a_j^k − φ_k| for weights that are doubles, in exact arithmetic: what the rounding of the weights alone costs.
    /// </summary>
    public static double ErrorOfRoundedWeights(ReadOnlySpan<double> nodes, ReadOnlySpan<double> weights, ReadOnlySpan<double> target)
    {
        var (m, exponent) = Dyadic.Align(nodes);
        var (terms, termExponent) = Dyadic.Align(weights);
        var error = 0.0;
        for (var k = 0; k < target.Length; k++)
        {
            var sum = terms.Aggregate(BigInteger.Zero, (total, term) => total + term);
            error += Math.Abs((Dyadic.Scale(sum, termExponent + (exponent * k)) - BigRational.From(target[k])).ToDouble());
            for (var j = 0; j < terms.Length; j++) terms[j] *= m[j];
        }

        return error;
    }
}
