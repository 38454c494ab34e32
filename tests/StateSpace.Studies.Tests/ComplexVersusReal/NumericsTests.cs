using System.Numerics;
using StateSpace.Studies.ComplexVersusReal;

namespace StateSpace.Studies.Tests.ComplexVersusReal;

public sealed class NumericsTests
{
    [Fact]
    public void A_double_becomes_a_rational_and_comes_back_with_the_same_bits()
    {
        foreach (var value in new[] { 0, 1, -1, 0.1, Math.PI, 1e300, -1e-300, double.MaxValue, double.Epsilon, 2.2250738585072014e-308, 1.0 / 3 })
            Assert.Equal(value, BigRational.From(value).ToDouble());
        Assert.Throws<ArgumentException>(() => BigRational.From(double.NaN));
    }

    [Fact]
    public void Quotients_round_as_division_does()
    {
        var random = new CounterRandom(41, 0);
        for (var draw = 0; draw < 2000; draw++)
        {
            var (a, b) = (Math.Floor(random.Uniform(-1e15, 1e15)), Math.Floor(random.Uniform(1, 1e15)));
            var quotient = new BigRational(new BigInteger(a), new BigInteger(b));
            Assert.Equal(a / b, quotient.ToDouble());
            var (c, d) = (Math.Floor(random.Uniform(-1e7, 1e7)), Math.Floor(random.Uniform(1, 1e7)));
            Assert.Equal((float)c / (float)d, (float)new BigRational(new BigInteger(c), new BigInteger(d)).ToSingle());
        }
    }

    [Fact]
    public void Rounding_respects_ties_subnormals_and_overflow()
    {
        Assert.Equal(1, new BigRational((BigInteger.One << 53) + 1, BigInteger.One << 53).ToDouble());
        Assert.Equal(1 + Math.ScaleB(1, -51), new BigRational((BigInteger.One << 53) + 3, BigInteger.One << 53).ToDouble());
        Assert.Equal(double.Epsilon, new BigRational(3, BigInteger.One << 1076).ToDouble());
        Assert.Equal(0, new BigRational(1, BigInteger.One << 1075).ToDouble());
        Assert.Equal(double.PositiveInfinity, new BigRational(BigInteger.One << 1024, 1).ToDouble());
        Assert.Equal(double.NegativeInfinity, new BigRational(-(BigInteger.One << 200), 1).ToSingle());
        Assert.Equal(float.MaxValue, new BigRational(new BigInteger(float.MaxValue), 1).ToSingle());
        Assert.Equal((double)(float)0.1, BigRational.From(0.1).ToSingle());
    }

    [Fact]
    public void Rational_arithmetic_is_exact()
    {
        var (third, half) = (new BigRational(1, 3), new BigRational(-1, -2));
        AssertEqual(new(5, 6), third + half);
        AssertEqual(new(-1, 6), third - half);
        AssertEqual(new(1, 6), third * half);
        AssertEqual(third, BigRational.Abs(new(1, -3)));
        AssertEqual(half, default(BigRational) + half);
        Assert.Throws<DivideByZeroException>(() => new BigRational(1, 0));

        static void AssertEqual(BigRational expected, BigRational actual) => Assert.True((expected - actual).Numerator.IsZero);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(17)]
    [InlineData(65)]
    public void A_factored_matrix_solves_both_ways(int n)
    {
        var random = new CounterRandom(42, n);
        var matrix = Enumerable.Range(0, n).Select(_ => TargetResponses.Random(n, 1, random)).ToArray();
        var x = TargetResponses.Random(n, 1, random);
        var right = matrix.Select(row => row.Zip(x, (a, b) => a * b).Sum()).ToArray();
        var transposed = Enumerable.Range(0, n).Select(j => Enumerable.Range(0, n).Sum(i => matrix[i][j] * x[i])).ToArray();
        var factors = new LowerUpper([.. matrix.Select(row => (double[])row.Clone())]);
        Assert.True(ResponseError.Between(factors.Solve(right), x).Maximum < 1e-10);
        Assert.True(ResponseError.Between(factors.SolveTransposed(transposed), x).Maximum < 1e-10);
    }

    [Fact]
    public void The_bound_on_a_polynomial_exceeds_every_value_and_by_little()
    {
        var random = new CounterRandom(43, 0);
        foreach (var count in new[] { 1, 2, 3, 15, 17, 63, 65 })
        {
            var coefficients = TargetResponses.Random(count, 1, random);
            var bound = CosinePolynomial.MaximumBound(coefficients);
            var largest = Enumerable.Range(0, 100_001).Max(g => Math.Abs(CosinePolynomial.Value(coefficients, g * Math.PI / 100_000)));
            Assert.InRange(bound / largest, 1, 1 + 1e-5);
        }

        double[] chebyshev = [.. new double[20], 1];
        Assert.InRange(CosinePolynomial.MaximumBound(chebyshev), 1, 1 + 1e-8);
    }

    [Fact]
    public void Values_at_many_angles_equal_those_at_each()
    {
        var random = new CounterRandom(44, 0);
        foreach (var count in new[] { 1, 2, 3, 15, 17, 63, 65, 255, 257 })
        {
            var coefficients = TargetResponses.Random(9, 1, random);
            var cosines = TargetResponses.Random(count, 1, random);
            var values = Enumerable.Repeat(double.NaN, count).ToArray();
            CosinePolynomial.Values(coefficients, cosines, values);
            Assert.Equal(cosines.Select(x => CosinePolynomial.AtCosine(coefficients, x)), values);
        }
    }

    [Fact]
    public void Random_numbers_are_a_function_of_seed_and_stream_and_look_uniform_and_normal()
    {
        var uniform = Draw(new CounterRandom(1, 2), random => random.Uniform());
        Assert.Equal(uniform, Draw(new CounterRandom(1, 2), random => random.Uniform()));
        Assert.NotEqual(uniform, Draw(new CounterRandom(1, 3), random => random.Uniform()));
        Assert.NotEqual(uniform, Draw(new CounterRandom(2, 2), random => random.Uniform()));
        Assert.All(uniform, value => Assert.InRange(value, 0, 1));
        Assert.Equal(0.5, uniform.Average(), 0.01);
        var normal = Draw(new CounterRandom(1, 4), random => random.Normal());
        Assert.Equal(0, normal.Average(), 0.03);
        Assert.Equal(1, normal.Average(value => value * value), 0.05);
        Assert.Equal(3, normal.Average(value => Math.Pow(value, 4)), 0.3);

        static double[] Draw(CounterRandom random, Func<CounterRandom, double> draw) => [.. Enumerable.Range(0, 20_000).Select(_ => draw(random))];
    }
}
