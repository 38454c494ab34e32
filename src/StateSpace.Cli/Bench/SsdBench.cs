using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cpu.Gemm;
using StateSpace.Tensors.Operations.Ssd;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Cli.Bench;

/// <summary>
/// The state space dual in float32: the chunked form at several chunk lengths against the recurrence (time) and against a matrix multiply of
/// 384 × 384 × 384 (rate), its gradient likewise, and a decoding step against a copy of the state.
/// </summary>
internal static class SsdBench
{
    private const int GemmSize = 384;

    /// <summary>A long sequence and the prompt of a 130M Mamba-2, and a training batch.</summary>
    private static readonly (string Name, long B, long L, long H, long P, long N, bool Backward)[] Shapes =
    [
        ("(1, 2048, 24, 64) N 128", 1, 2048, 24, 64, 128, false),
        ("(1, 512, 24, 64) N 128", 1, 512, 24, 64, 128, false),
        ("(8, 256, 8, 64) N 64", 8, 256, 8, 64, 64, true),
    ];

    public static IEnumerable<BenchRecord> Run(CancellationToken cancellation)
    {
        foreach (var (name, batch, length, heads, size, states, backward) in Shapes)
        {
            using var scope = new TensorScope();
            var inputs = Draw(batch, length, heads, size, states, initial: false);
            Tensor y = inputs.X.EmptyLike(), final = Tensor.Empty([batch, heads, size, states], DType.Float32);
            foreach (var chunk in new long[] { 32, 64, 128, 256 })
            {
                var tensors = inputs with { Chunk = chunk };
                var perStep = (heads * ((chunk * size) + (4 * states * size))) + (chunk * states);
                void Chunked() => SsdChunkedCpu.Forward<float>(tensors, y, final);
                var (time, steps) = Stopclock.Medians(Chunked, () => SsdRecurrentCpu.Forward<float>(tensors, y, final), cancellation);
                yield return new($"{name} chunks of {chunk}, against the recurrence", "time", time * 1e3, "ms", steps * 1e3, steps / time);
                yield return Rate($"{name} chunks of {chunk}, against matrix multiply", Chunked, batch * length * perStep, cancellation);
                if (!backward) continue;
                void Gradient()
                {
                    using var inner = new TensorScope();
                    SsdBackwardCpu.Run<float>(tensors, y, null, SsdGradients.For(tensors));
                }

                var perStepBack = (heads * ((2 * chunk * size) + (10 * states * size))) + (3 * chunk * states);
                yield return Rate($"{name} chunks of {chunk}, gradient, against matrix multiply", Gradient, batch * length * perStepBack, cancellation);
            }
        }

        foreach (var record in Decode(cancellation)) yield return record;
    }

    private static IEnumerable<BenchRecord> Decode(CancellationToken cancellation)
    {
        using var scope = new TensorScope();
        foreach (var batch in new long[] { 1, 8 })
        {
            var inputs = Draw(batch, 1, 24, 64, 128, initial: true);
            var (time, copy) = Stopclock.Medians(
                () =>
                {
                    using var inner = new TensorScope();
                    Ssd.Apply(inputs.X, inputs.Delta!, inputs.A!, inputs.B, inputs.C, inputs.Skip, inputs.Initial);
                },
                () => inputs.Initial!.Clone().Dispose(),
                cancellation);
            yield return new($"({batch}, 1, 24, 64) N 128, one step, against a copy of the state", "time", time * 1e6, "µs", copy * 1e6, copy / time);
        }
    }

    /// <summary>Useful operations per second beside those of the matrix multiply.</summary>
    private static unsafe BenchRecord Rate(string name, Action action, double flops, CancellationToken cancellation)
    {
        using Tensor a = Uniform([GemmSize, GemmSize], 7), b = Uniform([GemmSize, GemmSize], 8), c = a.EmptyLike();
        var (time, multiply) = Stopclock.Medians(
            action,
            () => Gemm.Multiply(
                false, false, GemmSize, GemmSize, GemmSize, a.Pointer<float>(), GemmSize, b.Pointer<float>(), GemmSize, c.Pointer<float>(), GemmSize, accumulate: false),
            cancellation);
        var (rate, peer) = (flops * 1e-9 / time, 2e-9 * GemmSize * GemmSize * GemmSize / multiply);
        return new(name, "throughput", rate, "GFLOP/s", peer, rate / peer);
    }

    private static SsdTensors Draw(long batch, long length, long heads, long size, long states, bool initial) => new(
        Uniform([batch, length, heads, size], 1),
        Uniform([batch, length, heads], 2, 0.001, 0.1),
        Uniform([heads], 3, -16, -1),
        Uniform([batch, length, 1, states], 4),
        Uniform([batch, length, 1, states], 5),
        Tensor.Ones([heads]),
        initial ? Uniform([batch, heads, size, states], 6) : null,
        null,
        64);

    private static Tensor Uniform(Shape shape, ulong stream, double low = -1, double high = 1) => Tensor.Uniform(shape, new RandomSource(1, stream), low, high);
}
