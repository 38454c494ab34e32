using StateSpace.Tensors;
using StateSpace.Tensors.Operations.LayerNorm;
using StateSpace.Tensors.Operations.RmsNorm;
using StateSpace.Tensors.Operations.Softmax;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Cli.Bench;

/// <summary>Streaming tensor operations beside a plain copy of the same number of bytes: the floor of a kernel that memory bounds.</summary>
internal static class TensorBench
{
    private const long Rows = 4096;
    private const long Channels = 1536;

    public static IEnumerable<BenchRecord> Run(CancellationToken cancellation)
    {
        using var scope = new TensorScope();
        var random = new RandomSource(1);
        var x = Tensor.Normal([Rows, Channels], random);
        var y = Tensor.Normal([Rows, Channels], random);
        var weight = Tensor.Ones([Channels]);
        var bias = Tensor.Zeros([Channels]);
        var cases = new (string Name, int Passes, Func<Tensor> Apply)[]
        {
            ("add", 3, () => x + y),
            ("exp", 2, () => x.Exp()),
            ("silu", 2, () => x.Silu()),
            ("softplus", 2, () => x.Softplus()),
            ("RmsNorm", 2, () => RmsNorm.Apply(x, weight)),
            ("LayerNorm", 2, () => LayerNorm.Apply(x, weight, bias)),
            ("softmax", 2, () => Softmax.Apply(x)),
            ("sum of rows", 1, () => x.Sum(-1)),
        };
        foreach (var (name, passes, apply) in cases)
        {
            var (time, copy) = Stopclock.Medians(() => apply().Dispose(), () => x.Clone().Dispose(), cancellation);
            var bytes = (double)Rows * Channels * sizeof(float) / 1e9;
            var (rate, copyRate) = (passes * bytes / time, 2 * bytes / copy);
            yield return new($"{name} ({Rows}, {Channels}) float32", "read + written", rate, "GB/s", copyRate, rate / copyRate);
        }
    }
}
