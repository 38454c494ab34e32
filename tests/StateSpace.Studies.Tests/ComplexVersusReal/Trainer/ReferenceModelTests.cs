using StateSpace.Studies.ComplexVersusReal.Trainer;

namespace StateSpace.Studies.Tests.ComplexVersusReal.Trainer;

public class ReferenceModelTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(3, 15)]
    [InlineData(17, 33)]
    public void Gradient_matches_central_differences(int n, int t)
    {
        foreach (var field in Enum.GetValues<StateField>())
        {
            var parameters = RandomModels.Create(field, n, seed: 7);
            var target = ImpulseTarget.Create(TargetMap.Random, t, 3);
            var gradient = ReferenceModel.Gradient(parameters, target);
            var scale = gradient.SelectMany(values => values).Max(Math.Abs);
            for (var array = 0; array < gradient.Count; array++)
            {
                for (var j = 0; j < n; j++)
                {
                    var numeric = Difference(parameters, target, parameters.Trainable[array], j);
                    Assert.True(
                        Math.Abs(numeric - gradient[array][j]) <= 1e-6 * Math.Max(Math.Abs(numeric), 0.01 * scale),
                        $"{field} n={n} t={t} array {array} state {j}: {gradient[array][j]:R} but differences give {numeric:R}");
                }
            }
        }
    }

    [Fact]
    public void One_complex_state_has_its_analytic_response()
    {
        var model = new SsmParameters(StateField.Complex, [-2], [1.25], [0.5], [-0.25], [0.75], [0.3], []);
        var response = ReferenceModel.ImpulseResponse(model, 64);
        var (amplitude, phase) = (0.0, 0.0);
        var w = new System.Numerics.Complex(0.5, -0.25) * new System.Numerics.Complex(0.75, 0.3);
        (amplitude, phase) = (w.Magnitude, w.Phase);
        for (var k = 0; k < response.Length; k++)
        {
            var expected = 2 * amplitude * Math.Exp(-Math.Exp(-2) * k) * Math.Cos((1.25 * k) + phase);
            Assert.True(Math.Abs(expected - response[k]) <= 1e-13);
        }
    }

    [Fact]
    public void Targets_have_norm_one_and_their_shapes()
    {
        foreach (var map in Enum.GetValues<TargetMap>())
        {
            foreach (var t in new[] { 1, 2, 3, 15, 32, 33, 255 })
            {
                var target = ImpulseTarget.Create(map, t, 5);
                Assert.Equal(1, target.Sum(value => (double)value * value), 6);
            }
        }

        Assert.Equal(15, Array.IndexOf(ImpulseTarget.Create(TargetMap.Copy, 32, 0), 1f));
        var oscillation = ImpulseTarget.Create(TargetMap.Oscillation, 5, 0);
        Assert.Equal([1, 0, -1, 0, 1], oscillation.Select(value => Math.Sign(value)));
        Assert.NotEqual(ImpulseTarget.Create(TargetMap.Random, 32, 0), ImpulseTarget.Create(TargetMap.Random, 32, 1));
        Assert.Equal(ImpulseTarget.Create(TargetMap.Random, 32, 4), ImpulseTarget.Create(TargetMap.Random, 32, 4));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.99)]
    public void Start_is_uniform_in_area_on_the_ring(double inner)
    {
        var run = new FitSpecification(StateField.Complex, 20_000, 4, TargetMap.Copy, FitOptimizer.Adam, 1e-3, inner, 1, 11);
        var start = SsmParameters.Initialize(run);
        var (re, im) = start.Eigenvalues();
        var squares = re.Zip(im, (x, y) => (x * x) + (y * y)).ToArray();
        var outer = FitSpecification.OuterRadius * FitSpecification.OuterRadius;
        Assert.All(squares, square => Assert.InRange(square, (inner * inner) - 1e-6, outer + 1e-6));

        // Uniform on [r_min², r_max²]: mean in the middle, within 5 standard errors.
        var width = outer - (inner * inner);
        Assert.InRange(squares.Average() - ((outer + (inner * inner)) / 2), -5 * width / Math.Sqrt(12 * 20_000.0), 5 * width / Math.Sqrt(12 * 20_000.0));
        var variance = start.InputRe.Zip(start.InputIm, (x, y) => (x * x) + (y * y)).Average();
        Assert.InRange(variance, 0.95e-6, 1.05e-6);
    }

    [Fact]
    public void Signs_are_frozen_at_plus_or_minus_one_or_all_positive()
    {
        var run = new FitSpecification(StateField.Real, 1000, 4, TargetMap.Copy, FitOptimizer.Adam, 1e-3, 0, 1, 2);
        var signs = SsmParameters.Initialize(run).Sign;
        Assert.All(signs, sign => Assert.Equal(1, Math.Abs(sign)));
        Assert.InRange(signs.Count(sign => sign > 0), 400, 600);
        Assert.All(SsmParameters.Initialize(run with { PositiveOnly = true }).Sign, sign => Assert.Equal(1, sign));
    }

    private static double Difference(SsmParameters parameters, float[] target, double[] values, int j)
    {
        const double step = 1e-4;
        var start = values[j];
        var loss = new double[4];
        foreach (var (i, offset) in new[] { -2, -1, 1, 2 }.Index())
        {
            values[j] = start + (offset * step);
            loss[i] = ReferenceModel.Loss(parameters, target);
        }

        values[j] = start;
        return ((8 * (loss[2] - loss[1])) - (loss[3] - loss[0])) / (12 * step);
    }
}
