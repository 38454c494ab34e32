using System.Numerics;
using StateSpace.Studies.ComplexVersusReal;

namespace StateSpace.Studies.Tests.ComplexVersusReal;

public sealed class NumericsTests
{
    [Fact]
    public void A_double_becomes_a_rational_and_comes_back_with_the_same_bits()
    {
        foreach (
            var value in new[] {
                0, 1, -1, 0.1, Math.PI, 1e300, -1e-300, double.MaxValue, double.Epsilon, 2.2250738585072014e-308, 1.0 / 3})
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

    [Fact]
    public void Pairs_of_doubles_carry_thirty_digits()
    {
        var random = new CounterRandom(45, 0);
        for (var draw = 0; draw < 500; draw++)
        {
            DoubleDouble a = new(random.Uniform(-1, 1), random.Uniform(-1e-17, 1e-17)), b = new(
                random.Uniform(0.1, 1), random.Uniform(-1e-17, 1e-17));
            Check(Exact(a) + Exact(b), a + b, 1);
            Check(Exact(a) - Exact(b), a - b, 1);
            Check(Exact(a) * Exact(b), a * b, 1);
            Check(new BigRational(Exact(a).Numerator * Exact(b).Denominator, Exact(a).Denominator * Exact(b).Numerator), a / b, 10);
            Check(BigRational.Abs(Exact(a)), DoubleDouble.Abs(a), 0);
        }

        var third = DoubleDouble.From(new BigRational(1, 3));
        Check(new BigRational(1, 3), third, 1);

        static BigRational Exact(DoubleDouble value) => BigRational.From(value.High) + BigRational.From(value.Low);
        static void Check(BigRational expected, DoubleDouble actual, double size) =>
            Assert.True(Math.Abs((Exact(actual) - expected).ToDouble()) <= 1e-31 * size);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(17)]
    [InlineData(65)]
    public void An_inverse_stays_one_while_columns_are_exchanged(int n)
    {
        var random = new CounterRandom(42, n);
        DoubleDouble[] Column() => [.. Enumerable.Range(0, n).Select(_ => (DoubleDouble)random.Uniform(-1, 1))];
        var columns = Enumerable.Range(0, n).Select(_ => Column()).ToArray();
        var inverse = new InverseBasis(columns);
        for (var exchange = 0; exchange < 5; exchange++)
        {
            var entering = Column();
            var direction = inverse.Solve(entering);
            var leaving = Enumerable.Range(0, n).MaxBy(i => Math.Abs(direction[i].High));
            inverse.Replace(leaving, direction);
            columns[leaving] = entering;
        }

        var x = Column();
        var right = new DoubleDouble[n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++) right[i] += columns[j][i] * x[j];
        var solution = inverse.Solve(right);
        for (var i = 0; i < n; i++) Assert.Equal(0, (solution[i] - x[i]).High, 1e-25);

        // y = M⁻ᵀ e for a vector e of zeros and ones: every chosen column times y is 1, every other 0.
        bool[] chosen = [.. Enumerable.Range(0, n).Select(j => j % 3 == 0)];
        var y = inverse.SumRows(chosen);
        for (var j = 0; j < n; j++)
        {
            DoubleDouble product = 0;
            for (var i = 0; i < n; i++) product += columns[j][i] * y[i];
            Assert.Equal(chosen[j] ? 1 : 0, product.High, 1e-15);
        }
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

        static double[] Draw(CounterRandom random, Func<CounterRandom, double> draw) =>
            [.. Enumerable.Range(0, 20_000).Select(_ => draw(random))];
    }
}
