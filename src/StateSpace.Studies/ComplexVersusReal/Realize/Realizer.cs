namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>From an impulse response to the diagonal systems that have it, with the least that real ones must pay.</summary>
public static class Realizer
{
    /// <summary>Longest target: the real system is solved in exact rational numbers, whose time grows as the cube of the length.</summary>
    public const int LongestTarget = 512;

    private const double RelativeTolerance = 1e-6;
    private const double RealRadius = 0.999;

    /// <summary>Realizes a target.</summary>
    /// <remarks>
    /// At ε = 0 the bounds speak of the values as given, to their last bit. A long response computed or measured with rounding is not
    /// exactly that of any small real system, even where it came from one; allow an ε above the rounding to ask what the response itself
    /// needs.
    /// </remarks>
    /// <param name="target">φ, 2 to <see cref="LongestTarget"/> finite values, not all zero; the first is the response at once, C
    /// B.</param>
    /// <param name="epsilon">ℓ1 error that the lower bounds allow, ≥ 0.</param>
    /// <param name="cancellation">Polled at least every 0.2 s.</param>
    /// <returns>Systems, their errors, and lower bounds.</returns>
    /// <exception cref="StudyInputException">The target or ε is not usable; the message says why.</exception>
    public static RealizationReport Realize(ReadOnlySpan<double> target, double epsilon = 0, CancellationToken cancellation = default)
    {
        Validate(target, epsilon);
        var complex = new[]
        {
            Entry("Fourier", "Proposition 3", ComplexConstructions.Fourier(target), target),
            Entry("half spectrum", "Proposition 3, mirrored frequencies folded", ComplexConstructions.HalfSpectrum(target), target),
            Entry("cosine hybrid", "appendix A.3, real B and C", ComplexConstructions.Cosine(target), target),
        };
        cancellation.ThrowIfCancellationRequested();
        return new(
            [.. target], epsilon, complex, Real(target, epsilon, cancellation),
            MinimumMagnitude.LowerBound(target, epsilon, EigenvalueRange.Signed, cancellation),
            MinimumMagnitude.LowerBound(target, epsilon, EigenvalueRange.NonNegative, cancellation));
    }

    private static ComplexEntry Entry(string name, string source, ComplexRealization system, ReadOnlySpan<double> target) =>
        new(
            name, source, system, system.ErrorAgainst(target).L1,
            ResponseError.Between(system.ImpulseResponseInSingle(target.Length), target).L1);

    private static RealEntry Real(ReadOnlySpan<double> target, double epsilon, CancellationToken cancellation)
    {
        var nodes = RealInterpolation.ChebyshevNodes(target.Length, RealRadius);
        var weights = RealInterpolation.Weights(nodes, target, cancellation);
        var system = new RealRealization([.. nodes], [.. weights.Select(weight => weight.ToDouble())], [.. nodes.Select(_ => 1.0)]);
        var error = system.ErrorAgainst(target).L1;
        var single = ResponseError.Between(system.ImpulseResponseInSingle(target.Length), target).L1;
        var tolerance = Math.Max(epsilon, RelativeTolerance * ResponseError.Between(target, new double[target.Length]).L1);
        return new(system, error, single, error <= tolerance, single <= tolerance);
    }

    private static void Validate(ReadOnlySpan<double> target, double epsilon)
    {
        MinimumMagnitude.Validate(target, epsilon);
        if (target.Length == 1) throw new StudyInputException("the target has one value; an impulse response to realize has at least two");
        if (target.Length > LongestTarget)
        {
            throw new StudyInputException(
                $"the target has {target.Length} values; the real system is solved in exact rational numbers, which takes seconds at "
                + $"{LongestTarget} values and grows as the cube; shorten it to {LongestTarget}");
        }

        if (target.IndexOfAnyExcept(0.0) < 0)
            throw new StudyInputException("the target is zero everywhere; the zero system realizes it and there is nothing to bound");
    }
}
