using System.Globalization;
using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.MambaDecoding;

/// <summary>Several sequences, weights in BFloat16, by <c>MambaBatchStep.cu</c>: four kernels a layer, recorded once and replayed for each token.</summary>
internal sealed unsafe class MambaBatchDecoder : MambaDecoder
{
    private const string Source = "MambaBatchStep";
    private const int Tile = 16;
    private const int GroupTiles = 4;
    private const int WordsOfTile = 128;
    private const int PackThreads = 256;
    private const int InputThreads = 256;
    private const int SumsPitch = 40;
    private const int Threads = 512;
    private const int HeadThreads = 384;

    private readonly int _tiles;
    private readonly int _groups;
    private readonly int _groupTiles;
    private readonly int _headBlocks;
    private readonly LayerTiles[] _layers;
    private readonly Tensor _head;
    private readonly Tensor _embedding;
    private readonly Tensor _x;
    private readonly Tensor _normed;
    private readonly Tensor _squares;
    private readonly Tensor _u;
    private readonly Tensor _gate;
    private readonly Tensor _y;
    private readonly Tensor _mixed;
    private readonly Tensor _low;
    private readonly Tensor _bests;
    private readonly Tensor _position;
    private readonly List<Tensor> _held = [];
    private readonly string[] _defines;
    private CudaGraph? _greedy;
    private CudaGraph? _observed;

    public MambaBatchDecoder(MambaWeights weights, int batch, int choices)
        : base(weights, batch, choices)
    {
        // One, two or four: the blocks of the output product take half of a group each.
        _groupTiles = Cover(batch) > 2 ? GroupTiles : Cover(batch);
        _groups = (Cover(batch) + _groupTiles - 1) / _groupTiles;
        _tiles = _groups * _groupTiles;
        (string Name, int Value)[] macros = [("WIDTH", weights.Width), ("INNER", weights.Inner), ("RANK", weights.Rank), ("STATES", weights.States), ("TAPS", weights.Taps), ("MT", _groupTiles)];
        _defines = [.. macros.Select(macro => string.Create(CultureInfo.InvariantCulture, $"{macro.Name}={macro.Value}"))];
        var headTiles = (weights.Vocabulary + 31) / 32;
        var passes = (headTiles + (Gpu.Multiprocessors * HeadThreads / 32) - 1) / (Gpu.Multiprocessors * HeadThreads / 32);
        _headBlocks = (headTiles + (passes * HeadThreads / 32) - 1) / (passes * HeadThreads / 32);
        _layers = [.. weights.Layers.Select(layer => new LayerTiles(
            Pack(layer.Input, 2), Pack(layer.Mix, 1), Pack(layer.Delta, 1), Pack(layer.Output, 1), Keep(Hold(layer.Rates.Detach))))];
        _head = Pack(weights.Head, 1, headTiles * 2);
        _embedding = Keep(Hold(() => weights.Embedding.Convert(DType.BFloat16)));
        _x = Floats(batch, weights.Width);
        _squares = Floats(Cover(weights.Width), batch);
        _mixed = Floats(batch, weights.Mixed);
        _bests = Floats((long)_headBlocks * batch, 2);
        (_normed, _low) = (Words(_tiles * Cover(weights.Width)), Words(_tiles * Cover(weights.Rank)));
        (_u, _gate, _y) = (Words(_tiles * Cover(weights.Inner)), Words(_tiles * Cover(weights.Inner)), Words(_tiles * Cover(weights.Inner)));
        _position = Keep(Hold(() => Tensor.Zeros([1], DType.Int32, weights.Device)));
    }

    /// <summary>Whether the kernels serve these sizes.</summary>
    public static bool Fits(MambaWeights weights)
    {
        var device = CudaDevice.Of(weights.Device);
        var head = (GroupTiles * Cover(weights.Width) * WordsOfTile * sizeof(int)) + (16 << 10);
        return device.Capability >= 90 && weights.States is 4 or 8 or 16 or 32 or 64 && weights.Taps is >= 2 and <= 16 && weights.Inner % 2 == 0 && head <= device.SharedMemoryPerBlock
            && weights.Width <= 2560 && weights.Rank <= 256;
    }

    public override void Dispose()
    {
        _greedy?.Dispose();
        _observed?.Dispose();
        foreach (var tensor in _held) tensor.Dispose();
        base.Dispose();
    }

    protected override void Run(int steps, Tensor? logits)
    {
        Gpu.Fill(_position.Address(), byte.MaxValue, sizeof(int));
        Embed(null);
        ref var graph = ref logits is null ? ref _greedy : ref _observed;
        if (graph is null)
        {
            // Not recorded: compiles and loads the kernels.
            Step(logits);
            graph = CudaGraph.Capture(Gpu, () => Step(logits));
            steps--;
        }

        for (var i = 0; i < steps; i++) graph.Launch();
    }

    private static int Cover(int count) => (count + Tile - 1) / Tile;

    private Tensor Keep(Tensor tensor)
    {
        _held.Add(tensor);
        return tensor;
    }

    private Tensor Floats(params long[] sizes) => Keep(Hold(() => Tensor.Zeros(sizes, DType.Float32, Weights.Device)));

    // Zero, and so finite, where there is no sequence and no channel.
    private Tensor Words(long tiles) => Keep(Hold(() => Tensor.Zeros([tiles * WordsOfTile], DType.Int32, Weights.Device)));

    private CudaKernel Kernel(string function) => CudaKernel.For(Weights.Device, Source, function, _defines);

    private Tensor Pack(Tensor matrix, int parts, int rowTiles = 0)
    {
        var (rows, columns) = ((int)matrix.Shape[0] / parts, (int)matrix.Shape[1]);
        if (rowTiles == 0) rowTiles = parts * Cover(rows);
        var tiles = Words((long)rowTiles * Cover(columns));
        Kernel("mamba_batch_pack").Launch(Grid.Cover(tiles.Count, PackThreads), PackThreads, matrix, tiles, tiles.Count, parts, rows, columns);
        return tiles;
    }

    private void Embed(Tensor? bests) => Kernel("mamba_batch_embed").Launch(
        Batch, InputThreads, bests, _headBlocks, Next, Chosen, _position, _embedding, Weights.Layers[0].Norm, _x, _normed, _squares, Batch);

    private void Step(Tensor? logits)
    {
        for (var i = 0; i < _layers.Length; i++)
        {
            var (layer, tiles) = (Weights.Layers[i], _layers[i]);
            using var window = Convolution(i);
            using var state = State(i);
            Kernel("mamba_batch_input").LaunchOverlapping(
                (Cover(Weights.Inner), _groups),
                InputThreads,
                [_normed, _squares, tiles.Input, layer.Taps, layer.TapBias, window, _u, _gate, Batch, Weights.Epsilon],
                InputThreads / 32 * _groupTiles * Tile * SumsPitch * sizeof(float));
            Kernel("mamba_batch_mix").LaunchOverlapping((Cover(Weights.Mixed), _tiles), Threads, [_u, tiles.Mix, _mixed, _low, Batch]);
            Kernel("mamba_batch_scan").LaunchOverlapping(
                (Cover(Weights.Inner), _groups), Threads, [_u, _gate, _mixed, _low, tiles.Delta, layer.DeltaBias, tiles.Rates, layer.Skip, state, _y, Batch]);
            var next = i + 1 < _layers.Length ? Weights.Layers[i + 1].Norm : Weights.FinalNorm;
            var outputTiles = (_groupTiles + 1) / 2;
            Kernel("mamba_batch_output").LaunchOverlapping(
                (Cover(Weights.Width), (_tiles + outputTiles - 1) / outputTiles), Threads, [_y, tiles.Output, next, _x, _normed, _squares, Batch]);
        }

        Kernel("mamba_batch_head").LaunchOverlapping(
            (_headBlocks, _groups),
            HeadThreads,
            [_normed, _squares, _head, logits, _bests, _position, Weights.Vocabulary, Choices, Batch, Weights.Epsilon],
            _groupTiles * Cover(Weights.Width) * WordsOfTile * sizeof(int));
        Embed(_bests);
    }

    private sealed record LayerTiles(Tensor Input, Tensor Mix, Tensor Delta, Tensor Output, Tensor Rates);
}
