using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>
/// The smallest Σ|C_j B_j| that any real system needs to ε-approximate a response: exact up to <see cref="ExactLimit"/> values by linear
/// programming, a proved lower bound beyond. n max|C_j B_j| is at least as large.
/// </summary>
public static class MinimumMagnitude
{
    /// <summary>Longest response for <see cref="Exact"/>.</summary>
    public const int ExactLimit = 64;

    // Up to here the search is exact whatever ε is, for both ranges of eigenvalues.
    private const int ShortLimit = 24;

    /// <summary>
    /// The exact minimum, to about eight digits, with the polynomial that proves it; <see cref="MagnitudeCertificate.IsTight"/> says
    /// whether it is exact.
    /// </summary>
    /// <param name="target">φ, (t), 1 ≤ t ≤ <see cref="ExactLimit"/>, finite.</param>
    /// <param name="epsilon">ℓ1 error allowed, ≥ 0 and finite.</param>
    /// <param name="range">Where the eigenvalues may lie.</param>
    /// <param name="cancellation">Polled every iteration.</param>
    /// <exception cref="StudyInputException">The target is empty, too long, not finite or beyond 1e±100, or ε is negative or not
    /// finite.</exception>
    public static MagnitudeCertificate Exact(
        ReadOnlySpan<double> target,
        double epsilon = 0,
        EigenvalueRange range = EigenvalueRange.Signed,
        CancellationToken cancellation = default)
    {
        if (target.Length > ExactLimit)
        {
            throw new StudyInputException(
                $"the target has {target.Length} values; the exact bound is a linear programme computed with 32 digits for up to "
                + $"{ExactLimit} values, since its numbers grow as 2.4^t; shorten the target, or ask for the lower bound without such limit");
        }

        Validate(target, epsilon);
        cancellation.ThrowIfCancellationRequested();
        var zero = new double[target.Length];
        if (ResponseError.Between(target, zero).L1 <= epsilon) return new(0, 0, epsilon, range, [.. zero], [.. zero]);
        var rows = ChebyshevPolynomials.Rows(target.Length, range);
        var program = new ExchangeProgram(rows, Moments(rows, target), epsilon, cancellation);
        var (total, polynomial) = program.Solve();
        return Certify(rows, target, epsilon, range, polynomial, total * program.Scale);
    }

    /// <summary>
    /// A proved lower bound for a target of any length; up to <see cref="ExactLimit"/> values the exact minimum where the search attains
    /// it.
    /// </summary>
    /// <remarks>
    /// Otherwise it is the largest of three: the bound for the first values (who matches all matches these), the certificate of each single
    /// Chebyshev polynomial, and the corrected Theorem 2.
    /// </remarks>
    /// <param name="target">φ, (t), finite.</param>
    /// <param name="epsilon">ℓ1 error allowed, ≥ 0 and finite.</param>
    /// <param name="range">Where the eigenvalues may lie.</param>
    /// <param name="cancellation">Polled while it runs.</param>
    /// <exception cref="StudyInputException">The target is empty, not finite or beyond 1e±100, or ε is negative or not finite.</exception>
    public static MagnitudeLowerBound LowerBound(
        ReadOnlySpan<double> target,
        double epsilon = 0,
        EigenvalueRange range = EigenvalueRange.Signed,
        CancellationToken cancellation = default)
    {
        Validate(target, epsilon);
        var all = Exact(target[..Math.Min(target.Length, ExactLimit)], epsilon, range, cancellation);
        if (target.Length <= ExactLimit && all.IsTight) return new(all.Bound, IsExact: true, "linear programme, exact");
        MagnitudeLowerBound best = new(
            all.Bound, IsExact: false,
            target.Length <= ExactLimit ? "linear programme" : $"linear programme over the first {ExactLimit} values");
        if (!all.IsTight && target.Length > ShortLimit)
        {
            var few = Exact(target[..ShortLimit], epsilon, range, cancellation).Bound;
            if (few > best.Value) best = new(few, IsExact: false, $"linear programme over the first {ShortLimit} values");
        }

        var theorem = TheoremTwo.Corrected(target, epsilon);
        if (theorem.Value > best.Value)
        {
            var elements = theorem.Restriction == Restriction.Odd ? "odd" : "even";
            var method = $"Theorem 2 corrected, {elements} elements, d = {theorem.Order}, m = {theorem.Position}";
            best = new(theorem.Value, IsExact: false, method);
        }

        var rows = ChebyshevPolynomials.Rows(target.Length, range);
        var moments = Moments(rows, target);
        for (var i = 0; i < rows.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var cost = BigRational.From(epsilon) * new BigRational(rows[i].Max(BigInteger.Abs), BigInteger.One);
            var value = (BigRational.Abs(moments[i]) - cost).ToDouble();
            var certificate = $"Chebyshev polynomial of degree {i}";
            if (double.IsInfinity(value)) return new(double.MaxValue, IsExact: false, $"{certificate}; the bound exceeds the range of double");
            if (value > best.Value) best = new(value, IsExact: false, certificate);
        }

        return best;
    }

    /// <summary>φ̂_i = Σ_k τ_ik φ_k, exactly.</summary>
    internal static BigRational[] Moments(BigInteger[][] rows, ReadOnlySpan<double> target)
    {
        var (mantissas, exponent) = Dyadic.Align(target);
        return [.. rows.Select(row => Dyadic.Scale(Dot(row, mantissas), exponent))];
    }

    internal static void Validate(ReadOnlySpan<double> target, double epsilon)
    {
        if (target.Length == 0) throw new StudyInputException("the target is empty; it needs at least one value");
        var largest = 0.0;
        for (var k = 0; k < target.Length; k++)
        {
            if (!double.IsFinite(target[k]))
                throw new StudyInputException($"the target's value {k + 1} is {target[k]}; every value must be finite");
            largest = Math.Max(largest, Math.Abs(target[k]));
        }

        if (largest is > 0 and (< 1e-100 or > 1e100))
        {
            throw new StudyInputException(
                $"the target's largest magnitude is {largest:G3}; scale it to between 1e-100 and 1e100, so that weights fit in double");
        }

        if (!double.IsFinite(epsilon) || epsilon < 0)
            throw new StudyInputException($"epsilon is {epsilon}; it must be zero or a positive finite number");
    }

    private static BigInteger Dot(BigInteger[] left, BigInteger[] right)
    {
        var sum = BigInteger.Zero;
        for (var k = 0; k < Math.Min(left.Length, right.Length); k++) sum += left[k] * right[k];
        return sum;
    }

    /// <summary>
    /// Scales the polynomial to |p| ≤ 1 and evaluates Σ c_k φ_k − ε max|c_k| in integers, so that the only rounding left is that of max
    /// |p|, for which the scaling allows.
    /// </summary>
    private static MagnitudeCertificate Certify(
        BigInteger[][] rows, ReadOnlySpan<double> target, double epsilon, EigenvalueRange range, DoubleDouble[] polynomial, double attained)
    {
        var maximum = CosinePolynomial.MaximumBound([.. polynomial.Select(value => value.High)]);
        DoubleDouble[] scaled = [.. polynomial.Select(value => value / maximum)];
        double[] high = [.. scaled.Select(value => value.High)], low = [.. scaled.Select(value => value.Low)];
        var (parts, exponent) = Dyadic.Align([.. high, .. low]);
        var coefficients = new BigInteger[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            for (var k = 0; k <= i; k++) coefficients[k] += (parts[i] + parts[rows.Length + i]) * rows[i][k];
        var (mantissas, targetExponent) = Dyadic.Align(target);
        var value = Dyadic.Scale(Dot(coefficients, mantissas), exponent + targetExponent)
            - (BigRational.From(epsilon) * Dyadic.Scale(coefficients.Max(BigInteger.Abs), exponent));
        return new(Math.Max(0, value.ToDouble()), attained, epsilon, range, [.. high], [.. low]);
    }
}
