using StateSpace.Models;
using StateSpace.Studies.Selectivity.Tasks;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.Optimizers;
using StateSpace.Training.Schedules;
using StateSpace.Training.Steps;

namespace StateSpace.Studies.Selectivity.Training;

/// <summary>
/// Trains a network on a task. Validation sequences, always the same, give the curve; test sequences are drawn once, after the last step, and nothing is
/// chosen by them.
/// </summary>
internal static class TaskTrainer
{
    private const int Evaluations = 20;
    private const int TestBatch = 50;

    /// <summary>Trains and tests.</summary>
    /// <param name="run">What to train, and how.</param>
    /// <param name="report">Takes the fraction done.</param>
    /// <param name="cancellation">Stops the training.</param>
    public static TaskRecord Run(TaskRun run, Action<double> report, CancellationToken cancellation)
    {
        var source = new RandomSource((ulong)run.Seed);
        using var model = new SequenceModel(run.Network, source.Split("model"));
        model.MoveTo(run.Device);
        var parameters = model.Parameters.Where(parameter => parameter != model.Head.Weight).ToList();
        model.Head.Weight.Value.RequiresGradient = false;
        using var optimizer = new Adam(parameters);
        var plan = run.Plan;
        using var trained = new ReplayedStep(optimizer, x => Gradients(model, run.Task, x[0]!, x[1]!), plan.Cosine ? 1 : null);
        Schedule schedule = plan.Cosine ? new CosineSchedule(plan.Rate, plan.Steps) : new ConstantSchedule(plan.Rate);
        var training = source.Split("training");
        var every = Math.Max(1, plan.Steps / Evaluations);
        List<int> steps = [];
        List<double> losses = [], accuracies = [];
        var (step, sum, right, since) = (0, 0.0, 0.0, 0);
        var trainingAccuracy = 0.0;
        while (step < plan.Steps)
        {
            cancellation.ThrowIfCancellationRequested();
            using (new TensorScope())
            {
                var (ids, labels) = Draw(run.Task, plan.Batch, training);
                var measured = trained.Run([ids, labels], schedule.Rate(step));
                var hits = new double[run.Task.Scored];
                AddHits(measured[1], labels, hits);
                (sum, right) = (sum + measured[0].Item(), right + (hits.Sum() / labels.Count));
            }

            (step, since) = (step + 1, since + 1);
            report((double)step / plan.Steps);
            if (since < every && step < plan.Steps) continue;
            steps.Add(step);
            losses.Add(sum / since);
            trainingAccuracy = right / since;
            accuracies.Add(Accuracies(model, run.Task, plan.TestSequences / 5, source.Split("validation"), cancellation).Average());
            if (sum / since < plan.StopLoss) break;
            (sum, right, since) = (0, 0, 0);
        }

        var tests = run.Tests.Select((test, i) => Accuracies(model, test, plan.TestSequences, source.Split("test").Split(i), cancellation)).ToList();
        var best = accuracies.Max();
        return new(
            parameters.Sum(parameter => parameter.Value.Count), step, [.. tests.Select(test => test.Average())], tests[^1], trainingAccuracy, best, steps[accuracies.IndexOf(best)], [.. steps], [.. losses], [.. accuracies]);
    }

    /// <summary>At each scored position, the share of sequences whose likeliest token there is the label.</summary>
    private static double[] Accuracies(SequenceModel model, SequenceTask task, int sequences, RandomSource random, CancellationToken cancellation)
    {
        using var pause = Tape.Pause();
        var right = new double[task.Scored];
        for (var done = 0; done < sequences; done += TestBatch)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = new TensorScope();
            var (ids, labels) = Draw(task, Math.Min(TestBatch, sequences - done), random);
            AddHits(Logits(model, task, ids.To(model.Device)).ArgMax(1), labels, right);
        }

        return [.. right.Select(count => count / sequences)];
    }

    /// <summary>Leaves the gradients of a batch at the parameters; gives the loss and the likeliest tokens of the scored positions.</summary>
    private static Tensor[] Gradients(SequenceModel model, SequenceTask task, Tensor ids, Tensor labels)
    {
        using var tape = new Tape();
        var logits = Logits(model, task, ids);
        var loss = CrossEntropy.Apply(logits, labels);
        tape.Backward(loss);
        return [loss, logits.ArgMax(1)];
    }

    /// <summary>Counts, by position, the rows whose likeliest token is the label.</summary>
    private static void AddHits(Tensor guesses, Tensor labels, double[] right)
    {
        var (tokens, truth) = (guesses.ToArray<long>(), labels.ToArray<int>());
        for (var i = 0; i < tokens.Length; i++) right[i % right.Length] += tokens[i] == truth[i] ? 1 : 0;
    }

    /// <summary>Logits of the scored positions, (B · scored, V).</summary>
    private static Tensor Logits(SequenceModel model, SequenceTask task, Tensor ids)
    {
        var hidden = model.Forward(ids, rows: LogitRows.None).Hidden;
        return model.Head.Apply(hidden.Slice(1, task.ScoredFrom, task.Scored).Reshape(ids.Shape[0] * task.Scored, hidden.Shape[2]));
    }

    /// <summary>Sequences, (B, L), and the labels of their scored positions, (B · scored).</summary>
    private static (Tensor Ids, Tensor Labels) Draw(SequenceTask task, int batch, RandomSource random)
    {
        Tensor ids = Tensor.Empty([batch, task.Length], DType.Int32), labels = Tensor.Empty([batch * task.Scored], DType.Int32);
        Span<int> input = ids.Span<int>(), scored = labels.Span<int>();
        var all = new int[task.Length];
        for (var i = 0; i < batch; i++)
        {
            task.Draw(random, input.Slice(i * task.Length, task.Length), all);
            all.AsSpan(task.ScoredFrom).CopyTo(scored[(i * task.Scored)..]);
        }

        return (ids, labels);
    }
}
