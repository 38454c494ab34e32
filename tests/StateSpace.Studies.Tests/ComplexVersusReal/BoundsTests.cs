using System.Numerics;
using StateSpace.Studies.ComplexVersusReal;

namespace StateSpace.Studies.Tests.ComplexVersusReal;

public sealed class BoundsTests
{
    [Fact]
    public void Restrictions_count_from_one()
    {
        Assert.Equal([1, 3, 5], ForwardDifferences.Restrict([1, 2, 3, 4, 5], Restriction.Odd));
        Assert.Equal([2, 4], ForwardDifferences.Restrict([1, 2, 3, 4, 5], Restriction.Even));
        Assert.Empty(ForwardDifferences.Restrict([1], Restriction.Even));
    }

    [Fact]
    public void Forward_differences_are_repeated_subtractions() =>
        Assert.Equal([[1.0, 4, 9, 16], [3.0, 5, 7], [2.0, 2], [0.0]], ForwardDifferences.Table([1, 4, 9, 16]));

    [Theory]
    [InlineData(9, 0.236, 29.3, 27.3)]
    [InlineData(12, 0.577, 54.8, 95.0)]
    [InlineData(16, 2, 256, 613)]
    [InlineData(20, 7.16, 1115, 4779)]
    [InlineData(24, 26.1, 5496, 3.33e4)]
    [InlineData(32, 362, 1.226e5, 1.871e6)]
    [InlineData(48, 7.57e4, 6.26e7, 6.32e9)]
    [InlineData(64, 1.68e7, 3.10e10, 2.24e13)]
    public void Copy_bounds_match_the_reference(int t, double corollary, double printed, double corrected)
    {
        var (response, epsilon) = (TargetResponses.Copy(t), PrintedBounds.CorollaryOneEpsilon(t));
        AssertRelative(corollary, PrintedBounds.CorollaryOne(t), 2e-3);
        AssertRelative(printed, TheoremTwo.Printed(response, epsilon).Value, 2e-3);
        AssertRelative(corrected, TheoremTwo.Corrected(response, epsilon).Value, 2e-3);
    }

    [Theory]
    [InlineData(8, 4, 32, 20.25)]
    [InlineData(12, 32, 256, 188.1)]
    [InlineData(16, 256, 2048, 1779)]
    [InlineData(20, 2048, 1.638e4, 1.661e4)]
    [InlineData(24, 1.638e4, 1.311e5, 1.495e5)]
    [InlineData(32, 1.049e6, 8.389e6, 1.258e7)]
    [InlineData(48, 4.29e9, 3.44e10, 8.40e10)]
    [InlineData(64, 1.76e13, 1.41e14, 5.61e14)]
    public void Oscillation_bounds_match_the_reference(int t, double corollary, double printed, double corrected)
    {
        var response = TargetResponses.Oscillation(t);
        AssertRelative(corollary, PrintedBounds.CorollaryThree(t), 2e-3);
        AssertRelative(printed, TheoremTwo.Printed(response, 0.5).Value, 2e-3);
        AssertRelative(corrected, TheoremTwo.Corrected(response, 0.5).Value, 2e-3);
    }

    [Fact]
    public void Printed_theorem_2_asks_for_four_where_one_is_attained()
    {
        Assert.Equal(new TheoremTwoValue(4, Restriction.Odd, 1, 1), TheoremTwo.Printed([1, 0, 0, 0], 0));
        Assert.Equal(1, TheoremTwo.Corrected([1, 0, 0, 0], 0).Value);
        Assert.Equal(BigInteger.One, ClosedFormMinimum.Delay(4, 0));
        Assert.Equal(1, MinimumMagnitude.Exact([1, 0, 0, 0]).Bound, 1e-7);
    }

    [Fact]
    public void Corrected_theorem_2_never_exceeds_what_random_systems_have()
    {
        var random = new CounterRandom(11, 0);
        for (var draw = 0; draw < 300; draw++)
        {
            var system = RandomSystems.Real(1 + (draw % 12), 1, random);
            Assert.True(TheoremTwo.Corrected(system.ImpulseResponse(24), 0).Value <= system.TotalMagnitude * (1 + 1e-9));
        }
    }

    [Fact]
    public void Kappa_is_the_maximum_and_at_most_a_power_of_a_quarter()
    {
        for (var s = 0; s <= 20; s++)
        {
            for (var d = 0; d <= 20; d++)
            {
                var largest = Enumerable.Range(0, 2001).Max(g => Math.Pow(g / 2000.0, s) * Math.Pow(1 - (g / 2000.0), d));
                Assert.InRange(TheoremTwo.Kappa(s, d) / largest, 1 - 1e-12, 1.0001);
                Assert.True(TheoremTwo.Kappa(s, d) <= Math.Pow(4, -Math.Min(s, d)) * (1 + 1e-12));
            }
        }
    }

    [Theory]
    [InlineData(0.20135792079033080, new[] { 4, 16, 65 })]
    [InlineData(0.5, new[] { 10, 40, 162 })]
    [InlineData(Math.PI / 4, new[] { 15, 63, 255 })]
    [InlineData(Math.PI / 3, new[] { 21, 85, 341 })]
    [InlineData(Math.PI / 2, new[] { 31, 127, 511 })]
    [InlineData(2.5, new[] { 12, 52, 209 })]
    public void Alternations_match_the_reference(double angle, int[] expected)
    {
        foreach (var (t, count) in new[] { 64, 256, 1024 }.Zip(expected))
        {
            var response = Enumerable.Range(0, t).Select(k => Math.Pow(0.5, (double)k / t) * Math.Cos(k * angle)).ToArray();
            Assert.Equal(count, Alternation.Count(ForwardDifferences.Restrict(response, Restriction.Odd), 0.25));
        }
    }

    [Fact]
    public void Alternation_bound_counts_the_dimension_that_alternation_needs()
    {
        // 1, −1, 1 among the odd elements: two sign changes, so at least three real modes.
        Assert.Equal(3, Alternation.DimensionBound([1, 0, -1, 0, 1], 0, 1));
        Assert.Equal(2, Alternation.DimensionBound([1, 0, -1, 0, 1], 0.5, 1));
        Assert.Equal(2, Alternation.DimensionBound([0, 1, 0.1, -1], 0, 0.5));
    }

    [Fact]
    public void Real_systems_change_sign_less_often_than_they_have_states()
    {
        var random = new CounterRandom(12, 0);
        for (var draw = 0; draw < 300; draw++)
        {
            var n = 1 + (draw % 8);
            var response = RandomSystems.Real(n, 1, random).ImpulseResponse(30);
            foreach (var restriction in new[] { Restriction.Odd, Restriction.Even })
                Assert.True(Alternation.Count(ForwardDifferences.Restrict(response, restriction), 1e-12) <= n - 1);
        }
    }

    [Fact]
    public void Truncated_oscillation_matches_forty_digit_arithmetic()
    {
        // t = 400, θ = arcsin 0.2, 48 terms: the tail summed with 40 digits, and the full sum subtracted from the cosine, agree on this.
        Assert.Equal(0.97639938019768114, TruncatedOscillation.Error(400, Math.Asin(0.2), 48), 1e-11);
        Assert.Equal(0.97639938019768114, WithoutTail(400, Math.Asin(0.2), 48), 1e-9);
    }

    [Fact]
    public void Bessel_functions_match_tables()
    {
        var values = TruncatedOscillation.BesselFunctions(5);
        Assert.Equal(-0.17759677131433830, values[0], 1e-15);
        Assert.Equal(-0.32757913759146522, values[1], 1e-15);
        Assert.Equal(0.26114054612017009, values[5], 1e-15);
        Assert.Equal(0.0014678026473104743, values[10], 1e-15);
    }

    [Theory]
    [InlineData(2000, 219, 0)]
    [InlineData(4000, 423, 12)]
    [InlineData(8000, 857, 29)]
    public void Theorem_1_asks_for_more_states_than_are_needed(int t, int states, double margin)
    {
        var error = TruncatedOscillation.Error(t, Math.Asin(0.2), states);
        Assert.True(PrintedBounds.TheoremOne(t, error) - states > margin);
        var response = Enumerable.Range(0, t).Select(k => Math.Pow(0.5, (double)k / t) * Math.Cos(k * Math.Asin(0.2))).ToArray();
        Assert.True(Alternation.DimensionBound(response, error, 0.25) <= states);
    }

    [Fact]
    public void Chebyshev_rows_and_coefficients_agree()
    {
        var rows = ChebyshevPolynomials.Rows(66, EigenvalueRange.Signed);
        for (var n = 0; n < rows.Length; n++) Assert.Equal(ChebyshevPolynomials.Coefficients(n), rows[n]);
        var shifted = ChebyshevPolynomials.Rows(33, EigenvalueRange.NonNegative);
        for (var n = 0; n < shifted.Length; n++) Assert.Equal(
            ChebyshevPolynomials.Coefficients(2 * n).Where((_, k) => k % 2 == 0), shifted[n]);
    }

    [Theory]
    [InlineData(9, "160")]
    [InlineData(12, "1232")]
    [InlineData(16, "28800")]
    [InlineData(20, "695552")]
    [InlineData(24, "17145856")]
    [InlineData(32, "10827497472")]
    [InlineData(48, "4699925501706240")]
    public void Closed_form_for_copying(int t, string expected) =>
        Assert.Equal(expected, ClosedFormMinimum.Delay(t, TargetResponses.CopyDelay(t)).ToString());

    [Theory]
    [InlineData(8, "99")]
    [InlineData(12, "3363")]
    [InlineData(16, "114243")]
    [InlineData(20, "3880899")]
    [InlineData(24, "131836323")]
    [InlineData(32, "152139002499")]
    [InlineData(48, "202605639573839043")]
    public void Closed_form_for_oscillation(int t, string expected) => Assert.Equal(expected, ClosedFormMinimum.Oscillation(t).ToString());

    [Fact]
    public void Closed_forms_refuse_a_delay_beyond_the_horizon() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ClosedFormMinimum.Delay(4, 4));

    private static void AssertRelative(
        double expected, double actual, double tolerance) => Assert.InRange(actual / expected, 1 - tolerance, 1 + tolerance);

    private static double WithoutTail(int t, double angle, int dimension)
    {
        var z = angle * (t - 1) / 2;
        var bessel = TruncatedOscillation.BesselFunctions(z);
        var sum = 0.0;
        for (var k = 0; k < t; k++)
        {
            var position = Math.Acos((2.0 * k / (t - 1)) - 1);
            var value = 0.0;
            for (var i = 0; i < dimension; i++)
                value += (i == 0 ? 1 : 2) * (i / 2 % 2 == 0 ? 1 : -1) * bessel[i] * (
                    i % 2 == 0 ? Math.Cos(z) : -Math.Sin(z)) * Math.Cos(i * position);
            sum += Math.Pow(0.5, (double)k / t) * Math.Abs(Math.Cos(k * angle) - value);
        }

        return sum;
    }
}
