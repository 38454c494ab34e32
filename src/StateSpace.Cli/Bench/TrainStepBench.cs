using System.Diagnostics;
using StateSpace.Models;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Memory;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.Optimizers;

namespace StateSpace.Cli.Bench;

/// <summary>
/// A training step of a Mamba of 4 layers and 256 channels on 8 windows of 256 bytes, in its parts. The peer, the same model in PyTorch
/// operations, is <c>bench/pytorch/train_step.py</c>.
/// </summary>
internal static class TrainStepBench
{
    private const long Batch = 8;
    private const long Length = 256;
    private const long Vocabulary = 256;
    private const int WarmupSteps = 3;
    private const int Steps = 15;

    public static IEnumerable<BenchRecord> Run(CancellationToken cancellation)
    {
        using var model = new SequenceModel(ModelKinds.Configure("mamba", Vocabulary, width: 256, depth: 4), new RandomSource(1));
        using var optimizer = new AdamW(model.Parameters, beta2: 0.95, weightDecay: 0.1);
        var random = new RandomSource(2);
        var parts = new double[Steps][];
        for (var step = -WarmupSteps; step < Steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (step == 0) MemoryPool.ResetPeak();
            var times = Step(model, optimizer, random);
            if (step >= 0) parts[step] = times;
        }

        var totals = parts.Select(part => part.Sum()).ToArray();
        const string name = "mamba, 4 layers, D = 256, B = 8, L = 256, float32";
        yield return new(name, "time of a step, median", 1e3 * Median(totals), "ms");
        yield return new(name, "time of a step, best", 1e3 * totals.Min(), "ms");
        yield return new(name, "throughput, median", Batch * Length / Median(totals), "tokens/s");
        foreach (var (part, i) in new[] { "forward", "backward", "clipping", "optimizer" }.Select((part, i) => (part, i)))
            yield return new(name, $"{part}, median", 1e3 * Median([.. parts.Select(times => times[i])]), "ms");
        yield return new(name, "peak of tensor memory, weights and moments included", MemoryPool.PeakBytes / (double)(1 << 20), "MiB");
    }

    /// <summary>Seconds of forward, backward, clipping and update.</summary>
    private static double[] Step(SequenceModel model, AdamW optimizer, RandomSource random)
    {
        using var scope = new TensorScope();
        Tensor ids = Tensor.Empty([Batch, Length], DType.Int32), targets = ids.EmptyLike();
        random.FillIntegers(ids.Span<int>(), (int)Vocabulary);
        random.FillIntegers(targets.Span<int>(), (int)Vocabulary);
        var marks = new List<long> { Stopwatch.GetTimestamp() };
        optimizer.ZeroGradient();
        using (var tape = new Tape())
        {
            var loss = CrossEntropy.Apply(model.Forward(ids).Logits!, targets);
            marks.Add(Stopwatch.GetTimestamp());
            tape.Backward(loss);
        }

        marks.Add(Stopwatch.GetTimestamp());
        GradientClipping.Clip(model.Parameters, maximum: 1);
        marks.Add(Stopwatch.GetTimestamp());
        optimizer.Step(1e-3);
        marks.Add(Stopwatch.GetTimestamp());
        return [.. marks.Zip(marks.Skip(1), (from, to) => Stopwatch.GetElapsedTime(from, to).TotalSeconds)];
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
