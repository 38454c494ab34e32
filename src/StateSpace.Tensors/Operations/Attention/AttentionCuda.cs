using System.Globalization;
using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.Attention;

/// <summary>
/// Attention by tiles on a GPU: one block for each tile of rows, or of keys for their gradients. bf16 heads of up to 128, multiples of 8, go over the tensor
/// cores (AttentionMma.cu), everything else over the ordinary lanes (Attention.cu).
/// </summary>
internal static class AttentionCuda
{
    private const int Threads = 256;
    private const int MostPieces = 16;
    private const int LanesOfDelta = 8;

    /// <summary>y and the rows' log2 Σ 2^score.</summary>
    public static void Forward(Tensor[] inputs, long? window, double? scale, Tensor y, Tensor logSums)
    {
        if (y.Count == 0) return;
        var plan = new Plan(inputs, window, scale);
        var (q, k, v) = (inputs[0], inputs[1], inputs[2]);
        var pieces = plan.Pieces;
        if (pieces == 1)
        {
            plan.Launch("attention_forward", plan.Rows, plan.ForwardThreads, 1, plan.ForwardBytes, q, k, v, plan.First, y, logSums, (Tensor?)null);
            return;
        }

        // A few rows against a long cache: the keys are cut, so that the device is busy, and the pieces are weighted by their sums.
        using var parts = Tensor.Empty([pieces, plan.Sequences, plan.Rows, y.Shape[3]], logSums.DType, q.Device);
        using var sums = Tensor.Empty([pieces, plan.Sequences, plan.Rows], logSums.DType, q.Device);
        plan.Launch("attention_forward", plan.Rows, plan.ForwardThreads, pieces, plan.ForwardBytes, q, k, v, plan.First, (Tensor?)null, sums, parts);
        plan.Join(parts, sums, y, logSums, pieces);
    }

    /// <summary>∂q by a pass over the rows, ∂k and ∂v by one over the keys.</summary>
    public static void Backward(Tensor[] inputs, long? window, double? scale, Tensor y, Tensor logSums, Tensor gradient, Tensor dq, Tensor dk, Tensor dv)
    {
        if (dq.Count == 0)
        {
            dk.Clear();
            dv.Clear();
            return;
        }

        var plan = new Plan(inputs, window, scale, gradient);
        var (q, k, v) = (inputs[0], inputs[1], inputs[2]);
        var vectors = y.Count / y.Shape[3];
        using var delta = Tensor.Empty([vectors], logSums.DType, q.Device);
        var packs = Packs.AreAligned(gradient, y) && y.Shape[3] % y.DType.PerPack() == 0;
        plan.PlainKernel("attention_delta").Launch(Grid.Cover(vectors, Threads / LanesOfDelta), Threads, gradient, y, delta, vectors, (int)y.Shape[3], packs ? 1 : 0);
        plan.Launch("attention_backward_queries", plan.Rows, plan.ReverseThreads, 1, plan.QueriesBytes, q, k, v, plan.First, logSums, gradient, delta, dq);
        plan.Launch("attention_backward_keys", plan.Keys, plan.ReverseThreads, 1, plan.KeysBytes, q, k, v, plan.First, logSums, gradient, delta, dk, dv);
    }

    /// <summary>Sizes of a call, of its tiles and of their shared memory.</summary>
    private readonly struct Plan
    {
        private readonly Tensor _q;
        private readonly bool _tensorCores;
        private readonly int _tile;
        private readonly int _step;
        private readonly int _element;
        private readonly int _head;
        private readonly long _seen;
        private readonly int _multiprocessors;
        private readonly KernelArgument[] _sizes;

        public Plan(Tensor[] inputs, long? window, double? scale, Tensor? gradient = null)
        {
            var (q, k, v) = (inputs[0], inputs[1], inputs[2]);
            First = inputs.Length > 3 ? inputs[3] : null;
            _q = q;
            var (keySize, valueSize) = (checked((int)q.Shape[3]), checked((int)v.Shape[3]));
            var (heads, keyHeads) = (q.Shape[2], k.Shape[2]);
            Sequences = q.Shape[0] * keyHeads;
            Rows = q.Shape[1] * (heads / keyHeads);
            Keys = k.Shape[1];
            if (Math.Max(Sequences, Math.Max(Rows, Keys)) > int.MaxValue || Rows * Sequences > int.MaxValue)
                throw new NotSupportedException($"Attention on a GPU takes fewer than 2^31 queries and keys, not those of {q} and {k}");
            _head = Padded(Math.Max(keySize, valueSize));
            var aligned = IsAligned(q) && IsAligned(k) && IsAligned(v) && (gradient is null || IsAligned(gradient));
            _tensorCores = q.DType == DType.BFloat16 && aligned && keySize % 8 == 0 && valueSize % 8 == 0 && _head <= 128;
            _element = _tensorCores ? sizeof(ushort) : q.DType == DType.Float64 ? sizeof(double) : sizeof(float);
            _seen = Math.Min(Keys, window ?? Keys);
            _multiprocessors = CudaDevice.Of(q.Device).Multiprocessors;
            _sizes =
            [
                q.Shape[1], Keys, heads, keyHeads, window ?? long.MaxValue, scale ?? 1 / Math.Sqrt(keySize), keySize, valueSize,
                aligned && keySize % 4 == 0 && valueSize % 4 == 0 ? 1 : 0,
            ];
            if (_tensorCores)
            {
                if (_head < 32) _head = 32;
                (_tile, _step) = (128, _head <= 64 ? 64 : 32);
                return;
            }

            // The pass over keys needs the most; one tile size for all keeps the program one.
            var available = CudaDevice.Of(q.Device).SharedMemoryPerBlock - 2048;
            for (_tile = q.DType == DType.Float64 ? 32 : 64; _tile > 16 && KeysBytes > available; _tile /= 2)
            {
            }

            if (KeysBytes > available) throw new MissingKernelException($"Attention with heads of {keySize} and {valueSize} {q.DType}", DeviceKind.Cuda);
        }

        public Tensor? First { get; }

        public long Sequences { get; }

        public long Rows { get; }

        public long Keys { get; }

        /// <summary>Into how many the keys of the forward pass are cut: as many as keep the device busy, two tiles each or more.</summary>
        public int Pieces
        {
            get
            {
                var blocks = Grid.Cover(Rows, _tile) * Sequences;
                var most = Grid.Cover(_seen, 2 * (_tensorCores ? _step : _tile));
                return (int)Math.Clamp(_multiprocessors / blocks, 1, Math.Min(MostPieces, most));
            }
        }

        /// <summary>Threads of a block: with the tensor cores a warp has 32 of the 128 rows, or 16 where two sums of large heads lie in its registers.</summary>
        public int ForwardThreads => _tensorCores ? Threads / 2 : Threads;

        public int ReverseThreads => _tensorCores && _head <= 64 ? Threads / 2 : Threads;

        public int ForwardBytes => _tensorCores ? MatrixBytes(_tile + (4 * _step)) : LaneBytes(3, 1);

        public int QueriesBytes => _tensorCores ? MatrixBytes((2 * _tile) + (4 * _step)) : LaneBytes(4, 1);

        public int KeysBytes => _tensorCores ? MatrixBytes((2 * _tile) + (4 * _step)) : LaneBytes(4, 2);

        /// <summary>A kernel of Attention.cu.</summary>
        public CudaKernel PlainKernel(string function)
        {
            var (head, tile) = _tensorCores ? (16, 64) : (_head, _tile);
            return CudaKernel.For(_q, "Attention", function, Define("HEAD_SIZE", head), Define("TILE", tile));
        }

        /// <summary>Puts the pieces of a forward pass together.</summary>
        public void Join(Tensor parts, Tensor sums, Tensor y, Tensor logSums, int pieces) =>
            PlainKernel("attention_join").Launch(Rows * Sequences, 64, [parts, sums, y, logSums, pieces, .. _sizes], 0);

        public void Launch(string function, long count, int threads, int pieces, int sharedBytes, params ReadOnlySpan<KernelArgument> tensors)
        {
            var kernel = _tensorCores
                ? CudaKernel.For(_q, "AttentionMma", function, Define("HEAD_SIZE", _head), Define("STEP", _step))
                : PlainKernel(function);
            kernel.Launch((Grid.Cover(count, _tile) * Sequences, pieces), threads, [.. tensors, .. _sizes], sharedBytes);
        }

        private static bool IsAligned(Tensor tensor) => tensor.Address() % 16 == 0;

        private static string Define(string name, int value) => string.Create(CultureInfo.InvariantCulture, $"{name}={value}");

        /// <summary>A few sizes only, each of which is a program: multiples of 16 up to 32, of 32 to 128, of 64 beyond.</summary>
        private static int Padded(int size) => size switch
        {
            <= 16 => 16,
            <= 128 => (size + 31) / 32 * 32,
            _ => (size + 63) / 64 * 64,
        };

        /// <summary>Shared memory of so many vectors, each 16 bytes longer than it must be.</summary>
        private int MatrixBytes(int vectors) => _element * vectors * (_head + 8);

        /// <summary>Shared memory of some tiles of vectors and of scores.</summary>
        private int LaneBytes(int vectorTiles, int scoreTiles)
        {
            var padding = 16 / _element;
            return checked(_element * _tile * ((vectorTiles * (_head + padding)) + (scoreTiles * (_tile + padding))));
        }
    }
}
