using System.Diagnostics;
using StateSpace.Inference;
using StateSpace.Inference.Storage;
using StateSpace.Models;
using StateSpace.Models.States;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.PackedMatMul;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Cli.Bench;

/// <summary>
/// A Mamba of the 130M shape (width 768, 24 layers, vocabulary 50280, random weights): reading a prompt of 512 tokens, and decoding beside a plain read of
/// as many bytes as a token's step reads of the weights, which is its floor.
/// </summary>
internal static class GenerateBench
{
    private const int PromptTokens = 512;
    private const int DecodedTokens = 24;
    private const int Rounds = 5;

    public static IEnumerable<BenchRecord> Run(CancellationToken cancellation)
    {
        using var scope = new TensorScope();
        using var model = new SequenceModel(ModelKinds.Configure("mamba", 50280, 768, 24), new RandomSource(1));
        model.Freeze();
        var memory = Tensor.Zeros([WeightPacking.BytesPerToken(model) / sizeof(float)]);
        foreach (var storage in Enum.GetValues<WeightStorage>())
        {
            model.Pack(storage);
            var prefill = Enumerable.Range(0, storage == WeightStorage.Float32 ? Rounds : 2).Select(_ => Prefill(model, cancellation)).Min();
            yield return new($"130M Mamba {storage}, prompt of {PromptTokens}", "tokens read", PromptTokens / prefill, "tok/s");
            var bytes = model.BytesPerToken();
            var (step, floor) = Decode(model, memory, bytes, cancellation);
            yield return new($"130M Mamba {storage}, decoding, {bytes / 1e6:0} MB of weights", "tokens", 1 / step, "tok/s", 1 / floor, floor / step);
        }
    }

    private static double Prefill(SequenceModel model, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var scope = new TensorScope();
        var ids = Tensor.From<int>([.. Enumerable.Range(0, PromptTokens).Select(i => (i * 7919) % 50280)], [1, PromptTokens]);
        var clock = Stopwatch.GetTimestamp();
        model.Forward(ids, rows: LogitRows.Last);
        return Stopwatch.GetElapsedTime(clock).TotalSeconds;
    }

    /// <summary>Median seconds of a step and of the read, by turns.</summary>
    private static (double Step, double Floor) Decode(SequenceModel model, Tensor memory, long bytes, CancellationToken cancellation)
    {
        var state = model.InitialState(1).Keep();
        List<double> steps = [], floors = [];
        for (var i = 0; i < DecodedTokens; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var clock = Stopwatch.GetTimestamp();
            using (new TensorScope())
            using (Tape.Pause())
            {
                var output = model.Forward(Tensor.From<int>([i], [1, 1]), state, rows: LogitRows.Last);
                var next = output.State.Keep();
                state.Dispose();
                state = next;
            }

            steps.Add(Stopwatch.GetElapsedTime(clock).TotalSeconds);
            clock = Stopwatch.GetTimestamp();
            GemvBench.Read(memory, bytes / sizeof(float));
            floors.Add(Stopwatch.GetElapsedTime(clock).TotalSeconds);
        }

        state.Dispose();
        return (Median(steps), Median(floors));
    }

    private static double Median(List<double> values) => values.Skip(4).Order().ElementAt((values.Count - 4) / 2);
}
