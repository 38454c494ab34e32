using System.Diagnostics;
using StateSpace.Models;
using StateSpace.Models.Layers;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.Optimizers;

namespace StateSpace.Cli.Bench;

/// <summary>
/// A training step of the small models that studies train, on one thread, as their jobs run: one block of 32 channels with 8 real numbers of state on 64
/// sequences of 50 tokens. The peer, the same block in PyTorch operations, is <c>bench/pytorch/study_step.py</c>.
/// </summary>
internal static class StudyStepBench
{
    private const int Batch = 64;
    private const int Length = 50;
    private const int Vocabulary = 16;
    private const int WarmupSteps = 300;
    private const int Steps = 200;

    public static IEnumerable<BenchRecord> Run(CancellationToken cancellation)
    {
        foreach (var (name, layer) in new (string, MixerSettings)[]
        {
            ("mamba", new MambaSettings { StateSize = 8 }),
            ("s6 real", new S6Settings { StateSize = 8 }),
            ("s6 complex", new S6Settings { StateSize = 8, Complex = true }),
        })
        {
            var (times, processor) = Measure(layer, cancellation);
            var text = $"{name}, 1 layer, D = 32, N = 8, B = {Batch}, L = {Length}, float32, one thread";
            yield return new(text, "time of a step, median", 1e3 * times[times.Length / 2], "ms");
            yield return new(text, "time of a step, best", 1e3 * times[0], "ms");
            yield return new(text, "processor time of a step, mean", 1e3 * processor, "ms");
            yield return new(text, "steps per second, median", 1 / times[times.Length / 2], "1/s");
        }
    }

    /// <summary>Seconds of a step: batch, forward, backward, clipping and update; sorted; and mean seconds of processor time.</summary>
    private static (double[] Times, double Processor) Measure(MixerSettings layer, CancellationToken cancellation)
    {
        using var single = CpuTeam.StayOnThread();
        using var model = new SequenceModel(new() { Vocabulary = Vocabulary, Width = 32, Blocks = [new(layer)], EmbeddingDeviation = 1 }, new RandomSource(1));
        using var optimizer = new Adam(model.Parameters);
        var random = new RandomSource(2);
        var times = new double[Steps];
        var before = TimeSpan.Zero;
        for (var step = -WarmupSteps; step < Steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (step == 0) before = Environment.CpuUsage.TotalTime;
            var start = Stopwatch.GetTimestamp();
            using var scope = new TensorScope();
            Tensor ids = Tensor.Empty([Batch, Length], DType.Int32), targets = ids.EmptyLike();
            random.FillIntegers(ids.Span<int>(), Vocabulary);
            random.FillIntegers(targets.Span<int>(), Vocabulary);
            optimizer.ZeroGradient();
            using (var tape = new Tape()) tape.Backward(CrossEntropy.Apply(model.Forward(ids).Logits!, targets));
            optimizer.ClipAndStep(1e-3, maximum: 1);
            if (step >= 0) times[step] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        var processor = (Environment.CpuUsage.TotalTime - before).TotalSeconds / Steps;
        Array.Sort(times);
        return (times, processor);
    }
}
