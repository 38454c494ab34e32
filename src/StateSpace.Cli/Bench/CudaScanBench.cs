using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.SelectiveScan;

namespace StateSpace.Cli.Bench;

/// <summary>
/// The selective scan on a GPU with skip, gate, bias and softplus: forward as in training, where states are kept for the reverse pass, and backward with
/// all gradients. The peer is mamba_ssm on an H100. Floors are of an H100, whichever limit is the higher: 3.0 TB/s of memory, 3.87e12 exponentials/s,
/// 1.66e13 / 18.6 elements/s of instruction issue in the reverse pass.
/// </summary>
internal static class CudaScanBench
{
    private const double Bandwidth = 3.0e12;
    private const double Exponentials = 3.87e12;
    private const double ReverseUpdates = 3.09e13 / 18.6;

    private static readonly Setting[] Settings =
    [
        new(8, 2048, 1536, 16, false, DType.BFloat16, 0.480, 2.019),
        new(8, 2048, 1536, 16, false, DType.Float32, 0.928, 2.174),
        new(8, 2048, 4096, 16, false, DType.BFloat16, 1.220, 4.979),
        new(8, 2048, 4096, 16, false, DType.Float32, 2.345, 5.527),
        new(1, 65536, 5120, 16, false, DType.BFloat16, 7.593, 25.590),
        new(1, 512, 1536, 16, false, DType.BFloat16, 0.051, 0.216),
        new(8, 2048, 1536, 8, true, DType.BFloat16, null, null),
        new(8, 2048, 1536, 8, true, DType.Float32, null, null),
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
        using var scan = new Scan(setting, device);
        var forward = clock.Median(scan.Forward, cancellation);
        scan.Record();
        var backward = clock.Median(scan.Backward, cancellation);
        var (forwardFloor, backwardFloor) = setting.Floors;
        return
        [
            new(setting.ToString(), "forward", forward, "ms", setting.Forward, setting.Forward / forward, forwardFloor / forward),
            new(setting.ToString(), "backward", backward, "ms", setting.Backward, setting.Backward / backward, backwardFloor / backward),
        ];
    }

    private sealed record Setting(long B, long L, long D, long N, bool IsComplex, DType DType, double? Forward, double? Backward)
    {
        /// <summary>Milliseconds below which neither pass can go on an H100; zero where not known.</summary>
        public (double Forward, double Backward) Floors
        {
            get
            {
                if (IsComplex) return (0, 0);
                var (rows, size) = ((double)B * L * D, DType.Size());
                return (
                    1e3 * Math.Max(rows * 4 * size / Bandwidth, rows * (N + 4) / Exponentials),
                    1e3 * Math.Max(rows * 8 * size / Bandwidth, rows * N / ReverseUpdates));
            }
        }

        public override string ToString() => $"{(IsComplex ? "complex" : "real")} B = {B}, L = {L}, D = {D}, N = {N} {DType}";
    }

    /// <summary>A scan to time. Its time does not depend on the numbers.</summary>
    private sealed class Scan : IDisposable
    {
        private readonly TensorScope _scope = new();
        private readonly bool _complex;
        private readonly Tensor _u;
        private readonly Tensor _delta;
        private readonly Tensor _gate;
        private readonly Tensor _skip;
        private readonly Tensor _bias;
        private readonly Tensor _cotangent;
        private readonly (Tensor Re, Tensor Im) _a;
        private readonly (Tensor Re, Tensor Im) _b;
        private readonly (Tensor Re, Tensor Im) _c;
        private Tape? _tape;
        private Tensor? _recorded;

        public Scan(Setting setting, Device device)
        {
            var (batch, length, channels, states, dtype) = (setting.B, setting.L, setting.D, setting.N, setting.DType);
            _complex = setting.IsComplex;
            Shape sequence = [batch, length, channels], perStep = [batch, length, states], parameters = [channels, states];
            (_u, _gate, _delta, _cotangent) = (Draw(sequence, 0.5), Draw(sequence, 1), Draw(sequence, -3), Draw(sequence, 0.1));
            (_skip, _bias) = (Parameter([channels], 1), Parameter([channels], 0.1));
            (_a, _b) = ((Parameter(parameters, -4), Parameter(parameters, 3)), (Draw(perStep, 0.3), Draw(perStep, -0.2)));
            _c = (Draw(perStep, 0.3), Draw(perStep, -0.2));

            Tensor Draw(Shape shape, double value) => Tensor.Full(shape, value, dtype, device).WithGradient();

            Tensor Parameter(Shape shape, double value) => Tensor.Full(shape, value, dtype.Accurate(), device).WithGradient();
        }

        public void Forward()
        {
            using var scope = new TensorScope();
            using var tape = new Tape();
            Apply();
        }

        /// <summary>Runs forward once, for all runs of <see cref="Backward"/>.</summary>
        public void Record()
        {
            _tape = new();
            _recorded = Apply();
        }

        /// <summary>Only the scan's own rule runs: the sums in leaves are not its work.</summary>
        public void Backward()
        {
            using var scope = new TensorScope();
            _tape!.Reverse(
                [_recorded!],
                [_cotangent],
                step =>
                {
                    if (step.Operation is SelectiveScan) step.Operation.Backward(step);
                },
                retain: true);
        }

        public void Dispose()
        {
            _tape?.Dispose();
            _scope.Dispose();
        }

        // Views, so that a gradient goes to a record and not to a leaf.
        private Tensor Apply() => _complex
            ? SelectiveScan.Apply(View(_u), View(_delta), Views(_a), Views(_b), Views(_c), View(_skip), View(_gate), View(_bias)).Y
            : SelectiveScan.Apply(View(_u), View(_delta), View(_a.Re), View(_b.Re), View(_c.Re), View(_skip), View(_gate), View(_bias)).Y;

        private static (Tensor Re, Tensor Im) Views((Tensor Re, Tensor Im) pair) => (View(pair.Re), View(pair.Im));

        private static Tensor View(Tensor tensor) => tensor.Reshape(tensor.Shape);
    }
}
