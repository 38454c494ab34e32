using StateSpace.Models.Initialization;
using StateSpace.Models.Parameters;
using StateSpace.Models.States;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.GatedRmsNorm;
using StateSpace.Tensors.Operations.Ssd;
using StateSpace.Tensors.Operations.SsdStep;

namespace StateSpace.Models.Layers;

/// <summary>
/// The Mamba-2 layer (Dao and Gu, 2024, arXiv 2405.21060, sec. 7.1): heads with one decay each, Δ, B and C from the input in parallel, a gated norm
/// before the output map.
/// </summary>
/// <remarks>State parts: <c>conv</c>, the last K − 1 inputs of the convolution, (B, K − 1, E + 2GN), and <c>ssm</c>, (B, H, P, N).</remarks>
public sealed class Mamba2 : SequenceMixer
{
    // A of the heads begins uniform in this range (mamba_ssm, A_init_range).
    private const double SmallestRate = 1, LargestRate = 16;

    private readonly Mamba2Settings _settings;
    private readonly long _width;
    private readonly long _inner;
    private readonly long _heads;
    private readonly long _convolved;
    private readonly Linear _input;
    private readonly ShortConvolution _convolution;
    private readonly Parameter _deltaBias;
    private readonly Derived _rates;
    private readonly Parameter _skip;
    private readonly Normalization _norm;
    private readonly Linear _output;

    /// <summary>A layer.</summary>
    /// <param name="width">Channels D.</param>
    /// <param name="depth">Number of blocks in the stack: the output map begins divided by its square root.</param>
    /// <param name="settings">Sizes.</param>
    /// <param name="values">Where initial values come from.</param>
    public Mamba2(long width, int depth, Mamba2Settings settings, InitialValues values)
    {
        ArgumentNullException.ThrowIfNull(settings);
        (_settings, _width) = (settings, width);
        _inner = (long)(settings.Expand * width);
        if (settings.HeadSize < 1 || settings.StateSize < 1 || settings.Groups < 1 || _inner < 1 || _inner % settings.HeadSize != 0)
        {
            throw new ArgumentException($"Mamba-2: {_inner} inner channels do not make heads of {settings.HeadSize} with {settings.StateSize} states in {settings.Groups} groups");
        }

        _heads = _inner / settings.HeadSize;
        if (_heads % settings.Groups != 0) throw new ArgumentException($"Mamba-2: {settings.Groups} groups do not divide {_heads} heads");
        if (settings.NormGroups < 1 || _inner % settings.NormGroups != 0)
        {
            throw new ArgumentException($"Mamba-2: {settings.NormGroups} norm groups do not divide {_inner} channels");
        }

        if (!(settings.SmallestDelta <= settings.LargestDelta))
        {
            throw new ArgumentException($"Mamba-2: Δ cannot be from {settings.SmallestDelta} to {settings.LargestDelta}");
        }

        var shared = settings.Groups * settings.StateSize;
        _convolved = _inner + (2 * shared);
        Fan channels = new(width, AxisGrowth.Width), inner = new(_inner, AxisGrowth.Width), heads = new(_heads, AxisGrowth.Width);
        Fan states = new(shared, AxisGrowth.State);
        (string, Fan)[] convolved = [("x", inner), ("B", states), ("C", states)];
        _input = Add("in_proj", new Linear([("z", inner), .. convolved, ("delta", heads)], channels, values.Of("in_proj"), settings.Bias));
        _convolution = Add("conv1d", new ShortConvolution(convolved, settings.ConvolutionSize, settings.ConvolutionBias, values.Of("conv1d")));
        _deltaBias = Add(new Parameter("dt_bias", settings.StepSizes.SoftplusInverses([_heads], values.Of("dt_bias")), ParameterRole.Vector(heads)));
        var logarithm = Add(new Parameter(
            "A_log",
            values.Of("A_log").FromUniform([_heads], u => Math.Log(SmallestRate + (u * (LargestRate - SmallestRate)))),
            ParameterRole.Vector(heads)));
        _rates = Track(new(() => [-logarithm.Value.Exp()]));
        _skip = Add(new Parameter("D", values.Constant([_heads], 1), ParameterRole.Vector(heads)));
        _norm = Add("norm", new Normalization(NormKind.Rms, inner, settings.NormEpsilon, values));
        _output = Add("out_proj", new Linear(channels, inner, values.Of("out_proj"), settings.Bias, divisor: Math.Sqrt(depth)));
    }

    /// <inheritdoc/>
    public override State InitialState(long batch) => new(
        batch,
        0,
        ("conv", Tensor.Zeros([batch, _convolution.Memory, _convolved], _skip.Value.DType.Accurate(), _skip.Value.Device)),
        ("ssm", Tensor.Zeros([batch, _heads, _settings.HeadSize, _settings.StateSize], _skip.Value.DType.Accurate(), _skip.Value.Device)));

    /// <inheritdoc/>
    protected override (Tensor Y, State State) Mix(Tensor x, State? state, Tensor? resets)
    {
        Require(x.Shape[2] == _width, $"x is {x} but the layer has {_width} channels");
        if (x.Shape[1] == 1 && state is not null && resets is null && !x.Device.IsCpu && Tape.Current is null) return Step(x, state);
        var (batch, length, shared) = (x.Shape[0], x.Shape[1], _settings.Groups * _settings.StateSize);
        var inputs = _input.ApplyInParts(x, _inner, _convolved, _heads);
        var (convolved, window) = _convolution.Apply(inputs[1], state?["conv"], resets);
        var parts = convolved.Split(2, _inner, shared, shared);
        var (y, final) = Ssd.Apply(
            parts[0].Reshape(batch, length, _heads, _settings.HeadSize),
            Delta(inputs[2]),
            _rates.Value,
            parts[1].Reshape(batch, length, _settings.Groups, _settings.StateSize),
            parts[2].Reshape(batch, length, _settings.Groups, _settings.StateSize),
            _skip,
            state?["ssm"],
            resets,
            _settings.Chunk);
        y = GatedRmsNorm.Apply(y.Reshape(batch, length, _inner), inputs[0], _norm.Weight, _settings.NormGroups, _norm.Epsilon);
        return (_output.Apply(y), new(batch, (state?.Position ?? 0) + length, ("conv", window), ("ssm", final)));
    }

    /// <summary>One step on a GPU, which is bound by the number of its launches.</summary>
    private (Tensor Y, State State) Step(Tensor x, State state)
    {
        var projected = _input.Apply(x);
        var (y, window, final) = SsdStep.Apply(
            projected,
            state["conv"],
            _convolution.Weight.Value,
            _convolution.Bias?.Value,
            _deltaBias.Value,
            _rates.Value,
            _skip.Value,
            state["ssm"],
            _settings.Groups,
            _settings.SmallestDelta,
            _settings.LargestDelta,
            state.MayBeOverwritten);
        y = GatedRmsNorm.Apply(y, projected.Slice(2, 0, _inner), _norm.Weight, _settings.NormGroups, _norm.Epsilon);
        return (_output.Apply(y), new(state.Batch, state.Position + 1, ("conv", window), ("ssm", final)));
    }

    private Tensor Delta(Tensor raw)
    {
        // softplus is positive: a lower limit of 0 changes nothing.
        var delta = (raw + _deltaBias).Softplus();
        if (_settings.SmallestDelta > 0) delta = Tensor.Maximum(delta, Tensor.Scalar(_settings.SmallestDelta, delta.DType, delta.Device));
        return double.IsPositiveInfinity(_settings.LargestDelta) ? delta : Tensor.Minimum(delta, Tensor.Scalar(_settings.LargestDelta, delta.DType, delta.Device));
    }
}
