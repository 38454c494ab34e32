using System.Globalization;
using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.Attention;

/// <summary>Attention by tiles on a GPU: one block for each tile of rows, or of keys for their gradients.</summary>
internal static class AttentionCuda
{
    private const int Threads = 256;

    /// <summary>y and the rows' log2 Σ 2^score.</summary>
    public static void Forward(Tensor[] inputs, long? window, double? scale, Tensor y, Tensor logSums)
    {
        if (y.Count == 0) return;
        var plan = new Plan(inputs, window, scale);
        plan.Launch("attention_forward", plan.Rows, plan.Bytes(2, 1, 1), inputs[0], inputs[1], inputs[2], plan.First, y, logSums);
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
        plan.Kernel("attention_delta").Launch(Grid.Cover(vectors, Threads / 32), Threads, gradient, y, delta, vectors, (int)y.Shape[3]);
        plan.Launch("attention_backward_queries", plan.Rows, plan.Bytes(2, 2, 1), q, k, v, plan.First, logSums, gradient, delta, dq);
        plan.Launch("attention_backward_keys", plan.Keys, plan.Bytes(2, 2, 2), q, k, v, plan.First, logSums, gradient, delta, dk, dv);
    }

    /// <summary>Sizes of a call, of its tiles and of their shared memory.</summary>
    private readonly struct Plan
    {
        private readonly Tensor _q;
        private readonly long _sequences;
        private readonly int _tile;
        private readonly int _element;
        private readonly int _paddedKey;
        private readonly int _paddedValue;
        private readonly KernelArgument[] _sizes;

        public Plan(Tensor[] inputs, long? window, double? scale, Tensor? gradient = null)
        {
            var (q, k, v) = (inputs[0], inputs[1], inputs[2]);
            First = inputs.Length > 3 ? inputs[3] : null;
            _q = q;
            var (keySize, valueSize) = (checked((int)q.Shape[3]), checked((int)v.Shape[3]));
            var (heads, keyHeads) = (q.Shape[2], k.Shape[2]);
            _sequences = q.Shape[0] * keyHeads;
            Rows = q.Shape[1] * (heads / keyHeads);
            Keys = k.Shape[1];
            _element = q.DType == DType.Float64 ? sizeof(double) : sizeof(float);
            (_paddedKey, _paddedValue) = ((keySize + 15) / 16 * 16, (valueSize + 15) / 16 * 16);

            // The backward pass needs the most; one tile size for all keeps the program one.
            var available = CudaDevice.Of(q.Device).SharedMemoryPerBlock - 2048;
            for (_tile = q.DType == DType.Float64 ? 32 : 64; _tile > 16 && Bytes(2, 2, 2) > available; _tile /= 2)
            {
            }

            if (Bytes(2, 2, 2) > available) throw new MissingKernelException($"Attention with heads of {keySize} and {valueSize} {q.DType}", DeviceKind.Cuda);
            var vectors = keySize % 4 == 0 && valueSize % 4 == 0 && IsAligned(q) && IsAligned(k) && IsAligned(v) && (gradient is null || IsAligned(gradient));
            _sizes =
            [
                q.Shape[1], Keys, heads, keyHeads, window ?? long.MaxValue, scale ?? 1 / Math.Sqrt(keySize), keySize, valueSize, vectors ? 1 : 0,
            ];
        }

        public Tensor? First { get; }

        public long Rows { get; }

        public long Keys { get; }

        /// <summary>Shared memory of some tiles of keys' vectors, of values' and of scores.</summary>
        public int Bytes(int keyTiles, int valueTiles, int scoreTiles)
        {
            var padding = 16 / _element;
            return checked(_element * _tile * ((keyTiles * (_paddedKey + padding)) + (valueTiles * (_paddedValue + padding)) + (scoreTiles * (_tile + padding))));
        }

        public CudaKernel Kernel(string function) => CudaKernel.For(_q, "Attention", function, Define("KEY_SIZE", _paddedKey), Define("VALUE_SIZE", _paddedValue), Define("TILE", _tile));

        public void Launch(string function, long count, int sharedBytes, params ReadOnlySpan<KernelArgument> tensors) =>
            Kernel(function).Launch((Grid.Cover(count, _tile), _sequences), Threads, [.. tensors, .. _sizes], sharedBytes);

        private static bool IsAligned(Tensor tensor) => tensor.Address() % 16 == 0;

        private static string Define(string name, int value) => string.Create(CultureInfo.InvariantCulture, $"{name}={value}");
    }
}
