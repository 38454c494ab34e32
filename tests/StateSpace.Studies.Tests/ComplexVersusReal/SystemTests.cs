using System.Numerics;
using StateSpace.Studies.ComplexVersusReal;

namespace StateSpace.Studies.Tests.ComplexVersusReal;

public sealed class SystemTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(63)]
    [InlineData(65)]
    [InlineData(255)]
    [InlineData(257)]
    [InlineData(512)]
    public void Recurrence_equals_convolution_directly_and_by_Fourier_transform(int length)
    {
        var random = new CounterRandom(7, length);
        foreach (var n in new[] { 1, 3, 17, 64 })
        {
            var real = RandomSystems.Real(n, 0.99, random);
            var complex = RandomSystems.Complex(n, 0.99, random);
            var input = TargetResponses.Random(length, 1, random);
            Check(real.ImpulseResponse(length), real.Run(input, new double[n]));
            Check(complex.ImpulseResponse(length), complex.Run(input, new Complex[n]));

            void Check(double[] response, double[] output)
            {
                Assert.True(ResponseError.Between(CausalConvolution.Direct(response, input), output).Maximum <= 1e-12);
                Assert.True(ResponseError.Between(CausalConvolution.Fourier(response, input), output).Maximum <= 1e-10);
            }
        }
    }

    [Fact]
    public void A_series_in_pieces_with_the_state_passed_on_gives_the_same_bits()
    {
        var random = new CounterRandom(7, 1);
        var real = RandomSystems.Real(15, 0.99, random);
        var complex = RandomSystems.Complex(15, 0.99, random);
        var input = TargetResponses.Random(65, 1, random);
        var (realState, complexState) = (new double[15], new Complex[15]);
        double[] realPieces = [.. real.Run(input.AsSpan(0, 17), realState), .. real.Run(input.AsSpan(17), realState)];
        double[] complexPieces = [.. complex.Run(input.AsSpan(0, 17), complexState), .. complex.Run(input.AsSpan(17), complexState)];
        Assert.Equal(real.Run(input, new double[15]), realPieces);
        Assert.Equal(complex.Run(input, new Complex[15]), complexPieces);
    }

    [Fact]
    public void First_output_is_C_B_times_the_first_input()
    {
        var system = new ComplexRealization([new Complex(0.3, 0.4)], [new Complex(1, 2)], [new Complex(3, -1)]);
        Assert.Equal(2.5 * 5, system.Step(new Complex[1], 2.5));
        Assert.Equal(6 * 0.5, new RealRealization([0.9], [2], [3]).Step(new double[1], 0.5));
    }

    [Fact]
    public void One_complex_mode_responds_with_a_damped_cosine()
    {
        foreach (var (r, angle, magnitude, phase) in new[] { (0.99, 0.3, 0.7, 1.1), (0.5, 3.0, 1.0, -2.0), (1.0, 1.5, 0.1, 0.0) })
        {
            var system = new ComplexRealization(
                [Complex.FromPolarCoordinates(r, angle)], [Complex.FromPolarCoordinates(magnitude, phase)], [1]);
            var expected = Enumerable.Range(0, 128).Select(k => magnitude * Math.Pow(r, k) * Math.Cos((k * angle) + phase)).ToArray();
            Assert.True(system.ErrorAgainst(expected).Maximum <= 1e-13);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(15)]
    [InlineData(63)]
    public void Rotation_blocks_of_twice_the_dimension_equal_the_complex_system(int n)
    {
        var system = RandomSystems.Complex(n, 0.999, new CounterRandom(3, n));
        Assert.True(ResponseError.Between(RotationForm.Of(system).ImpulseResponse(128), system.ImpulseResponse(128)).Maximum <= 1e-12);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(17, 65)]
    public void A_complex_system_copies_a_real_one_to_the_bit(int n, int states)
    {
        var random = new CounterRandom(4, n);
        var system = RandomSystems.Real(n, 1, random);
        var input = TargetResponses.Random(255, 1, random);
        var expected = system.Run(input, new double[n]).Select(BitConverter.DoubleToInt64Bits);
        Assert.Equal(expected, system.ToComplex(states).Run(input, new Complex[states]).Select(BitConverter.DoubleToInt64Bits));
        Assert.Throws<ArgumentOutOfRangeException>(() => system.ToComplex(n - 1));
    }

    [Fact]
    public void Feed_through_is_one_state_more()
    {
        var random = new CounterRandom(5, 0);
        var input = TargetResponses.Random(63, 1, random);
        var real = RandomSystems.Real(4, 0.9, random);
        var complex = RandomSystems.Complex(4, 0.9, random);
        double[] Through(double[] output) => [.. output.Zip(input, (y, u) => y - (0.75 * u))];
        Assert.True(
            ResponseError.Between(
                real.WithFeedThrough(-0.75).Run(input, new double[5]), Through(real.Run(input, new double[4]))).Maximum <= 1e-14);
        Assert.True(
            ResponseError.Between(
                complex.WithFeedThrough(-0.75).Run(input, new Complex[5]), Through(complex.Run(input, new Complex[4]))).Maximum <= 1e-14);
    }

    [Fact]
    public void Discretizations_agree_to_third_order_and_bilinear_shrinks_the_input()
    {
        var random = new CounterRandom(6, 0);
        for (var draw = 0; draw < 100; draw++)
        {
            var a = new Complex(-random.Uniform(0, 2), random.Uniform(-3, 3));
            var b = new Complex(random.Uniform(-1, 1), random.Uniform(-1, 1));
            var step = random.Uniform(1e-3, 1);
            Assert.True(Complex.Abs(Discretization.Bilinear(a, b, step).B) <= step * Complex.Abs(b) * (1 + 1e-15));
            Assert.InRange(Gap(0.01) / Gap(0.005), 7.6, 8.4);

            double Gap(double size)
            {
                var (hold, bilinear) = (Discretization.ZeroOrderHold(a, b, size), Discretization.Bilinear(a, b, size));
                return Complex.Abs(hold.A - bilinear.A) + Complex.Abs(hold.B - bilinear.B);
            }
        }
    }

    [Fact]
    public void Systems_are_values()
    {
        RealRealization one = new([0.5], [1], [2]), same = new([0.5], [1], [2]), other = new([0.5], [1], [3]);
        Assert.Equal(one, same);
        Assert.Equal(one.GetHashCode(), same.GetHashCode());
        Assert.NotEqual(one, other);
        Assert.Equal(one.ToComplex(2), same.ToComplex(2));
        Assert.Equal((2, 2, 1, 2), (one.MaximumMagnitude, one.TotalMagnitude, one.InputNorm, one.OutputNorm));
        Assert.True(one.IsStable);
        Assert.False(new RealRealization([1], [1], [1]).IsStable);
    }

    [Fact]
    public void Wrong_lengths_are_named()
    {
        Assert.Contains("1, 2 and 1", Assert.Throws<ArgumentException>(() => new RealRealization([1], [1, 2], [1])).Message);
        Assert.Contains("0, 0 and 0", Assert.Throws<ArgumentException>(() => new ComplexRealization([], [], [])).Message);
        Assert.Contains(
            "3 entries", Assert.Throws<ArgumentException>(() => new RealRealization([1], [1], [1]).Step(new double[3], 0)).Message);
        Assert.Contains(
            "3 entries", Assert.Throws<ArgumentException>(() => new ComplexRealization([1], [1], [1]).Step(new Complex[3], 0)).Message);
        Assert.Contains("kernel", Assert.Throws<ArgumentException>(() => CausalConvolution.Fourier([1], [1, 2])).Message);
    }

    [Fact]
    public void An_error_with_an_infinite_value_is_infinite() =>
        Assert.Equal(double.PositiveInfinity, ResponseError.Between([double.NaN, 0], [0, 0]).L1);
}
