using System.Diagnostics;
using StateSpace.Inference.Decoding;
using StateSpace.Models;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Cli.Bench;

/// <summary>
/// Greedy generation with models of the 130M shape (width 768, 24 layers, vocabulary 50280, random weights): 128 tokens of prompt, 256 new ones, all sequences
/// side by side. The peer is mamba_ssm with CUDA graphs in bfloat16, on an H100.
/// </summary>
internal static class CudaGenerateBench
{
    private const int Prompt = 128;
    private const int New = 256;
    private const int Burst = 16;
    private const int Rounds = 5;

    private static readonly (string Kind, int Batch, DType Storage, double? Peer)[] Cases =
    [
        ("mamba", 1, DType.BFloat16, 1_167), ("mamba", 1, DType.Float32, null), ("mamba", 8, DType.BFloat16, null), ("mamba", 64, DType.BFloat16, 62_700),
        ("mamba2", 1, DType.BFloat16, 1_235), ("mamba2", 64, DType.BFloat16, 41_000),
    ];

    public static IEnumerable<BenchRecord> Run(Device device, CancellationToken cancellation)
    {
        foreach (var kind in Cases.Select(entry => entry.Kind).Distinct())
        {
            using var model = new SequenceModel(ModelKinds.Configure(kind, 50280, 768, 24), new RandomSource(1));
            model.MoveTo(device);
            model.Freeze();
            foreach (var (_, batch, storage, peer) in Cases.Where(entry => entry.Kind == kind))
            {
                model.Activations = storage == DType.BFloat16 ? storage : null;
                var times = new List<(double Prompt, double New)>();
                for (var i = 0; i <= Rounds; i++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    times.Add(Measure(model, batch));
                }

                // The first round compiles.
                times.RemoveAt(0);
                var name = $"{kind}, 129 M weights, {storage}, B = {batch}";
                var prompt = times.Select(time => time.Prompt).Order().ElementAt(Rounds / 2);
                var rate = batch * New / times.Select(time => time.New).Order().ElementAt(Rounds / 2);
                yield return new($"{name}, prompt of {Prompt}", "prompt, median", 1e3 * prompt, "ms");
                yield return new($"{name}, {New} new tokens", "generation, median", rate, "tokens/s", peer, rate / peer);
            }
        }
    }

    private static (double Prompt, double New) Measure(SequenceModel model, int batch)
    {
        var gpu = CudaDevice.Of(model.Device);
        gpu.Synchronize();
        var begin = Stopwatch.GetTimestamp();
        using var decoder = Read(model, batch, out var next);
        gpu.Synchronize();
        var prompt = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        begin = Stopwatch.GetTimestamp();
        var logits = decoder.LongestBurst > 0 ? [] : new float[batch * model.Configuration.Vocabulary];
        for (var n = 0; n < New;)
        {
            if (decoder.LongestBurst > 0)
            {
                var steps = Math.Min(Burst, New - n);
                next = decoder.Choose(next, steps, returns: batch == 1)[^batch..];
                n += steps;
            }
            else
            {
                decoder.Step(next, logits);
                var vocabulary = (int)model.Configuration.Vocabulary;
                for (var i = 0; i < batch; i++) next[i] = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits.AsSpan(i * vocabulary, vocabulary));
                n++;
            }
        }

        gpu.Synchronize();
        return (prompt, Stopwatch.GetElapsedTime(begin).TotalSeconds);
    }

    private static Decoder Read(SequenceModel model, int batch, out int[] next)
    {
        using var scope = new TensorScope();
        using var pause = Tape.Pause();
        var ids = Enumerable.Range(0, batch * Prompt).Select(i => i * 7919 % 50280).ToArray();
        var output = model.Forward(Tensor.From<int>(ids, [batch, Prompt]).To(model.Device), rows: LogitRows.Last);
        next = [.. ids.Take(batch)];
        return Decoder.For(model, output.State.Keep(), (int)model.Configuration.Vocabulary);
    }
}
