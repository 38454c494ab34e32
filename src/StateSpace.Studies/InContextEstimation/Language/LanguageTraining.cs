using System.Text.Json;
using System.Text.Json.Nodes;
using StateSpace.Models;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.Optimizers;
using StateSpace.Training.Schedules;

namespace StateSpace.Studies.InContextEstimation.Language;

/// <summary>Trains a language model on a task. The weights that are tested are those of the best validation accuracy.</summary>
internal static class LanguageTraining
{
    /// <summary>Sequences of the validation set.</summary>
    public const int ValidationSequences = 500;

    /// <summary>Sequences of the test set.</summary>
    public const int TestSequences = 2000;

    private const int Evaluations = 40;
    private const int TestBatch = 100;

    /// <summary>Trains and tests.</summary>
    public static JobOutcome Run(LanguageRun run, JobContext context)
    {
        var (size, source) = (run.Size, new RandomSource((ulong)run.Seed).Split(run.Id));
        using var model = new SequenceModel(run.Model, source.Split("model"));
        model.MoveTo(size.Device);
        using var optimizer = new AdamW(run.Groups(model), weightDecay: 0.1);
        var warmup = Math.Max(1, size.Steps / 10);
        var schedule = new WarmupSchedule(warmup, new CosineSchedule(size.Rate, size.Steps - warmup, size.Rate / 10));
        var training = new LanguageExamples(run.Task, source.Split("training"), size.TrainingSet);
        var (every, sum, since) = (Math.Max(1, size.Steps / Evaluations), 0.0, 0);
        var record = new LanguageRecord(model.ParameterCount, -1, 0, 0, []);
        for (var step = 0; step < size.Steps && record.Validation < size.StopAccuracy;)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            optimizer.ZeroGradient();
            sum += Gradients(model, training, size);
            optimizer.ClipAndStep(schedule.Rate(step), maximum: 1);
            (step, since) = (step + 1, since + 1);
            context.Report((double)step / size.Steps);
            if (since < every && step < size.Steps) continue;
            var accuracy = Accuracy(model, run.Task, source.Split("validation"), ValidationSequences, context);
            record.Curve.Add(new(step, sum / since, accuracy));
            (sum, since) = (0, 0);
            if (accuracy > record.Validation)
                record = record with { Validation = accuracy, BestStep = step, Test = Accuracy(model, run.Task, source.Split("test"), TestSequences, context) };
        }

        return new(record.ToJson(), [.. record.Curve.Select(point => new JsonObject { ["step"] = point.Step, ["loss"] = point.Loss, ["accuracy"] = point.Accuracy })]);
    }

    /// <summary>Leaves the gradients of a batch at the parameters; gives the loss.</summary>
    private static double Gradients(SequenceModel model, LanguageExamples examples, LanguageSize size)
    {
        using var scope = new TensorScope();
        var (ids, targets) = examples.Next(size.Batch, size.AllTokens, model.Device);
        using var tape = new Tape();
        var loss = CrossEntropy.Apply(model.Forward(ids).Logits!, targets);
        tape.Backward(loss);
        return loss.Item();
    }

    /// <summary>Share of sequences whose last token is the likeliest one.</summary>
    private static double Accuracy(SequenceModel model, LanguageTask task, RandomSource random, int sequences, JobContext context)
    {
        using var pause = Tape.Pause();
        var (examples, right) = (new LanguageExamples(task, random, 0), 0);
        for (var done = 0; done < sequences; done += TestBatch)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            using var scope = new TensorScope();
            var (ids, targets) = examples.Next(TestBatch, allTokens: false, model.Device);
            var guesses = model.Forward(ids, rows: LogitRows.Last).Logits!.ArgMax(2).ToArray<long>();
            var truth = targets.Slice(1, task.Length - 1, 1).ToArray<long>();
            for (var i = 0; i < guesses.Length; i++) right += guesses[i] == truth[i] ? 1 : 0;
        }

        return (double)right / sequences;
    }
}

/// <summary>What became of a training.</summary>
/// <param name="Parameters">Trained numbers.</param>
/// <param name="Validation">Best validation accuracy.</param>
/// <param name="BestStep">After which update.</param>
/// <param name="Test">Test accuracy of those weights.</param>
/// <param name="Curve">Every validation.</param>
internal sealed record LanguageRecord(long Parameters, double Validation, int BestStep, double Test, List<LanguagePoint> Curve)
{
    public JsonNode ToJson() => JsonSerializer.SerializeToNode(this)!;

    /// <summary>The record of a job.</summary>
    /// <exception cref="StudyInputException">There is none.</exception>
    public static LanguageRecord Of(IReadOnlyDictionary<string, JsonNode> outcomes, string id) => FromJson(Preset.Outcome(outcomes, id));

    public static LanguageRecord FromJson(JsonNode node) => node.Deserialize<LanguageRecord>()!;
}

/// <summary>A validation along the way.</summary>
/// <param name="Step">Updates so far.</param>
/// <param name="Loss">Mean training loss since the last validation, in nats.</param>
/// <param name="Accuracy">Validation accuracy.</param>
internal sealed record LanguagePoint(int Step, double Loss, double Accuracy);
