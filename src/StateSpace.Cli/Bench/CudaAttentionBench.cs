using StateSpace.Tensors;
using StateSpace.Tensors.Operations.Attention;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Cli.Bench;

/// <summary>
/// Causal attention on a GPU, forward and backward with all gradients. The peer is <c>scaled_dot_product_attention</c> of PyTorch 2.11 on an H100, measured
/// earlier. The floor is the time in which the tensor cores' peak in BFloat16 makes the products of queries with keys that they see: two of them
/// forward, five backward.
/// </summary>
internal static class CudaAttentionBench
{
    private static readonly Setting[] Settings =
    [
        new(8, 2048, 12, 64, DType.BFloat16, 0.144, 0.568),
        new(2, 2048, 16, 128, DType.BFloat16, 0.103, 0.432),
        new(1, 16384, 12, 64, DType.BFloat16, null, null),
        new(8, 2048, 12, 64, DType.Float32, 1.77, 4.54),
        new(2, 2048, 16, 128, DType.Float32, 0.92, 3.15),
    ];

    public static IEnumerable<BenchRecord> Run(Device device, CancellationToken cancellation)
    {
        using var clock = new CudaClock(device);
        foreach (var setting in Settings)
        {
            foreach (var record in Time(setting, device, clock, cancellation)) yield return record;
        }
    }

    private static BenchRecord[] Time(Setting setting, Device device, CudaClock clock, CancellationToken cancellation)
    {
        using var scope = new TensorScope();
        Shape shape = [setting.B, setting.L, setting.H, setting.P];
        Tensor[] inputs = [Draw(1), Draw(2), Draw(3)];
        Tensor y = inputs[0].EmptyLike(), gradient = Draw(4), dq = y.EmptyLike(), dk = y.EmptyLike(), dv = y.EmptyLike();
        var sums = Tensor.Empty([setting.B * setting.H, setting.L], setting.DType.Accurate(), device);
        var product = 2.0 * setting.B * setting.H * setting.P * (setting.L * (setting.L + 1) / 2);
        var rate = Tensors.Cuda.CudaDevice.Of(device).PeakOperations(DType.BFloat16) / 1e3;
        var forward = clock.Median(() => AttentionCuda.Forward(inputs, null, null, y, sums), cancellation);
        var backward = clock.Median(() => AttentionCuda.Backward(inputs, null, null, y, sums, gradient, dq, dk, dv), cancellation);
        return
        [
            new(setting.ToString(), "forward", forward, "ms", setting.Forward, setting.Forward / forward, 2 * product / rate / forward),
            new(setting.ToString(), "backward", backward, "ms", setting.Backward, setting.Backward / backward, 5 * product / rate / backward),
        ];

        Tensor Draw(ulong seed) => Tensor.Normal(shape, new RandomSource(seed)).Convert(setting.DType).To(device);
    }

    private sealed record Setting(long B, long L, long H, long P, DType DType, double? Forward, double? Backward)
    {
        public override string ToString() => $"B = {B}, L = {L}, H = {H}, P = {P} {DType}";
    }
}
