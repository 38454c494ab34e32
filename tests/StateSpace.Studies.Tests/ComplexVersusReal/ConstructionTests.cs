using System.Numerics;
using StateSpace.Studies.ComplexVersusReal;

namespace StateSpace.Studies.Tests.ComplexVersusReal;

public sealed class ConstructionTests
{
    public static TheoryData<int> Horizons => [2, 3, 15, 17, 63, 65, 255, 257, 1024];

    [Theory]
    [MemberData(nameof(Horizons))]
    public void Complex_systems_match_any_response(int t)
    {
        foreach (var target in Targets(t))
        {
            var norm = Math.Sqrt(target.Sum(value => value * value));
            var (fourier, half, cosine) = (
                ComplexConstructions.Fourier(target), ComplexConstructions.HalfSpectrum(target), ComplexConstructions.Cosine(target));
            Assert.Equal((t, (t / 2) + 1, t), (fourier.States, half.States, cosine.States));
            Assert.InRange(fourier.InputNorm / norm, 1 - 1e-12, 2);
            Assert.True(half.InputNorm / norm <= 2 * Math.Sqrt(1 + (2.0 / t)));
            Assert.True(cosine.InputNorm / norm <= 2 * Math.Sqrt(2));
            Assert.All(cosine.B.Concat(cosine.C), weight => Assert.Equal(0, weight.Imaginary));
            foreach (var system in new[] { fourier, half, cosine })
            {
                Assert.True(system.ErrorAgainst(target).Maximum <= 1e-12);
                Assert.Equal(1, system.OutputNorm, 1e-12);
                Assert.True(system.IsStable);
                Assert.All(system.A, a => Assert.Equal(Math.Pow(0.5, 1.0 / (t - 1)), Complex.Abs(a), 1e-14));
            }
        }
    }

    [Fact]
    public void Complex_constructions_need_two_values() =>
        Assert.Contains("1 values", Assert.Throws<ArgumentException>(() => ComplexConstructions.Fourier([1])).Message);

    [Fact]
    public void One_imaginary_eigenvalue_oscillates_with_its_radius()
    {
        var response = ComplexConstructions.Oscillator(0.9).ImpulseResponse(9);
        for (var k = 0; k < 9; k++) Assert.Equal(Math.Pow(0.9, k) * TargetResponses.Oscillation(9)[k], response[k], 1e-15);
    }

    [Theory]
    [InlineData(24, 1e-5)]
    [InlineData(256, 1e-4)]
    [InlineData(1024, 1e-3)]
    public void Complex_system_survives_float32(int t, double limit)
    {
        var target = TargetResponses.Copy(t);
        Assert.True(ResponseError.Between(ComplexConstructions.Fourier(target).ImpulseResponseInSingle(t), target).L1 < limit);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(12)]
    [InlineData(16)]
    [InlineData(24)]
    [InlineData(32)]
    [InlineData(64)]
    public void Real_system_at_Chebyshev_extrema_attains_the_bound(int t)
    {
        var weights = RealInterpolation.Weights(RealInterpolation.ChebyshevNodes(t, 1), TargetResponses.Copy(t));
        Assert.Equal(
            1,
            weights.Sum(w => Math.Abs(w.ToDouble())) / new BigRational(
                ClosedFormMinimum.Delay(t, TargetResponses.CopyDelay(t)), 1).ToDouble(),
            1e-9);
    }

    [Theory]
    [InlineData(9, 160.642, 0.0005)]
    [InlineData(12, 1238.18, 0.005)]
    [InlineData(16, 29002.4, 0.05)]
    [InlineData(24, 1.73356e7, 50)]
    public void Extrema_inside_the_circle_cost_little_more(int t, double expected, double tolerance) =>
        Assert.Equal(
            expected,
            RealInterpolation.Weights(RealInterpolation.ChebyshevNodes(t, 0.999), TargetResponses.Copy(t)).Sum(w => Math.Abs(w.ToDouble())),
            tolerance);

    [Theory]
    [InlineData(9, 1e-6, 4e-6)]
    [InlineData(16, 4e-4, 6e-4)]
    [InlineData(24, 0.05, 2)]
    public void Rounding_real_weights_to_float32_costs_exponentially(int t, double low, double high)
    {
        var nodes = RealInterpolation.ChebyshevNodes(t, 1);
        var weights = RealInterpolation.Weights(nodes, TargetResponses.Copy(t));
        Assert.InRange(
            RealInterpolation.ErrorOfRoundedWeights(nodes, [.. weights.Select(w => w.ToSingle())], TargetResponses.Copy(t)), low, high);
    }

    [Fact]
    public void Interpolation_solves_the_equations_without_rounding()
    {
        double[] nodes = [0.5, -0.25, 1, 0, -1];
        double[] target = [1, 0.3, -2, 1e-20, 7];
        var weights = RealInterpolation.Weights(nodes, target);
        for (var k = 0; k < 5; k++)
        {
            var sum = default(BigRational);
            for (var j = 0; j < 5; j++)
            {
                var term = weights[j];
                for (var power = 0; power < k; power++) term *= BigRational.From(nodes[j]);
                sum += term;
            }

            Assert.True((sum - BigRational.From(target[k])).Numerator.IsZero);
        }
    }

    [Fact]
    public void Chebyshev_nodes_are_symmetric_to_the_bit()
    {
        foreach (var t in new[] { 2, 3, 15, 16, 17, 64 })
        {
            var nodes = RealInterpolation.ChebyshevNodes(t, 0.999);
            for (var i = 0; i < t; i++)
            {
                Assert.Equal(nodes[i], -nodes[t - 1 - i]);
                Assert.Equal(0.999 * Math.Cos(Math.PI * i / (t - 1)), nodes[i], 1e-15);
            }
        }
    }

    [Fact]
    public void Gradient_and_Hessian_match_finite_differences()
    {
        var random = new CounterRandom(31, 0);
        var system = RandomSystems.Real(3, 0.9, random);
        var target = TargetResponses.Random(9, 1, random);
        var (gradient, hessian) = ResponseLoss.Derivatives(system, target);
        const double Step = 1e-5;
        for (var i = 0; i < 9; i++)
        {
            var (above, below) = (Moved(i, Step), Moved(i, -Step));
            Assert.Equal((ResponseLoss.Value(above, target) - ResponseLoss.Value(below, target)) / (2 * Step), gradient[i], 1e-7);
            var (gradientAbove, _) = ResponseLoss.Derivatives(above, target);
            var (gradientBelow, _) = ResponseLoss.Derivatives(below, target);
            for (var j = 0; j < 9; j++) Assert.Equal((gradientAbove[j] - gradientBelow[j]) / (2 * Step), hessian[i, j], 1e-6);
        }

        RealRealization Moved(int index, double step)
        {
            double[] all = [.. system.A, .. system.B, .. system.C];
            all[index] += step;
            return new([.. all[..3]], [.. all[3..6]], [.. all[6..]]);
        }
    }

    [Fact]
    public void Largest_eigenvalue_of_matrices_with_known_spectrum()
    {
        Assert.Equal(3, SymmetricEigenvalues.Largest(new double[,] { { 2, 1 }, { 1, 2 } }), 1e-14);
        Assert.Equal(-1, SymmetricEigenvalues.Largest(new double[,] { { -3, 0 }, { 0, -1 } }), 1e-14);

        // The second difference of n points has eigenvalues 2 − 2 cos(iπ/(n+1)).
        const int N = 17;
        var matrix = new double[N, N];
        for (var i = 0; i < N; i++)
        {
            matrix[i, i] = 2;
            if (i > 0) matrix[i, i - 1] = matrix[i - 1, i] = -1;
        }

        Assert.Equal(2 - (2 * Math.Cos(N * Math.PI / (N + 1))), SymmetricEigenvalues.Largest(matrix), 1e-13);
    }

    private static double[][] Targets(int t) =>
        [TargetResponses.Copy(t), TargetResponses.Oscillation(t), TargetResponses.Random(t, 1, new CounterRandom(30, t))];
}
