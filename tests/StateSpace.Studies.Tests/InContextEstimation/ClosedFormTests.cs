using MathNet.Numerics.LinearAlgebra;
using StateSpace.Studies.InContextEstimation;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.Tests.InContextEstimation;

/// <summary>The closed forms against figures, limits and each other.</summary>
public sealed class ClosedFormTests
{
    public static TheoryData<string> Groups() => [.. GoldenValues.All.Select(group => group.Id)];

    [Theory]
    [MemberData(nameof(Groups))]
    public void Every_closed_form_has_the_independently_computed_values(string id)
    {
        var group = GoldenValues.All.Single(group => group.Id == id);
        Assert.All(group.Values, value => Assert.InRange(value.Measured, value.Expected - group.Tolerance, value.Expected + group.Tolerance));
    }

    [Fact]
    public void Weights_of_theorem_one_have_the_least_risk_and_no_gradient_on_anisotropic_prompts()
    {
        var random = new RandomSource(3);
        var theory = new LinearRegressionTheory(RandomPrompts.Covariance(6, random), RandomPrompts.Covariance(6, random), 9, 0.4);
        Assert.Equal(theory.OptimalRisk, theory.Risk(theory.OptimalWeights), 1e-9);
        Assert.InRange(theory.RiskGradient(theory.OptimalWeights).Enumerate().Max(Math.Abs), 0, 1e-9);
        Assert.All(Enumerable.Range(0, 10), _ => Assert.True(theory.Risk(theory.OptimalWeights + (0.01 * RandomPrompts.Matrix(6, random))) > theory.OptimalRisk));
    }

    [Fact]
    public void The_gradient_of_the_risk_is_its_difference_quotient()
    {
        var random = new RandomSource(4);
        var theory = new LinearRegressionTheory(RandomPrompts.Covariance(4, random), RandomPrompts.Covariance(4, random), 7, 0.2);
        Matrix<double> at = RandomPrompts.Matrix(4, random) * 0.1, direction = RandomPrompts.Matrix(4, random);
        var quotient = (theory.Risk(at + (1e-5 * direction)) - theory.Risk(at - (1e-5 * direction))) / 2e-5;
        Assert.Equal(theory.RiskGradient(at).PointwiseMultiply(direction).Enumerate().Sum(), quotient, 1e-5);
    }

    [Fact]
    public void The_isotropic_optimum_is_a_multiple_of_the_identity() =>
        Assert.InRange((LinearRegressionTheory.Isotropic(5, 20, 1).OptimalWeights - Matrix<double>.Build.DenseDiagonal(5, 1.0 / 27)).L2Norm(), 0, 1e-12);

    [Fact]
    public void Tasks_of_rank_one_and_labels_that_are_always_zero_are_possible()
    {
        var one = Matrix<double>.Build.Dense(3, 3, 1);
        Assert.InRange(LinearRegressionTheory.WithTasks(one, 8, 0).OptimalRisk, 0, 3);
        Assert.Equal(0, LinearRegressionTheory.WithTasks(one * 0, 8, 0).OptimalRisk);
    }

    [Theory]
    [InlineData(3, 0)]
    [InlineData(12, 0.5)]
    public void Without_alignment_retrieval_and_alignment_are_independent_prompts(int examples, double noise)
    {
        var risk = LinearRegressionTheory.Isotropic(8, examples, noise).OptimalRisk;
        Assert.Equal(risk, new RetrievalTheory(8, examples, 0, noise).OptimalRisk, 1e-12);
        Assert.Equal(risk, new AlignmentTheory(8, examples, 0, noise).OptimalRisk, 1e-12);
    }

    [Fact]
    public void A_task_that_does_not_change_leaves_nothing_to_gain_by_a_filter()
    {
        var still = new TimeVaryingTheory(10, TimeVaryingTheory.Autoregressive(20, 1), 0.5);
        Assert.Equal(still.ConstantRisk, still.FilterRisk, 1e-9);
        Assert.Equal(LinearRegressionTheory.Isotropic(10, 20, 0.5).OptimalRisk, still.FilterRisk, 1e-9);
        Assert.Equal(still.FilterRisk, still.Risk(still.OptimalFilter), 1e-9);
        Assert.Equal(still.ConstantRisk, still.Risk(Vector<double>.Build.Dense(20, still.OptimalConstant)), 1e-9);
    }

    [Theory]
    [InlineData(10, 0.9, 0)]
    [InlineData(20, 0.95, 1)]
    public void The_filter_over_many_examples_is_a_state_space_model_with_one_state(int dimension, double rho, double noise)
    {
        var theory = new TimeVaryingTheory(dimension, TimeVaryingTheory.Autoregressive(400, rho), noise);
        var limit = new SteadyStateFilter(dimension, rho, noise);
        var filter = theory.OptimalFilter;
        Assert.Equal(limit.OptimalRisk, theory.FilterRisk, 1e-5);
        Assert.Equal(limit.NewestTap, filter[399], 1e-5);
        Assert.All(Enumerable.Range(390, 9), i => Assert.Equal(limit.Decay, filter[i] / filter[i + 1], 1e-5));
    }

    [Theory]
    [InlineData(5, 40, 0)]
    [InlineData(3, 12, 0.7)]
    public void Mean_risks_over_all_lengths_are_means_of_the_risks_of_each(int dimension, int examples, double noise)
    {
        var theory = new OnlineTheory(dimension, examples, noise);
        double Mean(Func<int, Vector<double>> weights) => Enumerable.Range(1, examples).Average(t =>
            new TimeVaryingTheory(dimension, TimeVaryingTheory.Autoregressive(t, 1), noise).Risk(weights(t)));
        Vector<double> Same(int count, double value) => Vector<double>.Build.Dense(count, value);
        Assert.Equal(theory.FilterRisk, Mean(t => Vector<double>.Build.Dense(t, i => theory.OptimalFilter[t - 1 - i])), 1e-9);
        Assert.Equal(theory.ConstantRisk, Mean(t => Same(t, theory.OptimalConstant)), 1e-9);
        Assert.Equal(theory.AverageRisk, Mean(t => Same(t, theory.OptimalAverage / t)), 1e-9);
        Assert.True(theory.AverageRisk < Mean(t => Same(t, 1.01 * theory.OptimalAverage / t)));
        Assert.True(theory.AverageRisk < Mean(t => Same(t, 0.99 * theory.OptimalAverage / t)));
    }

    [Fact]
    public void Numbers_out_of_range_are_named()
    {
        Assert.Contains("0 to 1", Assert.Throws<ArgumentOutOfRangeException>(() => new RetrievalTheory(5, 3, 1.5, 0)).Message);
        Assert.Contains("negative", Assert.Throws<ArgumentOutOfRangeException>(() => new AlignmentTheory(5, -1, 0, 0)).Message);
        Assert.Contains("variance", Assert.Throws<ArgumentOutOfRangeException>(() => LinearRegressionTheory.Isotropic(5, 3, -1)).Message);
        Assert.Contains("0 to 5", Assert.Throws<ArgumentOutOfRangeException>(() => LinearRegressionTheory.Isotropic(5, 3, 0).LowRankRisk(6)).Message);
        Assert.Contains("(2, 2)", Assert.Throws<ArgumentException>(() => LinearRegressionTheory.Isotropic(5, 3, 0).Risk(Matrix<double>.Build.Dense(2, 2))).Message);
        Assert.Contains("definite", Assert.Throws<ArgumentException>(() => new LinearRegressionTheory(Matrix<double>.Build.Dense(2, 2, 1), Matrix<double>.Build.DenseIdentity(2), 3, 0)).Message);
        Assert.Contains("symmetric", Assert.Throws<ArgumentException>(() => new TimeVaryingTheory(3, Matrix<double>.Build.Dense(3, 2), 0)).Message);
    }
}
