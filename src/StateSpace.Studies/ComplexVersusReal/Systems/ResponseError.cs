namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>Distance between two impulse responses.</summary>
/// <param name="L1">Sum of magnitudes, the paper's ε (section 2.3).</param>
/// <param name="L2">Euclidean norm.</param>
/// <param name="Maximum">Largest magnitude.</param>
public sealed record ResponseError(double L1, double L2, double Maximum)
{
    /// <summary>Distance between two responses of the same length; infinite where a value is not finite.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static ResponseError Between(ReadOnlySpan<double> response, ReadOnlySpan<double> target)
    {
        if (response.Length != target.Length) throw new ArgumentException(
            $"ResponseError: the response has {response.Length} values but the target {target.Length}");
        double sum = 0, squares = 0, maximum = 0;
        for (var k = 0; k < target.Length; k++)
        {
            var difference = Math.Abs(response[k] - target[k]);
            if (!double.IsFinite(difference)) return new(double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity);
            sum += difference;
            squares += difference * difference;
            maximum = Math.Max(maximum, difference);
        }

        return new(sum, Math.Sqrt(squares), maximum);
    }
}
