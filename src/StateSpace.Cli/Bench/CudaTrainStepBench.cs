using System.Diagnostics;
using StateSpace.Models;
using StateSpace.Tensors;
using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.Cuda.Gemm;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.LanguageModels.Data;
using StateSpace.Training.LanguageModels.Runs;
using StateSpace.Training.LanguageModels.Settings;

namespace StateSpace.Cli.Bench;

/// <summary>
/// The trainer's step of small models on a GPU, Float32: its launches one by one, and replayed as a graph. Both give the same bits; the peer of the
/// second is the first.
/// </summary>
internal static class CudaTrainStepBench
{
    private const int Vocabulary = 256;
    private const int Tokens = 1 << 20;
    private const int WarmupSteps = 10;
    private const int Steps = 50;

    private static readonly (long Width, long Layers, long Batch, long Length)[] Sizes = [(64, 2, 8, 128), (256, 4, 8, 256), (32, 1, 64, 50)];

    public static IEnumerable<BenchRecord> Run(Device device, CancellationToken cancellation)
    {
        foreach (var kind in new[] { "mamba", "mamba2", "transformer" })
        {
            foreach (var (width, layers, batch, length) in Sizes)
            {
                var settings = new LanguageModelSettings { Width = width, Layers = layers, Batch = batch, Length = length, Steps = WarmupSteps + Steps };
                var name = $"{kind}, {layers} layers, D = {width}, B = {batch}, L = {length}, float32";
                var launched = Milliseconds(kind, settings with { Capture = false }, device, cancellation, out _);
                yield return new(name, "step, launched", launched, "ms");
                var replayed = Milliseconds(kind, settings, device, cancellation, out var notes);
                foreach (var note in notes.Where(note => note.Contains("not captured", StringComparison.Ordinal))) Console.Error.WriteLine($"{name}: {note}");
                yield return new(name, "step, replayed", replayed, "ms", launched, launched / replayed);
            }
        }
    }

    /// <summary>Median of a step, the loss read and the next batch made included.</summary>
    private static double Milliseconds(string kind, LanguageModelSettings settings, Device device, CancellationToken cancellation, out List<string> notes)
    {
        var ids = new int[Tokens];
        new RandomSource(1).FillIntegers(ids, Vocabulary);
        var model = new SequenceModel(ModelKinds.Configure(kind, Vocabulary, settings.Width, (int)settings.Layers), new RandomSource(2));
        model.MoveTo(device);
        notes = [];
        using var loop = new TrainingLoop(settings with { TensorFloat32 = CudaGemm.AllowTensorFloat32 }, model, new TokenText(ids, [0]), new RandomSource(3), notify: notes.Add);
        var times = new double[Steps];
        for (var step = -WarmupSteps; step < Steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            CudaDevice.Of(device).Synchronize();
            var begin = Stopwatch.GetTimestamp();
            loop.Step(WarmupSteps + step);
            if (step >= 0) times[step] = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        }

        Array.Sort(times);
        return times[Steps / 2];
    }
}
