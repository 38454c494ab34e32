using System.Diagnostics;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.Attention;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Cli.Bench;

/// <summary>
/// Causal attention beside the matrix multiply, whose rate is the ceiling of its products; for one query after many keys, which must read
/// them all, beside a copy. Only products of queries with keys that they see count as work.
/// </summary>
internal static class AttentionBench
{
    private const long Multiply = 1024;
    private const long CachedKeys = 4096;
    private static readonly TimeSpan WarmUpTime = TimeSpan.FromMilliseconds(500);

    public static IEnumerable<BenchRecord> Run(CancellationToken cancellation)
    {
        using var scope = new TensorScope();
        var square = Tensor.Normal([Multiply, Multiply], new RandomSource(4));
        foreach (var (batch, length, heads, size) in new (long, long, long, long)[] { (8, 256, 4, 64), (1, 2048, 12, 64) })
        {
            foreach (var window in new long?[] { null, 256 })
            {
                if (window >= length) continue;
                Tensor[] inputs = [.. Enumerable.Range(0, 3).Select(i => Tensor.Normal([batch, length, heads, size], new RandomSource((ulong)i)))];
                var leaves = inputs.Select(input => input.Clone().WithGradient()).ToArray();
                var seen = Math.Min(window ?? length, length);
                var pairs = (double)batch * heads * ((seen * (seen + 1) / 2) + ((length - seen) * seen));
                var name = $"({batch}, {length}, {heads}, {size}) {(window is null ? "all keys" : $"window {window}")}";
                yield return Measure($"{name} forward", 4 * pairs * size, () => Attention.Apply(inputs[0], inputs[1], inputs[2], window).Dispose());
                yield return Measure($"{name} forward and backward", 14 * pairs * size, () => Differentiate(leaves, window));
            }
        }

        var query = Tensor.Normal([1, 1, 12, 64], new RandomSource(1));
        var (keys, values) = (Tensor.Normal([1, CachedKeys, 12, 64], new RandomSource(2)), Tensor.Normal([1, CachedKeys, 12, 64], new RandomSource(3)));
        WarmUp(() => Attention.Apply(query, keys, values).Dispose());
        var (time, copy) = Stopclock.Medians(() => Attention.Apply(query, keys, values).Dispose(), () => keys.Clone().Dispose(), cancellation);
        var bytes = 2.0 * keys.Count * sizeof(float) / 1e9;
        yield return new($"one query of (1, {CachedKeys}, 12, 64)", "read", bytes / time, "GB/s", bytes / copy, copy / time);

        BenchRecord Measure(string name, double operations, Action action)
        {
            WarmUp(action);
            var (time, multiply) = Stopclock.Medians(action, () => square.MatMul(square).Dispose(), cancellation);
            var (rate, peer) = (operations / time / 1e9, 2.0 * Multiply * Multiply * Multiply / multiply / 1e9);
            return new(name, "throughput", rate, "GFLOP/s", peer, rate / peer);
        }
    }

    /// <summary>Until the run-time compiler has had time for the kernels: it waits for a pause in new methods, and this is their first use.</summary>
    private static void WarmUp(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < WarmUpTime) action();
    }

    private static void Differentiate(Tensor[] leaves, long? window)
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        var y = Attention.Apply(leaves[0], leaves[1], leaves[2], window);
        tape.Backward([y], [y.Detach()]);
        foreach (var leaf in leaves) leaf.ZeroGradient();
    }
}
