namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>Which elements of an impulse response are kept; the paper counts from 1, so the first element is odd (section 3.2).</summary>
internal enum Restriction
{
    /// <summary>Elements 1, 3, 5, … of the paper; 0, 2, 4, … of an array.</summary>
    Odd,

    /// <summary>Elements 2, 4, 6, … of the paper; 1, 3, 5, … of an array.</summary>
    Even,
}

/// <summary>Forward differences S⁽¹⁾_m = S_{m+1} − S_m, S⁽ᵈ⁾ = (S⁽ᵈ⁻¹⁾)⁽¹⁾ (Definition 1).</summary>
internal static class ForwardDifferences
{
    /// <summary>The odd or even elements in time order.</summary>
    public static double[] Restrict(ReadOnlySpan<double> response, Restriction restriction)
    {
        var first = restriction == Restriction.Odd ? 0 : 1;
        var kept = new double[(response.Length + 1 - first) / 2];
        for (var m = 0; m < kept.Length; m++) kept[m] = response[first + (2 * m)];
        return kept;
    }

    /// <summary>Every difference: element [d][m − 1] is S⁽ᵈ⁾_m with m counted from 1, d from 0 to length − 1.</summary>
    public static double[][] Table(ReadOnlySpan<double> sequence)
    {
        var rows = new double[sequence.Length][];
        for (var d = 0; d < rows.Length; d++)
        {
            rows[d] = new double[sequence.Length - d];
            for (var m = 0; m < rows[d].Length; m++) rows[d][m] = d == 0 ? sequence[m] : rows[d - 1][m + 1] - rows[d - 1][m];
        }

        return rows;
    }
}
