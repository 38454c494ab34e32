using StateSpace.Models.Initialization;
using StateSpace.Models.Parameters;
using StateSpace.Models.States;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.SelectiveScan;

namespace StateSpace.Models.Layers;

/// <summary>
/// The S6 layer of the comparison of real and complex parametrizations (Ran-Milo et al., 2024, "Provable benefits of complex parameterizations for
/// structured state space models", app. F.3): Mamba's block whose scan is real or complex, and whose B, C and Δ depend on the input or not, each by
/// itself.
/// </summary>
/// <remarks>
/// Complex: N/2 states with A = −exp(a) + iω, B_t = (W_r + iW_i) x, C_t = (W_r − iW_i) x, y = 2 Re(C·h) + D̲x; as many parameters as the real layer
/// has. Without selectivity, B and C are (E, N) constants and Δ = exp(p). State parts: <c>conv</c>, (B, K − 1, E), and <c>ssm</c>, or <c>ssm_re</c>
/// and <c>ssm_im</c>, (B, E, N).
/// </remarks>
public sealed class S6 : SequenceMixer
{
    private readonly S6Settings _settings;
    private readonly long _width;
    private readonly long _inner;
    private readonly long _rank;
    private readonly Linear _input;
    private readonly ShortConvolution _convolution;
    private readonly Linear? _scanInput;
    private readonly Linear? _delta;
    private readonly Parameter _deltaOffset;
    private readonly Derived _rates;
    private readonly Parameter[] _b;
    private readonly Parameter[] _c;
    private readonly Parameter _skip;
    private readonly Linear _output;

    /// <summary>A layer.</summary>
    /// <param name="width">Channels D.</param>
    /// <param name="settings">Sizes and kind.</param>
    /// <param name="values">Where initial values come from.</param>
    public S6(long width, S6Settings settings, InitialValues values)
    {
        ArgumentNullException.ThrowIfNull(settings);
        (_settings, _width) = (settings, width);
        _inner = (long)(settings.Expand * width);
        _rank = settings.DeltaRank == 0 ? (width + 15) / 16 : settings.DeltaRank;
        if (settings.StateSize < 1 || (settings.Complex && settings.StateSize % 2 != 0))
        {
            throw new ArgumentException($"S6: a state of {settings.StateSize} is not possible: it must be at least 1, and even where it is complex");
        }

        if (_inner < 1 || _rank < 1)
        {
            throw new ArgumentException($"S6: {_inner} inner channels and rank {_rank} of Δ are not possible; each must be at least 1");
        }

        if (settings is { Complex: true, SignedGates: true }) throw new ArgumentException("S6: gates in (−1, 1) are of real states; a complex state has gates in the unit disc");
        if (settings is { Complex: false, Rotations: true }) throw new ArgumentException("S6: rotations are a form of complex states; set Complex too");
        Fan channels = new(width, AxisGrowth.Width), inner = new(_inner, AxisGrowth.Width), rank = new(_rank, AxisGrowth.Width);
        Fan states = new(settings.Modes, AxisGrowth.State);
        _input = Add("in_proj", new Linear([("x", inner), ("z", inner)], channels, values.Of("in_proj")));
        _convolution = Add("conv1d", new ShortConvolution([("x", inner)], settings.ConvolutionSize, bias: true, values.Of("conv1d")));
        List<(string, Fan)> rows = [];
        if (settings.SelectiveDelta) rows.Add(("delta", rank));
        foreach (var (name, selective) in new[] { ("B", settings.SelectiveB), ("C", settings.SelectiveC) })
        {
            if (!selective) continue;
            rows.AddRange(settings.Complex ? [($"{name}_re", states), ($"{name}_im", states)] : [(name, states)]);
        }

        if (rows.Count > 0) _scanInput = Add("x_proj", new Linear(rows, inner, values.Of("x_proj")));
        if (settings.SelectiveDelta) _delta = Add("dt_proj", new Linear(inner, rank, values.Of("dt_proj")));
        _deltaOffset = Add(settings.SelectiveDelta
            ? new Parameter("dt_proj.bias", settings.StepSizes.SoftplusInverses([_inner], values.Of("dt_bias")), ParameterRole.Vector(inner))
            : new Parameter("log_dt", settings.StepSizes.Logarithms([_inner], values.Of("dt_bias")), ParameterRole.Vector(inner)));
        var table = new ParameterRole([AxisGrowth.Width, AxisGrowth.State], new(1, AxisGrowth.Fixed), states, 0) { DecayMultiplier = 0 };
        Shape shape = [_inner, settings.Modes];
        var decay = Add(new Parameter("A_log", values.By(shape, i => Math.Log((i % settings.Modes) + 1)), table));
        var frequency = settings.Complex ? Add(new Parameter("A_im", values.By(shape, i => Math.PI * (i % settings.Modes)), table)) : null;
        _rates = Track(new(() => frequency is null ? [-decay.Value.Exp()] : [-decay.Value.Exp(), frequency]));
        var bound = 1 / Math.Sqrt(_inner);
        Parameter[] Constants(string name, bool selective) => selective ? [] : [.. Parts(name).Select(part => Add(new Parameter(
            part, values.Of(part).Uniform(shape, -bound, bound), table with { InitialDeviation = bound / Math.Sqrt(3) })))];
        _b = Constants("b", settings.SelectiveB);
        _c = Constants("c", settings.SelectiveC);
        var skip = settings.Complex ? values.Of("D").Normal([_inner], 1) : values.Constant([_inner], 1);
        _skip = Add(new Parameter("D", skip, ParameterRole.Vector(inner, settings.Complex ? 1 : 0)));
        _output = Add("out_proj", new Linear(channels, inner, values.Of("out_proj")));
    }

    /// <inheritdoc/>
    public override State InitialState(long batch) => new(batch, 0, [
        ("conv", Tensor.Zeros([batch, _convolution.Memory, _inner], _skip.Value.DType.Accurate(), _skip.Value.Device)),
        .. Parts("ssm").Select(name => (name, Tensor.Zeros([batch, _inner, _settings.Modes], _skip.Value.DType.Accurate(), _skip.Value.Device))),
    ]);

    /// <inheritdoc/>
    protected override (Tensor Y, State State) Mix(Tensor x, State? state, Tensor? resets)
    {
        Require(x.Shape[2] == _width, $"x is {x} but the layer has {_width} channels");
        var position = (state?.Position ?? 0) + x.Shape[1];
        var halves = _input.ApplyInParts(x, _inner, _inner);
        var (u, window) = _convolution.Apply(halves[0], state?["conv"], resets);
        var (delta, b, c) = ScanInputs(u);
        var bias = _settings.SelectiveDelta ? _deltaOffset.Value : null;
        if (_settings.SignedGates || _settings.Rotations)
        {
            var step = bias is null ? delta : (delta + bias).Softplus();
            return MixInMemory(u, step, halves[1], b, c, state, resets, parts => new(x.Shape[0], position, [("conv", window), .. parts]));
        }

        if (!_settings.Complex)
        {
            var (y, final) = SelectiveScan.Apply(u, delta, _rates.Value, b[0], c[0], _skip, halves[1], bias, _settings.SelectiveDelta, state?["ssm"], resets);
            return (_output.Apply(y), new(x.Shape[0], position, ("conv", window), ("ssm", final)));
        }

        var a = _rates.Values;
        var (real, end) = SelectiveScan.Apply(
            u, delta, (a[0], a[1]), (b[0], b[1]), (c[0], -c[1]), _skip, halves[1], bias, _settings.SelectiveDelta,
            state is null ? null : (state["ssm_re"], state["ssm_im"]), resets);
        return (_output.Apply(real), new(x.Shape[0], position, ("conv", window), ("ssm_re", end.Re), ("ssm_im", end.Im)));
    }

    /// <summary>The forms whose states are all in memory.</summary>
    private (Tensor Y, State State) MixInMemory(
        Tensor u, Tensor delta, Tensor gate, Tensor[] b, Tensor[] c, State? state, Tensor? resets, Func<(string Name, Tensor Value)[], State> after)
    {
        if (_settings.SignedGates)
        {
            var (y, final) = ScanInMemory.Signed(u, delta, _rates.Value, b[0], c[0], _skip, state?["ssm"], resets);
            return (_output.Apply(y * gate.Silu()), after([("ssm", final)]));
        }

        var a = _rates.Values;
        ComplexTensor? initial = state is null ? null : new(state["ssm_re"], state["ssm_im"]);
        var (turned, end) = ScanInMemory.Rotating(u, delta, new(a[0], a[1]), new(b[0], b[1]), new(c[0], -c[1]), _skip, initial, resets);
        return (_output.Apply(turned * gate.Silu()), after([("ssm_re", end.Re), ("ssm_im", end.Im)]));
    }

    /// <summary>Δ before its bias, and B and C, whose imaginary parts follow the real ones.</summary>
    private (Tensor Delta, Tensor[] B, Tensor[] C) ScanInputs(Tensor u)
    {
        var each = Parts("").Length;
        List<long> lengths = [];
        if (_settings.SelectiveDelta) lengths.Add(_rank);
        var selective = (_settings.SelectiveB ? each : 0) + (_settings.SelectiveC ? each : 0);
        lengths.AddRange(Enumerable.Repeat((long)_settings.Modes, selective));
        var parts = _scanInput?.Apply(u).Split(2, [.. lengths]) ?? [];
        var next = _settings.SelectiveDelta ? 1 : 0;
        var delta = _settings.SelectiveDelta ? _delta!.Apply(parts[0]) : _deltaOffset.Value.Exp().Convert(u.DType).BroadcastTo(u.Shape);
        var b = Take(_settings.SelectiveB, _b);
        return (delta, b, Take(_settings.SelectiveC, _c));

        Tensor[] Take(bool isSelective, Parameter[] constants)
        {
            if (!isSelective) return [.. constants.Select(constant => constant.Value)];
            next += each;
            return parts[(next - each)..next];
        }
    }

    private string[] Parts(string name) => _settings.Complex ? [$"{name}_re", $"{name}_im"] : [name];
}
