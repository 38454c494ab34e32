using StateSpace.Models;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.Optimizers;
using StateSpace.Training.Schedules;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>One training on fresh words: equal values give equal results.</summary>
/// <param name="Task">The language and its lengths.</param>
/// <param name="Model">The kind of network.</param>
/// <param name="Layers">Its blocks.</param>
/// <param name="Steps">Steps of AdamW; the rate rises over a tenth of them and falls by a cosine.</param>
/// <param name="Seed">Seed of initial values and words.</param>
internal sealed record TrainedRun(LanguageTask Task, TrainedModel Model, int Layers, int Steps, long Seed)
{
    private const int Batch = 64;
    private const int TestWords = 200;
    private const int TestBatch = 25;
    private const double Rate = 3e-3;
    private const double WeightDecay = 0.01;

    /// <summary>Id of the job.</summary>
    public string Id => $"train.{Task.Language}.{Model.Id}.layers{Layers}.seed{Seed}";

    /// <summary>What a person sees while it runs.</summary>
    public string Title => $"{Task.Language}: {Model.Title}, {Layers} layer{(Layers == 1 ? "" : "s")}, seed {Seed}";

    /// <summary>Trains, then tests; nothing is chosen by the tests.</summary>
    public TrainedOutcome Train(JobContext context)
    {
        var source = new RandomSource((ulong)Seed).Split($"{Task.Language}.{Model.Id}.{Layers}");
        using var model = new SequenceModel(Model.Network(Task.Vocabulary, Layers), source.Split("model"));
        using var optimizer = new AdamW(model.Parameters, weightDecay: WeightDecay);
        Schedule schedule = new WarmupSchedule(Math.Max(1, Steps / 10), new CosineSchedule(Rate, Steps));
        var words = source.Split("training");
        List<double> losses = [];
        for (var step = 0; step < Steps; step++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            optimizer.ZeroGradient();
            var loss = Gradients(model, words);
            optimizer.ClipAndStep(schedule.Rate(step), maximum: 1);
            if ((step + 1) % Math.Max(1, Steps / 20) == 0) losses.Add(loss);
            context.Report(0.95 * (step + 1) / Steps);
        }

        var tests = Task.Tests.Select((window, i) => Test(model, window, source.Split("test").Split(i), context)).ToList();
        return new(model.ParameterCount, [.. losses], [.. tests.Select(test => test.Strict)], [.. tests.Select(test => test.Token)]);
    }

    private double Gradients(SequenceModel model, RandomSource words)
    {
        using var scope = new TensorScope();
        var (ids, labels) = Task.Draw(Batch, Task.Training, words);
        using var tape = new Tape();
        var loss = CrossEntropy.Apply(model.Forward(ids).Logits!, labels, LanguageTask.Ignored);
        tape.Backward(loss);
        return loss.Item();
    }

    private (double Strict, double Token) Test(SequenceModel model, (int Shortest, int Longest) window, RandomSource random, JobContext context)
    {
        using var pause = Tape.Pause();
        var (right, all, whole) = (0L, 0L, 0);
        for (var done = 0; done < TestWords; done += TestBatch)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            using var scope = new TensorScope();
            var (ids, labels) = Task.Draw(TestBatch, window, random);
            var guesses = model.Forward(ids).Logits!.ArgMax(2).ToArray<long>();
            var (truth, length) = (labels.ToArray<int>(), (int)ids.Shape[1]);
            for (var i = 0; i < TestBatch; i++)
            {
                var places = Enumerable.Range(i * length, length).Where(at => truth[at] != LanguageTask.Ignored).ToList();
                var hits = places.Count(at => guesses[at] == truth[at]);
                (right, all) = (right + hits, all + places.Count);
                if (hits == places.Count) whole++;
            }
        }

        return (100.0 * whole / TestWords, 100.0 * right / all);
    }
}

/// <summary>What a training gave.</summary>
/// <param name="Parameters">Trained values.</param>
/// <param name="Losses">Loss of a batch at twenty times along the way, nats.</param>
/// <param name="Strict">Share of test words, in %, of which every position is right, by test.</param>
/// <param name="Token">Share of positions that are right, in %, by test.</param>
internal sealed record TrainedOutcome(long Parameters, double[] Losses, double[] Strict, double[] Token);
