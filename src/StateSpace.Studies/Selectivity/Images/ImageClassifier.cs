using StateSpace.Models.Initialization;
using StateSpace.Models.Layers;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.Selectivity.Images;

/// <summary>Sizes of a classifier.</summary>
/// <param name="Width">Channels D.</param>
/// <param name="StateSize">Real numbers of state per channel N.</param>
/// <param name="Blocks">Number of blocks.</param>
/// <param name="Dropout">Share of the channels that each place of dropout takes away in training.</param>
internal sealed record ClassifierSize(int Width, int StateSize, int Blocks, double Dropout);

/// <summary>
/// The S4 code base's classifier of sequences (Ran-Milo et al., app. F.2: its <c>s4-cifar</c> with S4D): a linear map from a pixel to D channels, blocks with a
/// residual and batch normalization behind it, the mean over the sequence, a linear map to the classes.
/// </summary>
/// <remarks>A block is S4D in both directions, dropout, GELU, dropout, a linear map to 2D, a gated linear unit, dropout. Dropout takes a channel from all steps.</remarks>
internal sealed class ImageClassifier : Module
{
    /// <summary>Places of dropout in a block.</summary>
    private const int Places = 3;

    private readonly double _dropout;
    private readonly Linear _encoder;
    private readonly Block[] _blocks;
    private readonly Linear _head;

    /// <param name="size">Sizes.</param>
    /// <param name="isComplex">Whether states are complex and begin as S4D-LegS; otherwise real, and begin at −1 … −N.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="stateRate">Factor on the learning rate of Δ, A, B and C.</param>
    /// <param name="source">Where initial values come from.</param>
    public ImageClassifier(ClassifierSize size, bool isComplex, int classes, double stateRate, RandomSource source)
    {
        using var scope = new TensorScope();
        var values = new InitialValues(source);
        _dropout = size.Dropout;
        Fan width = new(size.Width, AxisGrowth.Width);
        _encoder = Add("encoder", new Linear(width, new(1, AxisGrowth.Fixed), values.Of("encoder"), bias: true));
        S4dSettings states = new()
        {
            StateSize = size.StateSize,
            Initialization = isComplex ? S4dInitialization.LegS : S4dInitialization.Real,
            Copies = 1,
            Output = S4dOutput.None,
        };
        _blocks = [.. Enumerable.Range(0, size.Blocks).Select(i => Add($"blocks.{i}", new Block(width, states, values.Of($"blocks.{i}"))))];
        _head = Add("head", new Linear(new Fan(classes, AxisGrowth.Fixed), width, values.Of("head"), bias: true));
        foreach (var parameter in Parameters.Where(parameter => parameter.Name.Contains(".ssm.", StringComparison.Ordinal)))
            foreach (var part in parameter.Parts.ToList()) parameter.Assign(part.Name, part.Role with { RateMultiplier = stateRate });
    }

    /// <summary>Draws what dropout multiplies by in a step: for each place a (B, 1, D) of zeros and 1 / (1 − p); none where there is no dropout.</summary>
    /// <param name="batch">Images of the step.</param>
    /// <param name="random">Where they come from.</param>
    public Tensor[] Masks(int batch, RandomSource random) => _dropout == 0 ? [] : [.. Enumerable.Range(0, Places * _blocks.Length).Select(_ =>
    {
        var mask = Tensor.Empty([batch, 1, _encoder.Outputs]);
        var values = mask.Span<float>();
        random.FillUniform(values);
        foreach (ref var value in values) value = value < _dropout ? 0 : (float)(1 / (1 - _dropout));
        return mask;
    })];

    /// <summary>Logits, (B, classes).</summary>
    /// <param name="pixels">(B, L, 1).</param>
    /// <param name="masks">Those of <see cref="Masks"/> in training; null to evaluate.</param>
    public Tensor Forward(Tensor pixels, IReadOnlyList<Tensor>? masks)
    {
        var x = _encoder.Apply(pixels);
        for (var i = 0; i < _blocks.Length; i++)
        {
            var first = Places * i;
            x = _blocks[i].Apply(x, training: masks is not null, (y, place) => masks is { Count: > 0 } ? y * masks[first + place] : y);
        }

        return _head.Apply(x.Mean(1));
    }

    /// <summary>The kernels of the first block that read forwards, (D, L).</summary>
    /// <param name="length">L.</param>
    public Tensor FirstKernels(long length) => _blocks[0].Kernels(length);

    private sealed class Block : Module
    {
        private readonly long _width;
        private readonly BidirectionalS4d _states;
        private readonly Linear _output;
        private readonly BatchNormalization _norm;

        public Block(Fan width, S4dSettings settings, InitialValues values)
        {
            _width = width.Size;
            _states = Add("s4d", new BidirectionalS4d(_width, settings, values.Of("s4d")));
            _output = Add("output", new Linear(new Fan(2 * _width, AxisGrowth.Width), width, values.Of("output"), bias: true));
            _norm = Add("norm", new BatchNormalization(_width));
        }

        public Tensor Apply(Tensor x, bool training, Func<Tensor, int, Tensor> drop)
        {
            var halves = _output.ApplyInParts(drop(drop(_states.Apply(x), 0).Gelu(), 1), _width, _width);
            return _norm.Apply(x + drop(halves[0] * halves[1].Sigmoid(), 2), training);
        }

        public Tensor Kernels(long length) => _states.Kernels(length).Slice(0, 0, _width);
    }
}
