using StateSpace.Models.Initialization;
using StateSpace.Models.Parameters;
using StateSpace.Models.States;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.CausalConvolution;

namespace StateSpace.Models.Layers;

/// <summary>
/// The H3 layer (Dao, Fu et al., 2022, arXiv 2212.14052, alg. 1): y = W_o (q ∘ diagonal(shift(k) ∘ v)), multiplicative gates around a shift and a
/// diagonal state space model. With heads of P channels the second product is an outer one, and q reads it along the key's index.
/// </summary>
/// <remarks>State parts: <c>shift</c>, the last N − 1 keys, (B, N − 1, D), and <c>re</c> and <c>im</c>, (B, D·P, N/2).</remarks>
public sealed class H3 : SequenceMixer
{
    private readonly H3Settings _settings;
    private readonly long _width;
    private readonly Linear[] _inputs;
    private readonly Derived _taps;
    private readonly DiagonalSystem _diagonal;
    private readonly Parameter _skip;
    private readonly Linear _output;

    /// <summary>A layer.</summary>
    /// <param name="width">Channels D.</param>
    /// <param name="settings">Sizes and kind.</param>
    /// <param name="values">Where initial values come from.</param>
    public H3(long width, H3Settings settings, InitialValues values)
    {
        ArgumentNullException.ThrowIfNull(settings);
        (_settings, _width) = (settings, width);
        if (settings.StateSize is < 2 or > 64 || settings.StateSize % 2 != 0)
        {
            throw new ArgumentException($"H3: a state of {settings.StateSize} is not possible: it must be even, 2 to 64");
        }

        if (settings.HeadSize < 1 || width % settings.HeadSize != 0)
        {
            throw new ArgumentException($"H3: heads of {settings.HeadSize} do not divide {width} channels");
        }

        Fan channels = new(width, AxisGrowth.Width), heads = new(width / settings.HeadSize, AxisGrowth.Width);
        Linear Map(string name) => Add(name, new Linear(channels, channels, values.Of(name), bias: true, settings.InitialDeviation));
        _inputs = [Map("q_proj"), Map("k_proj"), Map("v_proj")];
        var shift = Add("shift", new ShiftSystem(channels, settings.StateSize, values.Of("shift")));
        _taps = Track(new(() => [shift.Taps()]));
        var lin = new S4dSettings { StateSize = settings.StateSize, Discretization = settings.Discretization, StepSizes = settings.StepSizes };
        _diagonal = Add("ssm", new DiagonalSystem(heads, lin, values.Of("ssm"), settings.HeadSize * settings.HeadSize));
        Track(_diagonal.Coefficients);
        _skip = Add(new Parameter("D", values.Of("D").Normal([heads.Size], 1), ParameterRole.Vector(heads, 1)));
        _output = Map("output_linear");
        TakesOuterProducts = settings.HeadSize > 1;
    }

    /// <summary>Whether products are taken as outer ones, which heads of one channel do not need; tests ask for them there, too.</summary>
    internal bool TakesOuterProducts { get; init; }

    /// <inheritdoc/>
    public override State InitialState(long batch) =>
        new(batch, 0, [("shift", Tensor.Zeros([batch, _settings.StateSize - 1, _width], _skip.Value.DType.Accurate(), _skip.Value.Device)), .. _diagonal.InitialState(batch)]);

    /// <inheritdoc/>
    protected override (Tensor Y, State State) Mix(Tensor x, State? state, Tensor? resets)
    {
        Require(x.Shape[2] == _width, $"x is {x} but the layer has {_width} channels");
        Tensor q = _inputs[0].Apply(x), k = _inputs[1].Apply(x), v = _inputs[2].Apply(x);
        var (shifted, keys) = CausalConvolution.Apply(k, _taps.Value, initial: state?["shift"], resets: resets);
        var (y, modes) = TakesOuterProducts ? Outer(q, shifted, v, state, resets) : Elementwise(q, shifted, v, state, resets);
        return (_output.Apply(y), State.Of(x.Shape[0], (state?.Position ?? 0) + x.Shape[1], [("shift", keys)], modes));
    }

    private (Tensor Y, (string, Func<Tensor>)[] Modes) Elementwise(Tensor q, Tensor k, Tensor v, State? state, Tensor? resets)
    {
        var products = k * v;
        var (sums, modes) = _diagonal.Apply(products, state, resets);
        return (q * (sums + (products * _skip)), modes);
    }

    /// <summary>Heads of P channels: k_i v_j for each pair (i, j), one system for all pairs of a head, y_j = Σ_i q_i s_ij.</summary>
    private (Tensor Y, (string, Func<Tensor>)[] Modes) Outer(Tensor q, Tensor k, Tensor v, State? state, Tensor? resets)
    {
        var (batch, length, size) = (q.Shape[0], q.Shape[1], _settings.HeadSize);
        var heads = _width / size;
        var products = k.Reshape(batch, length, heads, size, 1) * v.Reshape(batch, length, heads, 1, size);
        var (sums, modes) = _diagonal.Apply(products.Reshape(batch, length, _width * size), state, resets);
        var read = sums.Reshape(products.Shape) + (products * _skip.Value.Reshape(heads, 1, 1));
        return ((q.Reshape(batch, length, heads, size, 1) * read).Sum(3).Reshape(batch, length, _width), modes);
    }
}
