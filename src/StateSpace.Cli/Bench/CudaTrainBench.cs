using System.Diagnostics;
using StateSpace.Models;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.LanguageModels.Runs;
using StateSpace.Training.Optimizers;

namespace StateSpace.Cli.Bench;

/// <summary>
/// A training step of the models of 129M weights (width 768, 24 layers, vocabulary 50280) on 8 windows of 2048 tokens: forward, backward and AdamW with
/// BFloat16 activations and Float32 weights. The peer is mamba_ssm in PyTorch 2.11 with autocast and the fused AdamW, on an H100.
/// </summary>
internal static class CudaTrainBench
{
    private const long Batch = 8;
    private const long Length = 2048;
    private const long Vocabulary = 50280;
    private const int WarmupSteps = 4;
    private const int Steps = 12;

    public static IEnumerable<BenchRecord> Run(Device device, CancellationToken cancellation)
    {
        foreach (var (kind, peer) in new[] { ("mamba", 140_600.0), ("mamba2", 117_500.0) })
        {
            foreach (var record in Measure(kind, peer, device, cancellation)) yield return record;
        }
    }

    private static IEnumerable<BenchRecord> Measure(string kind, double peer, Device device, CancellationToken cancellation)
    {
        var gpu = CudaDevice.Of(device);
        using var model = new SequenceModel(ModelKinds.Configure(kind, Vocabulary, width: 768, depth: 24), new RandomSource(1));
        model.MoveTo(device);
        model.Activations = DType.BFloat16;
        using var optimizer = new AdamW(model.Parameters, beta2: 0.95, weightDecay: 0.1);
        var random = new RandomSource(2);
        var times = new double[Steps];
        for (var step = -WarmupSteps; step < Steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (step == 0) gpu.Memory.ResetPeak();
            gpu.Synchronize();
            var begin = Stopwatch.GetTimestamp();
            Step(model, optimizer, random, device);
            gpu.Synchronize();
            if (step >= 0) times[step] = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        }

        Array.Sort(times);
        var median = times[Steps / 2];
        var rate = Batch * Length / median;
        var name = $"{kind}, {model.ParameterCount / 1e6:0} M weights, B = {Batch}, L = {Length}, bfloat16";
        yield return new(name, "training step, median", 1e3 * median, "ms");
        yield return new(name, "training", rate, "tokens/s", peer, rate / peer, TrainingWork.Utilisation(model, rate));
        yield return new(name, "peak of device memory", gpu.Memory.PeakBytes / (double)(1 << 30), "GiB");
    }

    private static void Step(SequenceModel model, AdamW optimizer, RandomSource random, Device device)
    {
        using var scope = new TensorScope();
        Tensor ids = Tensor.Empty([Batch, Length], DType.Int32), targets = ids.EmptyLike();
        random.FillIntegers(ids.Span<int>(), (int)Vocabulary);
        random.FillIntegers(targets.Span<int>(), (int)Vocabulary);
        optimizer.ZeroGradient();
        using (var tape = new Tape())
        {
            tape.Backward(CrossEntropy.Apply(model.Forward(ids.To(device)).Logits!, targets.To(device)));
        }

        optimizer.Step(1e-4);
    }
}
