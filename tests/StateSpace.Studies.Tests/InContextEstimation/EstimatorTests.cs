using MathNet.Numerics.LinearAlgebra;
using StateSpace.Models.Parameters;
using StateSpace.Studies.InContextEstimation;
using StateSpace.Studies.InContextEstimation.Training;
using StateSpace.Tensors;
using StateSpace.Tensors.Cuda;
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
        if (dtype == DType.Float64) Assert.Equal(theory.OptimalRisk, theory.Risk(Matrix(estimator.Preconditioner)), 1e-9);
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

        if (dtype == DType.Float64) Assert.InRange((weights - Matrix(estimator.Preconditioner)).L2Norm(), 0, 1e-12);
        for (var i = 0; i < N; i++) Parameter(estimator, "filter").SetValue(i, prompts.Filter[i]);
        var batch = prompts.Sample(new(2), 50, dtype);
        var expected = batch.Descend(PromptDistribution.ToTensor(weights, dtype), PromptDistribution.ToTensor(prompts.Filter, dtype));
        Same(expected, estimator.Predict(new(batch)), tolerance);
    }

    [Fact]
    public void Estimators_whose_other_terms_vanish_are_gradient_descent_by_their_preconditioners()
    {
        // Linear attention without v_x and a_xy; H3 with keys of features and values of labels.
        using var scope = new TensorScope();
        var prompts = new TimeVaryingPrompts(new(D, TimeVaryingTheory.Autoregressive(N, .8), 0.3));
        var batch = prompts.Sample(new(2), 50, DType.Float64);
        using LinearAttentionEstimator attention = new(2, D + 1, D + 1, new(3), 0.5);
        using H3Estimator h3 = new(2, D + 1, N, new(4), 0.5);
        attention.Convert(DType.Float64);
        h3.Convert(DType.Float64);
        ClearRows(attention, "value", 0, D);
        ClearRows(attention, "key", D, 1);
        ClearRows(h3, "value", 0, D);
        ClearRows(h3, "key", D, 1);
        Parameter(h3, "filter").CopyFrom(Tensor.Normal([2, N], new(6), dtype: DType.Float64));
        for (var i = 0; i < 2; i++)
        {
            Same(batch.Descend(attention.Preconditioner.Slice(0, i, 1).Squeeze(0)), attention.Predict(new(batch)).Slice(0, i, 1), 1e-12);
            Same(batch.Descend(h3.Preconditioner.Slice(0, i, 1).Squeeze(0), Parameter(h3, "filter").Slice(0, i, 1).Squeeze(0)), h3.Predict(new(batch)).Slice(0, i, 1), 1e-12);
        }

        static void ClearRows(Module module, string name, int first, int count)
        {
            for (var s = 0; s < 2; s++)
            {
                for (var row = first; row < first + count; row++)
                {
                    for (var column = 0; column <= D; column++) Parameter(module, name).SetValue((((s * (D + 1)) + row) * (D + 1)) + column, 0);
                }
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_estimator_for_every_length_is_the_estimator_of_each_length(bool averages)
    {
        using var scope = new TensorScope();
        using LinearAttentionEstimator attention = new(3, D + 1, D + 1, new(3), 0.5, averages);
        using H3Estimator h3 = new(3, D + 1, N, new(4), 0.5);
        attention.Convert(DType.Float64);
        h3.Convert(DType.Float64);
        Parameter(h3, "filter").CopyFrom(Tensor.Normal([3, N], new(6), dtype: DType.Float64));
        var batch = new IndependentPrompts(LinearRegressionTheory.Isotropic(D, N, 0.3)).Sample(new(2), 20, DType.Float64);
        Tensor each = attention.PredictEach(new(batch)), filtered = h3.PredictEach(new(batch));
        Assert.Equal([3L, 20, N], each.Shape.ToArray());
        for (var t = 1; t <= N; t++)
        {
            Tensor query = batch.LaterQueries.Slice(1, t - 1, 1).Squeeze(1), target = batch.LaterTargets.Slice(1, t - 1, 1).Squeeze(1);
            var part = new PromptBatch(batch.Context.Slice(1, 0, t), batch.Labels.Slice(1, 0, t), query, target);
            Same(attention.Predict(new(part)) * (averages ? 1.0 / t : 1), each.Slice(2, t - 1, 1).Squeeze(2), 1e-12);

            // The filter's last taps are those of the newest examples; examples that are not there yet are zeros.
            var late = new PromptBatch(part.Context.Pad(1, N - t, 0), part.Labels.Pad(1, N - t, 0), query, target);
            using var reversed = Reversed(h3);
            Same(reversed.Predict(new(late)), filtered.Slice(2, t - 1, 1).Squeeze(2), 1e-12);
        }

        static H3Estimator Reversed(H3Estimator source)
        {
            var copy = new H3Estimator(3, D + 1, N, new(9), 0);
            copy.Convert(DType.Float64);
            foreach (var parameter in copy.Parameters) parameter.Value.CopyFrom(Parameter(source, parameter.Name));
            var taps = Parameter(source, "filter");
            Parameter(copy, "filter").CopyFrom(Tensor.Concatenate(1, [.. Enumerable.Range(0, N).Select(i => taps.Slice(1, N - 1 - i, 1))]));
            return copy;
        }
    }

    [Theory]
    [InlineData(nameof(Architecture.LinearAttention))]
    [InlineData(nameof(Architecture.H3))]
    [InlineData(nameof(Architecture.AveragingAttention))]
    public void Training_for_every_length_reaches_the_closed_form(string model)
    {
        var run = new TrainingPlan(new("quick", 1, null, new Dictionary<string, string>())).Online.Runs.First(run => run.Model == Enum.Parse<Architecture>(model));
        run = run with { Size = Size };
        var record = EstimationRecord.FromJson(EstimationTraining.Run(run, new(_ => { }, CancellationToken.None)).Result);
        Assert.InRange(record.Best / run.Risk, 0.995, 1.05);
    }

    [SkippableTheory]
    [InlineData("train.noise0.n5.linear-attention")]
    [InlineData("train.noise0.n5.h3")]
    [InlineData("train.adaptation.r2")]
    [InlineData("train.autoregressive.n20.wpgd")]
    [InlineData("train.online.n10.linear-attention")]
    [InlineData("train.online.n10.h3")]
    public void Training_on_a_GPU_does_what_training_on_the_processor_does(string id)
    {
        Skip.IfNot(CudaDevice.TryCreate(0, out _, out var reason), reason);
        var run = new TrainingPlan(new("quick", 1, null, new Dictionary<string, string>())).Runs.Single(run => run.Id == id);
        EstimationRecord On(Device device) => EstimationRecord.FromJson(EstimationTraining.Run(
            run with { Size = Size with { Steps = 20, Device = device } }, new(_ => { }, CancellationToken.None)).Result);
        Assert.All(On(Device.Cpu).Test.Zip(On(Device.Cuda()).Test), pair => Assert.InRange(pair.Second / pair.First, 0.999, 1.001));
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
        Assert.Equal(3.0, new EstimationRecord([2, 1, 4], [1, 3, 2], [], []).Best);

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

    private static Matrix<double> Matrix(Tensor preconditioners) => Matrix<double>.Build.DenseOfRowMajor(D, D, preconditioners.ToArray<double>());

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
