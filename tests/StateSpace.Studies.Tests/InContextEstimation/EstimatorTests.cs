using MathNet.Numerics.LinearAlgebra;
using StateSpace.Models.Parameters;
using StateSpace.Studies.InContextEstimation;
using StateSpace.Studies.InContextEstimation.Training;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.LinearAttention;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.Tests.InContextEstimation;

/// <summary>The trained estimators are the ones that the theory speaks of.</summary>
public sealed class EstimatorTests
{
    private const int D = 4, N = 9;

    private static readonly TrainingSize Size = new(3, 300, 128, 2e-2, 0.1, 2000, 1);

    [Theory]
    [InlineData(DType.Float32, 1e-5)]
    [InlineData(DType.Float64, 1e-12)]
    public void Linear_attention_with_constructed_weights_is_preconditioned_gradient_descent(DType dtype, double tolerance)
    {
        using var scope = new TensorScope();
        var theory = LinearRegressionTheory.Equicorrelated(D, 0.5, N, 0.3);
        using var estimator = new LinearAttentionEstimator(1, D + 1, D + 1, new(1), 0);
        estimator.Convert(dtype);
        for (var i = 0; i < D; i++)
        {
            for (var j = 0; j < D; j++) Set(estimator, "query", theory.OptimalWeights[i, j], i, j);
        }

        for (var i = 0; i <= D; i++)
        {
            Set(estimator, "key", 1, i, i);
            Set(estimator, "value", 1, i, i);
        }

        Set(estimator, "head", 1, D, 0);
        var batch = new IndependentPrompts(theory).Sample(new(2), 50, dtype);
        Same(batch.Descend(PromptDistribution.ToTensor(theory.OptimalWeights, dtype)), estimator.Predict(new(batch)), tolerance);
    }

    [Theory]
    [InlineData(DType.Float32, 1e-5)]
    [InlineData(DType.Float64, 1e-12)]
    public void H3_with_constructed_weights_is_weighted_preconditioned_gradient_descent(DType dtype, double tolerance)
    {
        using var scope = new TensorScope();
        var prompts = new TimeVaryingPrompts(new(D, TimeVaryingTheory.Autoregressive(N, .8), 0.3));
        var weights = RandomPrompts.Matrix(D, new(5));
        using var estimator = new H3Estimator(1, D + 1, N, new(1), 0);
        estimator.Convert(dtype);
        for (var j = 0; j < D; j++)
        {
            for (var i = 0; i < D; i++) Set(estimator, "query", weights[i, j], i, j);
            Set(estimator, "key", 1, j, j);
            Set(estimator, "value", 1, D, j);
            Set(estimator, "head", 1, j, 0);
        }

        for (var i = 0; i < N; i++) Parameter(estimator, "filter").SetValue(i, prompts.Filter[i]);
        var batch = prompts.Sample(new(2), 50, dtype);
        var expected = batch.Descend(PromptDistribution.ToTensor(weights, dtype), PromptDistribution.ToTensor(prompts.Filter, dtype));
        Same(expected, estimator.Predict(new(batch)), tolerance);
    }

    [Fact]
    public void The_estimator_reads_the_state_of_the_librarys_linear_attention()
    {
        using var scope = new TensorScope();
        using var estimator = new LinearAttentionEstimator(1, D + 1, 3, new(1), 0.5);
        estimator.Convert(DType.Float64);
        var batch = new IndependentPrompts(LinearRegressionTheory.Isotropic(D, N, 0.3)).Sample(new(2), 20, DType.Float64);
        var input = new EstimatorInput(batch);
        Tensor k = Heads(input.Tokens.MatMul(Matrix("key"))), v = Heads(input.Tokens.MatMul(Matrix("value")));
        var (_, state) = LinearAttention.Apply(k, k, v);
        var query = input.Query.MatMul(Matrix("query")).Reshape(20, 1, 3, 1);
        Same(state.MatMul(query).Reshape(20, D + 1).MatMul(Matrix("head")).Squeeze(1), estimator.Predict(input), 1e-12);

        Tensor Matrix(string name) => Parameter(estimator, name).Squeeze(0);
        static Tensor Heads(Tensor x) => x.Unsqueeze(2);
    }

    [Fact]
    public void An_update_begins_as_the_pretrained_estimator()
    {
        using var scope = new TensorScope();
        var pretrained = PromptDistribution.ToTensor(RandomPrompts.Matrix(D, new(5)), DType.Float32);
        using var estimator = new AdaptedAttentionEstimator(1, pretrained, 2, new(1), 0.1);
        var batch = new IndependentPrompts(LinearRegressionTheory.Isotropic(D, N, 0.3)).Sample(new(2), 20);
        Same(batch.Descend(pretrained), estimator.Predict(new(batch)), 1e-5);
    }

    [Fact]
    public void Initializations_side_by_side_do_not_touch_each_other()
    {
        using var scope = new TensorScope();
        using H3Estimator two = new(2, D + 1, N, new(1), 0.5), one = new(1, D + 1, N, new(9), 0.5);
        foreach (var parameter in one.Parameters) parameter.Value.CopyFrom(Parameter(two, parameter.Name).Slice(0, 1, 1));
        var batch = new IndependentPrompts(LinearRegressionTheory.Isotropic(D, N, 0.3)).Sample(new(2), 20);
        Same(two.Predict(new(batch)).Slice(0, 1, 1), one.Predict(new(batch)), 1e-6);
    }

    [Theory]
    [InlineData(nameof(Architecture.LinearAttention))]
    [InlineData(nameof(Architecture.Descent))]
    public void Training_reaches_the_closed_form(string model)
    {
        var prompts = new IndependentPrompts(LinearRegressionTheory.Isotropic(2, 6, 0.5));
        var run = new EstimationRun("test", "test", 6, Enum.Parse<Architecture>(model), prompts, Size);
        var outcome = EstimationTraining.Run(run, new(_ => { }, CancellationToken.None));
        Assert.InRange(EstimationRecord.FromJson(outcome.Result).Best / run.Risk, 0.995, 1.03);
        Assert.Equal(20, outcome.Metrics.Count);
        Assert.Equal(outcome.Result.ToJsonString(), EstimationTraining.Run(run, new(_ => { }, CancellationToken.None)).Result.ToJsonString());
    }

    [Fact]
    public void The_initialization_is_chosen_by_validation_alone() =>
        Assert.Equal(3.0, new EstimationRecord([2, 1, 4], [1, 3, 2], []).Best);

    [Theory]
    [InlineData("quick")]
    [InlineData("paper")]
    public void A_preset_trains_every_figure_from_three_initializations_at_least(string preset)
    {
        var plan = new TrainingPlan(new(preset, 1, null, new Dictionary<string, string>()));
        Assert.Equal(plan.Runs.Count(), plan.Runs.Select(run => run.Id).Distinct().Count());
        Assert.All(plan.Figures, figure => Assert.NotEmpty(figure.Runs));
        Assert.All(plan.Runs, run => Assert.InRange(run.Size.Initializations, 3, 20));
    }

    [Fact]
    public void Fewer_than_one_initialization_is_refused() =>
        Assert.Contains("at least 1", Assert.Throws<StudyInputException>(() => new TrainingPlan(new("quick", 1, 0, new Dictionary<string, string>()))).Message);

    private static Tensor Parameter(Module module, string name) => module.Parameters.Single(parameter => parameter.Name == name).Value;

    private static void Set(Module module, string name, double value, int row, int column)
    {
        var tensor = Parameter(module, name);
        tensor.SetValue((row * tensor.Shape[2]) + column, value);
    }

    private static void Same(Tensor expected, Tensor actual, double tolerance)
    {
        double[] a = expected.ToArray<double>(), b = actual.ToArray<double>();
        Assert.Equal(a.Length, b.Length);
        var scale = a.Max(Math.Abs);
        for (var i = 0; i < a.Length; i++) Assert.InRange(b[i], a[i] - (tolerance * scale), a[i] + (tolerance * scale));
    }
}
