using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.Cuda.Interop;

namespace StateSpace.Tensors.Operations.MambaDecoding;

/// <summary>Reads tokens one after the other with a Mamba language model on a GPU, for a fixed number of sequences, and keeps their state.</summary>
internal abstract unsafe class MambaDecoder : IDisposable
{
    /// <summary>Most tokens that are chosen between two looks of the host.</summary>
    public const int LongestBurst = 64;

    private const uint PortableAndMapped = 3;

    private readonly Tensor _convolutions;
    private readonly Tensor _states;
    private readonly PinnedMemoryHandle _chosen;
    private Tensor? _logits;

    protected MambaDecoder(MambaWeights weights, int batch, int choices)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        (Weights, Batch, Choices, Gpu) = (weights, batch, choices, CudaDevice.Of(weights.Device));
        _convolutions = Hold(() => Tensor.Zeros([weights.Layers.Count, batch, weights.Taps - 1, weights.Inner], DType.Float32, weights.Device));
        _states = Hold(() => Tensor.Zeros([weights.Layers.Count, batch, weights.Inner, weights.States], DType.Float32, weights.Device));
        Gpu.MakeCurrent();
        CudaException.Check(DriverApi.cuMemHostAlloc(out var pointer, (nuint)((LongestBurst + 1) * batch * sizeof(int)), PortableAndMapped), "allocating pinned host memory");
        _chosen = new((nint)pointer, Gpu);
    }

    /// <summary>Number of sequences.</summary>
    public int Batch { get; }

    /// <summary>Bytes of the state.</summary>
    public long StateBytes => (_convolutions.Count + _states.Count) * sizeof(float);

    protected MambaWeights Weights { get; }

    /// <summary>Tokens below this number can be chosen.</summary>
    protected int Choices { get; }

    protected CudaDevice Gpu { get; }

    /// <summary>Windows of the convolutions, (layers, B, K − 1, E).</summary>
    protected Tensor Convolutions => _convolutions;

    /// <summary>States of the scans, (layers, B, E, N).</summary>
    protected Tensor States => _states;

    /// <summary>Where chosen tokens arrive, (steps, B), in the host's memory.</summary>
    protected byte* Chosen => (byte*)_chosen.Value;

    /// <summary>The tokens that are read next, (B), in the host's memory.</summary>
    protected byte* Next => Chosen + (LongestBurst * Batch * sizeof(int));

    /// <summary>(B, V), made when it is first asked for.</summary>
    protected Tensor Logits => _logits ??= Hold(() => Tensor.Empty([Batch, Weights.Vocabulary], DType.Float32, Weights.Device));

    /// <summary>A decoder in the state before the first token, or null where these sizes have none.</summary>
    /// <param name="weights">Parameters.</param>
    /// <param name="batch">Number of sequences.</param>
    /// <param name="storage">What matrices are read as: Float32 or BFloat16.</param>
    /// <param name="choices">Tokens below this number can be chosen.</param>
    public static MambaDecoder? TryCreate(MambaWeights weights, int batch, DType storage, int choices)
    {
        if (!weights.IsUniform) return null;
        if (batch == 1 && MambaStepShape.TryFind(weights, storage, CudaDevice.Of(weights.Device)) is { } shape) return new MambaStepDecoder(weights, shape, choices);
        return storage == DType.BFloat16 && MambaBatchDecoder.Fits(weights) ? new MambaBatchDecoder(weights, batch, choices) : null;
    }

    /// <summary>The last K − 1 inputs of a layer's convolution, (B, K − 1, E): a view of what the next step reads and changes.</summary>
    public Tensor Convolution(int layer) => _convolutions.Alias(_convolutions.Shape.Without(0), layer * (_convolutions.Count / _convolutions.Shape[0]));

    /// <summary>A layer's state, (B, E, N): a view likewise.</summary>
    public Tensor State(int layer) => _states.Alias(_states.Shape.Without(0), layer * (_states.Count / _states.Shape[0]));

    /// <summary>Reads a token of each sequence.</summary>
    /// <param name="ids">The tokens, (B).</param>
    /// <param name="logits">Takes the logits behind them, (B, V).</param>
    public void Step(ReadOnlySpan<int> ids, Span<float> logits)
    {
        Require(ids);
        ids.CopyTo(new(Next, Batch));
        Run(1, Logits);
        fixed (float* pointer = logits[..(int)Logits.Count])
        {
            Gpu.CopyToHost(Logits.Address(), (byte*)pointer, Logits.Count * sizeof(float));
        }
    }

    /// <summary>Reads a token of each sequence, then the most probable ones, and so on.</summary>
    /// <param name="ids">The first tokens, (B).</param>
    /// <param name="steps">How often, at most <see cref="LongestBurst"/>.</param>
    /// <returns>The chosen tokens, (steps, B), of which the last ones were not read; −1 where no logit was a number.</returns>
    public int[] Choose(ReadOnlySpan<int> ids, int steps)
    {
        Require(ids);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(steps, LongestBurst);
        ids.CopyTo(new(Next, Batch));
        Run(steps, null);
        Gpu.Synchronize();
        return new Span<int>(Chosen, steps * Batch).ToArray();
    }

    /// <summary>Copies the state into another place.</summary>
    public (Tensor Convolutions, Tensor States) Snapshot() => Hold(() => (_convolutions.Clone(), _states.Clone()));

    /// <summary>Goes back to a state.</summary>
    public void Restore((Tensor Convolutions, Tensor States) snapshot)
    {
        _convolutions.CopyFrom(snapshot.Convolutions);
        _states.CopyFrom(snapshot.States);
    }

    public virtual void Dispose()
    {
        _convolutions.Dispose();
        _states.Dispose();
        _logits?.Dispose();
        _chosen.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes something that outlives the caller's scope.</summary>
    protected static T Hold<T>(Func<T> make)
    {
        using (TensorScope.Suspend()) return make();
    }

    /// <summary>Asks for so many steps, from <see cref="Next"/> on.</summary>
    protected abstract void Run(int steps, Tensor? logits);

    private void Require(ReadOnlySpan<int> ids)
    {
        if (ids.Length != Batch) throw new ArgumentException($"there are {ids.Length} tokens for {Batch} sequences", nameof(ids));
        foreach (var id in ids)
        {
            if (id < 0 || id >= Weights.Vocabulary) throw new ArgumentException($"token {id} is not in the vocabulary of {Weights.Vocabulary}", nameof(ids));
        }
    }
}
