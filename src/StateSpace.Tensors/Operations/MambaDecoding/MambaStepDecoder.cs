using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.MambaDecoding;

/// <summary>One sequence, by <c>MambaStep.cu</c>: whole tokens in one launch.</summary>
internal sealed unsafe class MambaStepDecoder : MambaDecoder
{
    private const string Source = "MambaStep";
    private const string PackSource = "MambaStepPack";
    private const int PackThreads = 256;

    private readonly MambaStepShape _shape;
    private readonly CudaKernel _kernel;
    private readonly Tensor _stream;
    private readonly Tensor _embedding;
    private readonly Tensor[] _exchanges;
    private uint _tag = 1;

    public MambaStepDecoder(MambaWeights weights, MambaStepShape shape, int choices)
        : base(weights, 1, choices)
    {
        _shape = shape;
        var (device, defines) = (weights.Device, shape.Defines(weights));
        _kernel = CudaKernel.For(device, Source, "mamba_step", defines);
        _stream = Hold(() => Tensor.Empty([shape.Blocks * shape.Packs(weights) * shape.Threads * (MambaStepShape.PackBytes / sizeof(int))], DType.Int32, device));
        _embedding = Hold(() => shape.Storage == DType.Float32 ? weights.Embedding.Detach() : weights.Embedding.Convert(shape.Storage));

        // Zeroed once: no tag is zero.
        long[] words = [weights.Width, weights.Inner, 2L * shape.Blocks * ((weights.Mixed + 2) / 3), 2L * shape.Blocks];
        _exchanges = [.. words.Select(count => Hold(() => Tensor.Zeros([count], DType.Int64, device)))];
        Pack(defines);
    }

    public override void Dispose()
    {
        _stream.Dispose();
        _embedding.Dispose();
        foreach (var exchange in _exchanges) exchange.Dispose();
        base.Dispose();
    }

    protected override void Run(int steps, Tensor? logits)
    {
        _kernel.Launch(
            _shape.Blocks,
            _shape.Threads,
            sharedBytes: _shape.SharedBytes,
            args:
            [
                _stream, _embedding, Weights.FinalNorm, Convolutions, States, _exchanges[0], _exchanges[1], _exchanges[2], _exchanges[3],
                Next, Chosen, logits, Weights.Layers.Count, Weights.Vocabulary, Choices, steps, _tag, Weights.Epsilon,
            ]);
        _tag += (uint)(steps * (Weights.Layers.Count + 1));
        if (_tag < int.MaxValue) return;
        _tag = 1;
        foreach (var exchange in _exchanges) exchange.Clear();
    }

    private void Pack(string[] defines)
    {
        var rows = CudaKernel.For(Weights.Device, PackSource, "mamba_pack_rows", defines);
        var small = CudaKernel.For(Weights.Device, PackSource, "mamba_pack_small", defines);
        var (packs, warps) = (_shape.Packs(Weights), _shape.Threads / 32);
        void Rows(Tensor matrix, long first, long count, int parts, int width, int split, int perBlock) => rows.Launch(
            Grid.Cover(_shape.Blocks * count * _shape.Threads, PackThreads),
            PackThreads,
            matrix, _stream, packs, first, count, parts, width, split, perBlock, (int)matrix.Shape[0] / parts, (int)matrix.Shape[1]);

        var at = 0L;
        foreach (var layer in Weights.Layers)
        {
            small.Launch(
                Grid.Cover((long)_shape.SmallPacks * _shape.Threads * 4 * _shape.Blocks, PackThreads),
                PackThreads,
                layer.Norm, layer.Mix, layer.Delta, layer.Taps, layer.TapBias, layer.Rates, layer.Skip, layer.DeltaBias, _stream, packs, at, _shape.SmallPacks);
            at += _shape.SmallPacks;
            Rows(layer.Input, at, _shape.InputPacks, 2, _shape.Wide, 1, Cover(Weights.Inner));
            at += _shape.InputPacks;
            Rows(layer.Output, at, _shape.OutputPacks, 1, _shape.Part, _shape.Split, Cover(Weights.Width));
            at += _shape.OutputPacks;
        }

        Rows(Weights.Head, at, (long)_shape.HeadRounds * _shape.Wide, 1, _shape.Wide, 1, Cover(Weights.Vocabulary));
        int Cover(int count) => (count + _shape.Blocks - 1) / _shape.Blocks;
    }
}
