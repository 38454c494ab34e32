using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Operations.SelectiveScan;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Cli.Bench;

/// <summary>
/// The selective scan with skip, gate and softplus, in state updates per second: (B, L, D, N) of them. Its floor is arithmetic: a real update takes
/// at least 9 multiplications or multiply-adds (exponent 1, exponential 5, input 1, state 1, output 1), a complex one 27, at the processor's rate, which
/// is measured on the same threads in the same run.
/// </summary>
internal static class ScanBench
{
    private const double ProductsPerUpdate = 9;
    private const double ProductsPerComplexUpdate = 27;

    private static readonly (long B, long L, long D, long N)[] Shapes = [(1, 2048, 1536, 16), (8, 256, 512, 16), (64, 50, 64, 8)];

    public static IEnumerable<BenchRecord> Run(CancellationToken cancellation)
    {
        var threads = CpuTeam.Threads;
        try
        {
            foreach (var count in threads > 1 ? new[] { 1, threads } : [1])
            {
                CpuTeam.Threads = count;
                foreach (var (batch, length, channels, states) in Shapes)
                {
                    foreach (var record in Time(batch, length, channels, states, complex: false, count, cancellation)) yield return record;
                    foreach (var record in Time(batch, length, channels, states / 2, complex: true, count, cancellation)) yield return record;
                }

                yield return Decode(count, cancellation);
            }
        }
        finally
        {
            CpuTeam.Threads = threads;
        }
    }

    private static List<BenchRecord> Time(long batch, long length, long channels, long states, bool complex, int threads, CancellationToken cancellation)
    {
        using var scan = new Scan(batch, length, channels, states, complex);
        var (forward, products) = Stopclock.Medians(scan.Forward, () => MultiplyAddLoop.Run(threads), cancellation);
        var (both, forwardAgain) = Stopclock.Medians(scan.ForwardAndBackward, scan.Forward, cancellation);
        var name = $"{scan}, {Threads(threads)}";
        var (rate, peer) = (scan.Updates / forward / 1e9, threads * MultiplyAddLoop.Products / products / (complex ? ProductsPerComplexUpdate : ProductsPerUpdate) / 1e9);
        return
        [
            new(name, "forward", rate, "G updates/s", peer, rate / peer),
            new(name, "forward and backward", scan.Updates / both / 1e9, "G updates/s"),
            new(name, "backward / forward", (both - forwardAgain) / forwardAgain, "times"),
        ];
    }

    private static BenchRecord Decode(int threads, CancellationToken cancellation)
    {
        using var step = new Scan(1, 1, 1536, 16, complex: false);
        return new($"{step}, {Threads(threads)}", "time of a step", Stopclock.Median(step.Forward, cancellation) * 1e6, "µs");
    }

    private static string Threads(int count) => count == 1 ? "1 thread" : $"{count} threads";

    /// <summary>A scan to time, with a state that goes in and comes out.</summary>
    private sealed class Scan : IDisposable
    {
        private readonly List<Tensor> _tensors = [];
        private readonly (long B, long L, long D, long N) _shape;
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
        private readonly (Tensor Re, Tensor Im) _initial;

        public Scan(long batch, long length, long channels, long states, bool complex)
        {
            _shape = (batch, length, channels, states);
            _complex = complex;
            var random = new RandomSource(1);
            Shape sequence = [batch, length, channels], perStep = [batch, length, states], parameters = [channels, states], state = [batch, channels, states];
            (_u, _gate, _delta, _cotangent) = (Draw(sequence), Draw(sequence), Draw(sequence, -4, -1), Draw(sequence));
            (_skip, _bias) = (Draw([channels]), Draw([channels], -0.1, 0.1));
            (_a, _b) = ((Draw(parameters, -16, -1), Draw(parameters, 0, 20)), (Draw(perStep), Draw(perStep)));
            (_c, _initial) = ((Draw(perStep), Draw(perStep)), (Draw(state), Draw(state)));

            Tensor Draw(Shape shape, double low = -1, double high = 1)
            {
                _tensors.Add(Tensor.Uniform(shape, random, low, high).WithGradient());
                return _tensors[^1];
            }
        }

        public double Updates => (double)_shape.B * _shape.L * _shape.D * _shape.N;

        public void Forward()
        {
            using var scope = new TensorScope();
            Apply();
        }

        /// <summary>Only the scan's own rule runs: the sums in leaves are not its work.</summary>
        public void ForwardAndBackward()
        {
            using var scope = new TensorScope();
            using var tape = new Tape();
            tape.Reverse([Apply()], [_cotangent], step =>
            {
                if (step.Operation is SelectiveScan) step.Operation.Backward(step);
            });
        }

        public void Dispose()
        {
            foreach (var tensor in _tensors) tensor.Dispose();
        }

        public override string ToString() => $"{(_complex ? "complex" : "real")} {_shape} float32";

        // Views, so that a gradient goes to a record and not to a leaf.
        private Tensor Apply() => _complex
            ? SelectiveScan.Apply(View(_u), View(_delta), Views(_a), Views(_b), Views(_c), View(_skip), View(_gate), View(_bias), softplus: true, Views(_initial)).Y
            : SelectiveScan.Apply(View(_u), View(_delta), View(_a.Re), View(_b.Re), View(_c.Re), View(_skip), View(_gate), View(_bias), softplus: true, View(_initial.Re)).Y;

        private static (Tensor Re, Tensor Im) Views((Tensor Re, Tensor Im) pair) => (View(pair.Re), View(pair.Im));

        private static Tensor View(Tensor tensor) => tensor.Reshape(tensor.Shape);
    }
}
