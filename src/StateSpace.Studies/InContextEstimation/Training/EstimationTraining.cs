using System.Text.Json.Nodes;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.Optimizers;
using StateSpace.Training.Schedules;

namespace StateSpace.Studies.InContextEstimation.Training;

/// <summary>Trains an estimator on fresh prompts and evaluates it against the best of its kind on common ones.</summary>
internal static class EstimationTraining
{
    private const int EvaluationBlock = 1024;
    private const int Measurements = 20;

    /// <summary>Trains and evaluates.</summary>
    public static JobOutcome Run(EstimationRun run, JobContext context)
    {
        var random = new RandomSource(run.Size.Seed).Split(run.Id);
        using var estimator = run.Create(random.Split("weights"));
        estimator.MoveTo(run.Size.Device);
        var metrics = Train(run, estimator, random.Split("prompts"), context);
        var record = new EstimationRecord(
            Evaluate(run, estimator, random.Split("validation"), run.Size.TestPrompts / 4, context),
            Evaluate(run, estimator, random.Split("test"), run.Size.TestPrompts, context),
            Filters(estimator),
            Preconditioners(estimator));
        return new(record.ToJson(), metrics);
    }

    private static List<JsonObject> Train(EstimationRun run, Estimator estimator, RandomSource random, JobContext context)
    {
        var (steps, metrics) = (run.Size.Steps, new List<JsonObject>());
        using var optimizer = new Adam(estimator.Parameters);
        var schedule = new CosineSchedule(run.Size.Rate, steps);
        for (var step = 0; step < steps; step++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Report(0.9 * step / steps);
            using var scope = new TensorScope();
            var input = new EstimatorInput(run.Prompts.Sample(random, run.Size.Batch).To(run.Size.Device));
            using var tape = new Tape();
            var losses = Error(run, estimator, input).Square().Mean(1);
            optimizer.ZeroGradient();
            tape.Backward(losses.Sum());
            optimizer.Step(schedule.Rate(step));
            if ((step + 1) % Math.Max(1, steps / Measurements) == 0)
                metrics.Add(new() { ["step"] = step + 1, ["loss"] = JsonNumbers(losses.ToArray<double>()) });
        }

        return metrics;
    }

    /// <summary>
    /// Risk of each initialization: that of the best estimator, which is known exactly, and the mean difference of the two losses on the same prompts. Squared
    /// losses have heavy tails, their differences hardly any.
    /// </summary>
    private static double[] Evaluate(EstimationRun run, Estimator estimator, RandomSource random, int prompts, JobContext context)
    {
        using var scope = new TensorScope();
        Tensor OnDevice(Tensor tensor) => tensor.To(run.Size.Device);
        Tensor weights = OnDevice(PromptDistribution.ToTensor(run.Weights, DType.Float32)), filter = OnDevice(PromptDistribution.ToTensor(run.Filter, DType.Float32));
        var each = run.EachLength is { } matrix ? OnDevice(PromptDistribution.ToTensor(matrix, DType.Float32)) : null;
        var sums = new double[estimator.Stack];
        for (var done = 0; done < prompts; done += EvaluationBlock)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            using var block = new TensorScope();
            var input = new EstimatorInput(run.Prompts.Sample(random, Math.Min(EvaluationBlock, prompts - done)).To(run.Size.Device));
            var least = each is null ? input.Batch.Descend(weights, filter) - input.Batch.Target : (input.Batch.DescendEach(each) - input.Batch.LaterTargets).Reshape(-1);
            var excess = (Error(run, estimator, input).Square() - least.Square()).Sum(1).ToArray<double>();
            for (var i = 0; i < sums.Length; i++) sums[i] += excess[i];
        }

        var lengths = each is null ? 1 : each.Shape[0];
        return [.. sums.Select(sum => run.Risk + (sum / ((double)prompts * lengths)))];
    }

    /// <summary>Estimates less labels, (S, B), or (S, B·n) where every context length counts.</summary>
    private static Tensor Error(EstimationRun run, Estimator estimator, EstimatorInput input) => run.EachLength is null
        ? estimator.Predict(input) - input.Batch.Target
        : (estimator.PredictEach(input) - input.Batch.LaterTargets).Reshape(estimator.Stack, -1);

    private static double[][] Filters(Estimator estimator) =>
        estimator.Filter is not { } filter ? [] : [.. filter.Value.ToArray<double>().Chunk((int)filter.Value.Shape[1])];

    private static double[][] Preconditioners(Estimator estimator)
    {
        using var scope = new TensorScope();
        var weights = estimator.Preconditioner;
        return [.. weights.ToArray<double>().Chunk((int)(weights.Count / estimator.Stack))];
    }

    private static JsonArray JsonNumbers(double[] values) => [.. values.Select(value => (JsonNode)value)];
}

/// <summary>What became of a run, for each initialization.</summary>
/// <param name="Validation">Risks on the prompts that select an initialization.</param>
/// <param name="Test">Risks on other prompts.</param>
/// <param name="Filters">Weights of the examples; empty where there are none.</param>
/// <param name="Preconditioners">W of the gradient descent in each, row by row.</param>
internal sealed record EstimationRecord(double[] Validation, double[] Test, double[][] Filters, double[][] Preconditioners)
{
    /// <summary>The initialization with the least risk on the validation prompts.</summary>
    public int Chosen => Array.IndexOf(Validation, Validation.Min());

    /// <summary>Its risk on the test prompts.</summary>
    public double Best => Test[Chosen];

    public JsonNode ToJson() => System.Text.Json.JsonSerializer.SerializeToNode(this, Json)!;

    /// <summary>The record of a job.</summary>
    /// <exception cref="StudyInputException">There is none.</exception>
    public static EstimationRecord Of(IReadOnlyDictionary<string, JsonNode> outcomes, string id) => FromJson(Preset.Outcome(outcomes, id));

    public static EstimationRecord FromJson(JsonNode node) => System.Text.Json.JsonSerializer.Deserialize<EstimationRecord>(node, Json)!;

    // A run that diverged has no number; as a string it survives the journal.
    private static readonly System.Text.Json.JsonSerializerOptions Json =
        new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };
}
