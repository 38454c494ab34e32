using System.Globalization;
using StateSpace.Models;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.Optimizers;
using StateSpace.Training.Schedules;
using StateSpace.Training.Steps;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>One training on fresh words: equal values give equal results.</summary>
/// <param name="Task">The words.</param>
/// <param name="Model">The kind of network.</param>
/// <param name="Size">Its sizes.</param>
/// <param name="Steps">Steps of AdamW.</param>
/// <param name="Rate">Greatest rate: it rises over a tenth of the steps and falls by a cosine.</param>
/// <param name="Seed">Seed of initial values and words.</param>
internal sealed record TrainedRun(TrainedTask Task, TrainedModel Model, NetworkSize Size, int Steps, double Rate, long Seed)
{
    private const int Batch = 64;
    // Words of a test are read in batches of so many symbols.
    private const int TestSymbols = 16_384;
    private const double WeightDecay = 0.01;

    /// <summary>Words of each test.</summary>
    public int TestWords { get; init; } = 200;

    /// <summary>Estimated seconds on one core.</summary>
    public double Seconds => 0.5 + (1.2e-4 * Steps * Size.Layers * Task.MeanLength * (Model == TrainedModel.SignedMamba ? 7 : 1));

    /// <summary>Id of the job.</summary>
    public string Id => $"train.{Task.Name}.{Model.Id}.layers{Size.Layers}.rate{Rate.ToString(CultureInfo.InvariantCulture)}.seed{Seed}";

    /// <summary>What a person sees while it runs.</summary>
    public string Title => $"{Task.Name}: {Model.Title}, {Size.Layers} layer{(Size.Layers == 1 ? "" : "s")}, rate {Rate.ToString(CultureInfo.InvariantCulture)}, seed {Seed}";

    /// <summary>Trains, then tests; nothing is chosen by the tests.</summary>
    /// <param name="context">Progress and cancellation.</param>
    /// <param name="device">Where to compute.</param>
    public TrainedOutcome Train(JobContext context, Device device)
    {
        var source = new RandomSource((ulong)Seed).Split($"{Task.Name}.{Model.Id}.{Size.Layers}");
        using var model = new SequenceModel(Model.Network(Task.Vocabulary, Size), source.Split("model"));
        model.MoveTo(device);
        using var optimizer = new AdamW(model.Parameters, weightDecay: WeightDecay);
        using var trained = new ReplayedStep(optimizer, x => Gradients(model, x[0]!, x[1]!), clip: 1);
        Schedule schedule = new WarmupSchedule(Math.Max(1, Steps / 10), new CosineSchedule(Rate, Steps));
        using var words = Task.Batches(Batch, source.Split("training")).GetEnumerator();
        List<double> losses = [];
        for (var step = 0; step < Steps; step++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            using (new TensorScope())
            {
                words.MoveNext();
                var loss = trained.Run([words.Current.Ids, words.Current.Targets], schedule.Rate(step))[0];

                // A GPU need not be waited for at every step.
                if ((step + 1) % Math.Max(1, Steps / 20) == 0) losses.Add(loss.Item());
            }

            context.Report(0.95 * (step + 1) / Steps);
        }

        var tests = Task.Tests.Select((range, i) => Test(model, range, source.Split("test").Split(i), context)).ToList();
        return new(model.ParameterCount, [.. losses], [.. tests.Select(test => test.Strict)], [.. tests.Select(test => test.Token)], [.. tests.Select(test => test.Excess)]);
    }

    private static Tensor[] Gradients(SequenceModel model, Tensor ids, Tensor targets)
    {
        using var tape = new Tape();
        var loss = CrossEntropy.Apply(model.Forward(ids).Logits!, targets, TrainedTask.Ignored);
        tape.Backward(loss);
        return [loss];
    }

    private (double Strict, double Token, double Excess) Test(SequenceModel model, WordRange range, RandomSource random, JobContext context)
    {
        using var pause = Tape.Pause();
        var (right, asked, whole, nats, least, trained) = (0L, 0L, 0, 0.0, 0.0, 0L);
        var batch = Math.Clamp(TestSymbols / range.Longest, 1, Batch);
        for (var done = 0; done < TestWords; done += batch)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            using var scope = new TensorScope();
            var (ids, targets, answers, leastLoss) = Task.Draw(Math.Min(batch, TestWords - done), range, random).To(model.Device);
            var output = model.Forward(ids).Logits!;
            var (logits, length, tokens) = (output.ToArray<float>(), (int)ids.Shape[1], (int)output.Shape[2]);
            var count = targets.ToArray<int>().Count(target => target != TrainedTask.Ignored);
            nats += count * CrossEntropy.Apply(output, targets, TrainedTask.Ignored).Item();
            (least, trained) = (least + leastLoss, trained + count);
            for (var i = 0; i < ids.Shape[0]; i++)
            {
                var places = Enumerable.Range(i * length, length).Where(at => answers[at] != TrainedTask.Ignored).ToList();
                var hits = places.Count(at => Task.IsRight(logits.AsSpan(at * tokens, tokens), answers[at]));
                (right, asked) = (right + hits, asked + places.Count);
                if (hits == places.Count) whole++;
            }
        }

        return (100.0 * whole / TestWords, 100.0 * right / asked, (nats - least) / trained);
    }
}

/// <summary>What a training gave.</summary>
/// <param name="Parameters">Trained values.</param>
/// <param name="Losses">Loss of a batch at twenty times along the way, nats.</param>
/// <param name="Strict">Share of test words, in %, of which every position that is asked for is right, by test.</param>
/// <param name="Token">Share of the positions asked for that are right, in %, by test.</param>
/// <param name="Excess">Loss above that of who knows how the words are drawn, nats a token, by test; NaN where that is not known.</param>
internal sealed record TrainedOutcome(long Parameters, double[] Losses, double[] Strict, double[] Token, double[] Excess);
