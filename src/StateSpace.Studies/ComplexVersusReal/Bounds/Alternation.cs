namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>
/// A bound on the dimension of a real system from the response itself: n real modes change sign at most n − 1 times over the odd elements,
/// and over the even ones (Lemma 4), so a response that alternates more often is out of reach.
/// </summary>
internal static class Alternation
{
    /// <summary>
    /// Number of alternations s: the longest run, in time order, of s + 1 elements of alternating sign with magnitude at least
    /// <paramref name="threshold"/>. Taking the first element of each sign is longest.
    /// </summary>
    public static int Count(ReadOnlySpan<double> sequence, double threshold)
    {
        var count = 0;
        var sign = 0;
        foreach (var value in sequence)
        {
            if (Math.Abs(value) < threshold || Math.Sign(value) == sign) continue;
            if (sign != 0) count++;
            sign = Math.Sign(value);
        }

        return count;
    }

    /// <summary>
    /// Lower bound s + 1 − 2ε/c on the dimension of a real system that ε-approximates the response, the larger of odd and even elements.
    /// Each element of wrong sign costs at least c in ℓ1 and removes at most two alternations.
    /// </summary>
    /// <param name="response">Impulse response, (t).</param>
    /// <param name="epsilon">ℓ1 error allowed.</param>
    /// <param name="threshold">c &gt; 0.</param>
    public static double DimensionBound(ReadOnlySpan<double> response, double epsilon, double threshold)
    {
        var odd = Count(ForwardDifferences.Restrict(response, Restriction.Odd), threshold);
        var even = Count(ForwardDifferences.Restrict(response, Restriction.Even), threshold);
        return Math.Max(odd, even) + 1 - (2 * epsilon / threshold);
    }
}
