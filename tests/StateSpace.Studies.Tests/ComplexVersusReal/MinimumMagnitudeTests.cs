using System.Numerics;
using StateSpace.Studies.ComplexVersusReal;

namespace StateSpace.Studies.Tests.ComplexVersusReal;

public sealed class MinimumMagnitudeTests
{
    [Fact]
    public void Programme_equals_the_closed_forms()
    {
        foreach (var t in new[] { 1, 2, 3, 8, 9, 15, 17, 24, 32, 63, 64 })
        {
            foreach (var delay in new[] { t < 63 ? 0 : 1, TargetResponses.CopyDelay(t), t - 1 }.Where(delay => delay < t))
            {
                AssertRelative(ClosedFormMinimum.Delay(t, delay), MinimumMagnitude.Exact(TargetResponses.Delay(t, delay)));
                AssertRelative(
                    ClosedFormMinimum.PositiveDelay(t, delay),
                    MinimumMagnitude.Exact(TargetResponses.Delay(t, delay), 0, EigenvalueRange.NonNegative));
            }

            AssertRelative(ClosedFormMinimum.Oscillation(t), MinimumMagnitude.Exact(TargetResponses.Oscillation(t)));
        }

        static void AssertRelative(BigInteger expected, MagnitudeCertificate certificate)
        {
            var value = new BigRational(expected, 1).ToDouble();
            Assert.InRange(certificate.Bound / value, 1 - 1e-8, 1 + 1e-12);
            Assert.InRange(certificate.Attained / value, 1 - 1e-8, 1 + 1e-8);
        }
    }

    [Theory]
    [InlineData(9, 149.3, 0.05)]
    [InlineData(12, 1130, 0.5)]
    [InlineData(16, 25920, 5)]
    [InlineData(20, 6.194e5, 50)]
    [InlineData(24, 1.495e7, 5e3)]
    [InlineData(32, 8.96e9, 5e6)]
    public void Copying_with_an_error_allowed_matches_the_reference(int t, double expected, double tolerance) =>
        Assert.Equal(expected, MinimumMagnitude.Exact(TargetResponses.Copy(t), PrintedBounds.CorollaryOneEpsilon(t)).Bound, tolerance);

    [Theory]
    [InlineData(8, 75, 0.001)]
    [InlineData(12, 2723, 0.5)]
    [InlineData(16, 94530, 5)]
    [InlineData(20, 3.322e6, 500)]
    [InlineData(24, 1.135e8, 5e4)]
    [InlineData(32, 1.341e11, 5e7)]
    public void Oscillation_with_an_error_of_one_half_matches_the_reference(int t, double expected, double tolerance) =>
        Assert.Equal(expected, MinimumMagnitude.Exact(TargetResponses.Oscillation(t), 0.5).Bound, tolerance);

    [Fact]
    public void Two_values_have_the_minimum_that_one_can_write_down()
    {
        // Σw = a, Σwx = b with |x| ≤ 1: the smallest Σ|w| is max(|a|, |b|), and ε is spent on the larger or shared.
        Assert.Equal(2, MinimumMagnitude.Exact([2, 1]).Bound, 1e-7);
        Assert.Equal(3, MinimumMagnitude.Exact([1, -3]).Bound, 1e-7);
        Assert.Equal(1.5, MinimumMagnitude.Exact([2, 1], 0.5).Bound, 1e-7);
        Assert.Equal(1.5, MinimumMagnitude.Exact([2, 2], 1).Bound, 1e-7);
        Assert.Equal(0.5, MinimumMagnitude.Exact([-2], 1.5).Bound, 1e-7);
        Assert.Equal(0, MinimumMagnitude.Exact([2, 2], 4).Bound);
        Assert.Equal(0, MinimumMagnitude.Exact([0, 0, 0]).Bound);
    }

    [Theory]
    [InlineData(EigenvalueRange.Signed, new[] { 2, 3, 7, 15, 16, 17, 31, 48 })]
    [InlineData(EigenvalueRange.NonNegative, new[] { 2, 3, 7, 15, 16, 17, 24 })]
    public void Bound_and_attained_value_meet_for_random_targets_and_any_error(EigenvalueRange range, int[] horizons)
    {
        foreach (var t in horizons)
        {
            var random = new CounterRandom(21, t);
            foreach (var share in new[] { 0, 1e-9, 1e-3, 0.1, 0.5, 0.9, 0.99 })
            {
                var target = TargetResponses.Random(t, 1, random);
                var certificate = MinimumMagnitude.Exact(target, share * target.Sum(Math.Abs), range);
                Assert.True(certificate.IsTight, $"t = {t}, share {share}: bound {certificate.Bound}, attained {certificate.Attained}");
            }
        }
    }

    [Fact]
    public void A_small_error_is_allowed_for_up_to_the_limit()
    {
        foreach (var t in new[] { 63, 64 })
            foreach (var range in new[] { EigenvalueRange.Signed, EigenvalueRange.NonNegative })
                Assert.True(MinimumMagnitude.Exact(TargetResponses.Copy(t), 0.01, range).IsTight);
    }

    [Theory]
    [InlineData(EigenvalueRange.Signed, -1)]
    [InlineData(EigenvalueRange.NonNegative, 0)]
    public void Certificate_is_a_polynomial_within_one_that_gives_the_bound(EigenvalueRange range, double low)
    {
        const double Epsilon = 0.3;
        var target = TargetResponses.Random(12, 1, new CounterRandom(22, 0));
        var certificate = MinimumMagnitude.Exact(target, Epsilon, range);
        Assert.All(Enumerable.Range(0, 20_001), g => Assert.True(Math.Abs(certificate.Evaluate(low + ((1 - low) * g / 20_000.0))) <= 1));

        var rows = ChebyshevPolynomials.Rows(12, range);
        var coefficients = new double[12];
        for (var i = 0; i < 12; i++)
            for (var k = 0; k <= i; k++) coefficients[k] += (
                certificate.ChebyshevCoefficients[i] + certificate.ChebyshevRemainders[i]) * (double)rows[i][k];
        var value = coefficients.Zip(target, (c, phi) => c * phi).Sum() - (Epsilon * coefficients.Max(Math.Abs));
        Assert.Equal(certificate.Bound, value, 1e-6 * certificate.Bound);
    }

    [Fact]
    public void Every_system_lies_above_the_bound_at_its_own_error()
    {
        var random = new CounterRandom(23, 0);
        for (var draw = 0; draw < 60; draw++)
        {
            var system = RandomSystems.Real(1 + (draw % 20), 1, random);
            var target = system.ImpulseResponse(14).Select(value => value + (1e-4 * random.Normal())).ToArray();
            Assert.True(MinimumMagnitude.Exact(target, system.ErrorAgainst(target).L1).Bound <= system.TotalMagnitude);
        }
    }

    [Fact]
    public void Allowing_more_error_or_fewer_values_never_raises_the_minimum()
    {
        var target = TargetResponses.Random(24, 1, new CounterRandom(24, 0));
        var previous = double.PositiveInfinity;
        foreach (var epsilon in new[] { 0, 0.001, 0.1, 1, 5 })
        {
            var bound = MinimumMagnitude.Exact(target, epsilon).Bound;
            Assert.True(bound < previous);
            Assert.True(MinimumMagnitude.Exact(target.AsSpan(0, 20), epsilon).Bound <= bound * (1 + 1e-7));
            Assert.True(MinimumMagnitude.Exact(target, epsilon, EigenvalueRange.NonNegative).Bound >= bound * (1 - 1e-7));
            Assert.True(TheoremTwo.Corrected(target, epsilon).Value <= bound * (1 + 1e-7));
            previous = bound;
        }
    }

    [Theory]
    [InlineData(65)]
    [InlineData(128)]
    [InlineData(257)]
    public void Beyond_the_limit_the_lower_bound_is_the_closed_form_for_copying(int t)
    {
        var copy = MinimumMagnitude.LowerBound(TargetResponses.Copy(t));
        var exact = new BigRational(ClosedFormMinimum.Delay(t, TargetResponses.CopyDelay(t)), 1).ToDouble();
        Assert.Equal(1, copy.Value / exact, 1e-12);
        Assert.False(copy.IsExact);
        Assert.StartsWith("Chebyshev polynomial of degree", copy.Method, StringComparison.Ordinal);
        var positive = MinimumMagnitude.LowerBound(TargetResponses.Copy(t), 0, EigenvalueRange.NonNegative);
        Assert.Equal(
            1, positive.Value / new BigRational(ClosedFormMinimum.PositiveDelay(t, TargetResponses.CopyDelay(t)), 1).ToDouble(), 1e-12);
    }

    [Fact]
    public void A_bound_beyond_the_range_of_double_says_so()
    {
        var bound = MinimumMagnitude.LowerBound(TargetResponses.Copy(512), 0, EigenvalueRange.NonNegative);
        Assert.Equal(double.MaxValue, bound.Value);
        Assert.EndsWith("exceeds the range of double", bound.Method, StringComparison.Ordinal);
    }

    [Fact]
    public void Up_to_the_limit_the_lower_bound_is_exact()
    {
        var bound = MinimumMagnitude.LowerBound(TargetResponses.Copy(24), 0.01);
        Assert.Equal(MinimumMagnitude.Exact(TargetResponses.Copy(24), 0.01).Bound, bound.Value);
        Assert.True(bound.IsExact);
    }

    [Fact]
    public void Two_modes_in_a_long_response_are_bounded_by_its_first_values()
    {
        // 0.9^k − (−0.3)^k has Σ|w| = 2 and needs no less, which no single Chebyshev polynomial proves. An error of the size of rounding
        // must be allowed: matching the rounded values exactly takes weights of 1e10.
        var response = new RealRealization([0.9, -0.3], [1, -1], [1, 1]).ImpulseResponse(80);
        var bound = MinimumMagnitude.LowerBound(response, 1e-4);
        Assert.True(MinimumMagnitude.LowerBound(response).Value > 1e9);
        Assert.InRange(bound.Value, 1.5, 2);
        Assert.Equal("linear programme over the first 64 values", bound.Method);
    }

    [Fact]
    public void Where_digits_do_not_suffice_the_bound_is_still_proved_and_not_called_exact()
    {
        var target = TargetResponses.Random(64, 1, new CounterRandom(25, 0));
        var epsilon = 0.99 * target.Sum(Math.Abs);
        Assert.False(MinimumMagnitude.Exact(target, epsilon, EigenvalueRange.NonNegative).IsTight);
        var bound = MinimumMagnitude.LowerBound(target, epsilon, EigenvalueRange.NonNegative);
        Assert.False(bound.IsExact);
        Assert.InRange(bound.Value, 0, target.Sum(Math.Abs));
    }

    [Fact]
    public void Bad_input_is_one_line()
    {
        Assert.Contains("65 values", Message(() => MinimumMagnitude.Exact(new double[65])));
        Assert.Contains("empty", Message(() => MinimumMagnitude.Exact([])));
        Assert.Contains("value 2 is NaN", Message(() => MinimumMagnitude.Exact([1, double.NaN])));
        Assert.Contains("epsilon is -1", Message(() => MinimumMagnitude.Exact([1], -1)));
        Assert.Contains("epsilon", Message(() => MinimumMagnitude.Exact([1], double.PositiveInfinity)));
        Assert.Contains("scale it", Message(() => MinimumMagnitude.Exact([1e200])));

        static string Message(Action action)
        {
            var message = Assert.Throws<StudyInputException>(action).Message;
            Assert.DoesNotContain('\n', message);
            return message;
        }
    }

    [Fact]
    public void A_cancelled_search_stops() =>
        Assert.ThrowsAny<OperationCanceledException>(
            () => MinimumMagnitude.Exact([1, 2, 3], 0, EigenvalueRange.Signed, new CancellationToken(canceled: true)));
}
