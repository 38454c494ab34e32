using StateSpace.Models.Initialization;
using StateSpace.Models.Parameters;
using StateSpace.Models.States;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.MambaDecoding;
using StateSpace.Tensors.Operations.RmsNorm;
using StateSpace.Tensors.Operations.SelectiveScan;

namespace StateSpace.Models.Layers;

/// <summary>
/// The Mamba layer (Gu and Dao, 2023, arXiv 2312.00752, sec. 3.4): a gated selective scan behind a short convolution. With norms of Δ, B and C it is
/// FalconMamba's and Jamba's.
/// </summary>
/// <remarks>State parts: <c>conv</c>, the last K − 1 inputs of the convolution, (B, K − 1, E), and <c>ssm</c>, (B, E, N).</remarks>
public sealed class Mamba : SequenceMixer
{
    private readonly MambaSettings _settings;
    private readonly long _width;
    private readonly long _inner;
    private readonly long _rank;
    private readonly Linear _input;
    private readonly ShortConvolution _convolution;
    private readonly Linear _scanInput;
    private readonly Linear _delta;
    private readonly Parameter _deltaBias;
    private readonly Derived _rates;
    private readonly Parameter _skip;
    private readonly Normalization[] _norms = [];
    private readonly Linear _output;

    /// <summary>A layer.</summary>
    /// <param name="width">Channels D.</param>
    /// <param name="depth">Number of blocks in the stack: the output map begins divided by its square root.</param>
    /// <param name="settings">Sizes.</param>
    /// <param name="values">Where initial values come from.</param>
    public Mamba(long width, int depth, MambaSettings settings, InitialValues values)
    {
        ArgumentNullException.ThrowIfNull(settings);
        (_settings, _width) = (settings, width);
        _inner = settings.Inner == 0 ? (long)(settings.Expand * width) : settings.Inner;
        _rank = settings.DeltaRank == 0 ? (width + 15) / 16 : settings.DeltaRank;
        if (_inner < 1 || _rank < 1 || settings.StateSize < 1)
        {
            throw new ArgumentException($"Mamba: {_inner} inner channels, rank {_rank} of Δ and {settings.StateSize} states are not possible; each must be at least 1");
        }

        Fan channels = new(width, AxisGrowth.Width), inner = new(_inner, AxisGrowth.Width), rank = new(_rank, AxisGrowth.Width);
        Fan states = new(settings.StateSize, AxisGrowth.State);
        _input = Add("in_proj", new Linear([("x", inner), ("z", inner)], channels, values.Of("in_proj"), settings.Bias));
        _convolution = Add("conv1d", new ShortConvolution([("x", inner)], settings.ConvolutionSize, settings.ConvolutionBias, values.Of("conv1d")));
        _scanInput = Add("x_proj", new Linear([("delta", rank), ("B", states), ("C", states)], inner, values.Of("x_proj")));

        // U(±R^−1/2) is the default of a linear map from R. The scan adds the bias, before its softplus.
        _delta = Add("dt_proj", new Linear(inner, rank, values.Of("dt_proj")));
        _deltaBias = Add(new Parameter("dt_proj.bias", settings.StepSizes.SoftplusInverses([_inner], values.Of("dt_bias")), ParameterRole.Vector(inner)));
        var logarithm = Add(new Parameter(
            "A_log",
            values.By([_inner, settings.StateSize], i => Math.Log((i % settings.StateSize) + 1)),
            new ParameterRole([AxisGrowth.Width, AxisGrowth.State], new(1, AxisGrowth.Fixed), states, 0) { DecayMultiplier = 0 }));
        _rates = Track(new(() => [-logarithm.Value.Exp()]));
        _skip = Add(new Parameter("D", values.Constant([_inner], 1), ParameterRole.Vector(inner)));
        if (settings.InputNorm == ScanInputNorm.Scaled)
        {
            Normalization Norm(string name, Fan size) => Add(name, new Normalization(NormKind.Rms, size, settings.InputNormEpsilon, values));
            _norms = [Norm("dt_layernorm", rank), Norm("b_layernorm", states), Norm("c_layernorm", states)];
        }

        _output = Add("out_proj", new Linear(channels, inner, values.Of("out_proj"), settings.Bias, divisor: Math.Sqrt(depth)));
    }

    /// <inheritdoc/>
    public override State InitialState(long batch) => new(
        batch,
        0,
        ("conv", Tensor.Zeros([batch, _convolution.Memory, _inner], _skip.Value.DType.Accurate(), _skip.Value.Device)),
        ("ssm", Tensor.Zeros([batch, _inner, _settings.StateSize], _skip.Value.DType.Accurate(), _skip.Value.Device)));

    /// <summary>What a decoder needs to know of the layer and the norm before it, or null where the layer has what no decoder knows: biases, norms of Δ, B and C.</summary>
    internal MambaLayerWeights? DecodingWeights(Normalization norm) =>
        norm.Kind != NormKind.Rms || _settings.InputNorm != ScanInputNorm.None || _input.Bias is not null || _output.Bias is not null
            ? null
            : new(norm.Weight, _input.Weight, _convolution.Weight, _convolution.Bias?.Value, _scanInput.Weight, _delta.Weight, _deltaBias, _rates.Value, _skip, _output.Weight);

    /// <inheritdoc/>
    protected override (Tensor Y, State State) Mix(Tensor x, State? state, Tensor? resets)
    {
        Require(x.Shape[2] == _width, $"x is {x} but the layer has {_width} channels");
        var halves = _input.ApplyInParts(x, _inner, _inner);
        var (u, window) = _convolution.Apply(halves[0], state?["conv"], resets);
        var parts = _scanInput.Apply(u).Split(2, _rank, _settings.StateSize, _settings.StateSize);
        for (var i = 0; i < parts.Length; i++) parts[i] = Normalize(parts[i], i);
        var (y, final) = SelectiveScan.Apply(
            u, _delta.Apply(parts[0]), _rates.Value, parts[1], parts[2], _skip, halves[1], _deltaBias, initial: state?["ssm"], resets: resets);
        return (_output.Apply(y), new(x.Shape[0], (state?.Position ?? 0) + x.Shape[1], ("conv", window), ("ssm", final)));
    }

    private Tensor Normalize(Tensor part, int index) => _settings.InputNorm switch
    {
        ScanInputNorm.Scaled => _norms[index].Apply(part),
        ScanInputNorm.Plain => RmsNorm.Apply(part, Tensor.Ones([part.Shape[^1]], part.DType.Accurate(), part.Device), _settings.InputNormEpsilon),
        _ => part,
    };
}
