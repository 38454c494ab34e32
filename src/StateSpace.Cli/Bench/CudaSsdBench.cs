using StateSpace.Tensors;
using StateSpace.Tensors.Operations.Ssd;

namespace StateSpace.Cli.Bench;

/// <summary>
/// The state space dual on a GPU with skip, forward and backward with all gradients, and a step of decoding from a given state. The peer is mamba_ssm (Triton) on
/// an H100. Floors are the time in which 3.0 TB/s, an H100's copy, read every input and write every output once.
/// </summary>
internal static class CudaSsdBench
{
    private const double Bandwidth = 3.0e12;

    private static readonly Setting[] Settings =
    [
        new(8, 2048, 24, 64, 128, DType.BFloat16, 0.766, 4.260),
        new(8, 2048, 80, 64, 128, DType.BFloat16, 1.319, 3.127),
        new(1, 2048, 24, 64, 128, DType.BFloat16, null, null),
        new(1, 65536, 24, 64, 128, DType.BFloat16, null, null),
        new(8, 2048, 24, 64, 128, DType.Float32, null, null),
        new(1, 1, 24, 64, 128, DType.BFloat16, null, null),
        new(64, 1, 24, 64, 128, DType.BFloat16, null, null),
    ];

    public static IEnumerable<BenchRecord> Run(Device device, CancellationToken cancellation)
    {
        using var clock = new CudaClock(device);
        foreach (var setting in Settings)
        {
            foreach (var record in Time(setting, device, clock, cancellation)) yield return record;
        }
    }

    private static List<BenchRecord> Time(Setting setting, Device device, CudaClock clock, CancellationToken cancellation)
    {
        using var scope = new TensorScope();
        var (batch, length, heads, size, states, dtype) = (setting.B, setting.L, setting.H, setting.P, setting.N, setting.DType);
        var isStep = length == 1;
        SsdTensors tensors = new(
            Draw([batch, length, heads, size], dtype, 0.5),
            Draw([batch, length, heads], dtype, 0.02),
            Draw([heads], dtype.Accurate(), -4),
            Draw([batch, length, 1, states], dtype, 0.3),
            Draw([batch, length, 1, states], dtype, -0.2),
            Draw([heads], dtype.Accurate(), 1),
            isStep ? Draw([batch, heads, size, states], dtype.Accurate(), 0.1) : null,
            null,
            Chunk: 64);
        Tensor y = tensors.X.EmptyLike(), final = Draw([batch, heads, size, states], dtype.Accurate(), 0), gradient = Draw(y.Shape, dtype, 0.1);
        var forward = clock.Median(() => SsdCuda.Forward(tensors, y, final), cancellation);
        double inputs = tensors.X.Count + tensors.Delta!.Count + (2 * tensors.B.Count), state = final.Count * (isStep ? 2 : 1) * dtype.Accurate().Size();
        var floor = 1e3 * (((inputs + y.Count) * dtype.Size()) + state) / Bandwidth;
        var records = new List<BenchRecord>
        {
            new(setting.ToString(), isStep ? "step" : "forward", forward, "ms", setting.Forward, setting.Forward / forward, floor / forward),
        };
        if (isStep) return records;
        var backward = clock.Median(
            () =>
            {
                using var inner = new TensorScope();
                SsdCuda.Backward(tensors, gradient, null);
            },
            cancellation);
        var floorBack = 1e3 * ((2 * inputs) + gradient.Count) * dtype.Size() / Bandwidth;
        records.Add(new(setting.ToString(), "backward", backward, "ms", setting.Backward, setting.Backward / backward, floorBack / backward));
        return records;

        Tensor Draw(Shape shape, DType type, double value) => Tensor.Full(shape, value, type, device);
    }

    private sealed record Setting(long B, long L, long H, long P, long N, DType DType, double? Forward, double? Backward)
    {
        public override string ToString() => $"B = {B}, L = {L}, H = {H}, P = {P}, N = {N} {DType}";
    }
}
