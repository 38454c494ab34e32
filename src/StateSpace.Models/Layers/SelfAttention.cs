using StateSpace.Models.Initialization;
using StateSpace.Models.Parameters;
using StateSpace.Models.States;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.Attention;
using StateSpace.Tensors.Operations.Rotary;

namespace StateSpace.Models.Layers;

/// <summary>Causal softmax attention with grouped queries, optionally rotary positions and a sliding window.</summary>
/// <remarks>
/// State parts: <c>keys</c> and <c>values</c>, (B, S, Hkv, P), of the last S tokens, all or as many as the window reaches; and <c>seen</c>, (B) of
/// Int32: how many of them the next token may see, fewer where a sequence began among them.
/// </remarks>
public sealed class SelfAttention : SequenceMixer
{
    private readonly AttentionSettings _settings;
    private readonly long _width;
    private readonly long _keyHeads;
    private readonly long _size;
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _output;

    /// <summary>A layer.</summary>
    /// <param name="width">Channels D.</param>
    /// <param name="depth">Number of blocks in the stack.</param>
    /// <param name="settings">Sizes and kind.</param>
    /// <param name="values">Where initial values come from.</param>
    public SelfAttention(long width, int depth, AttentionSettings settings, InitialValues values)
    {
        ArgumentNullException.ThrowIfNull(settings);
        (_settings, _width) = (settings, width);
        if (settings.Heads < 1 || (settings.HeadSize == 0 && width % settings.Heads != 0))
        {
            throw new ArgumentException($"attention: {settings.Heads} heads do not divide {width} channels");
        }

        _size = settings.HeadSize == 0 ? width / settings.Heads : settings.HeadSize;
        _keyHeads = settings.KeyHeads == 0 ? settings.Heads : settings.KeyHeads;
        if (_size < 1 || _keyHeads < 1 || settings.Heads % _keyHeads != 0)
        {
            throw new ArgumentException($"attention: {_keyHeads} key heads of {_size} channels do not serve {settings.Heads} query heads");
        }

        if (settings.Window is < 1) throw new ArgumentException($"attention: a window of {settings.Window} keys is not possible; it must be at least 1");
        if (settings.RotaryBase is not null && _size % 2 != 0)
        {
            throw new ArgumentException($"attention: rotary positions need heads of an even size, not {_size}");
        }

        if (settings.RotaryBase is not (null or > 0))
        {
            throw new ArgumentException($"attention: a rotary base of {settings.RotaryBase} is not possible; it must be positive");
        }

        Fan channels = new(width, AxisGrowth.Width), queries = new(settings.Heads * _size, AxisGrowth.Width), keys = new(_keyHeads * _size, AxisGrowth.Width);
        Linear Map(string name, Fan outputs, Fan inputs, double divisor) =>
            Add(name, new Linear(outputs, inputs, values.Of(name), settings.Bias, settings.InitialDeviation, divisor));
        _query = Map("q_proj", queries, channels, 1);
        _key = Map("k_proj", keys, channels, 1);
        _value = Map("v_proj", keys, channels, 1);
        _output = Map("o_proj", channels, queries, Math.Sqrt(2.0 * depth));
    }

    /// <inheritdoc/>
    public override State InitialState(long batch)
    {
        var (dtype, device) = (_query.Weight.Value.DType, _query.Weight.Value.Device);
        Tensor Nothing() => Tensor.Zeros([batch, 0, _keyHeads, _size], dtype, device);
        return new(batch, 0, ("keys", Nothing()), ("values", Nothing()), ("seen", Tensor.Zeros([batch], DType.Int32, device)));
    }

    /// <inheritdoc/>
    protected override (Tensor Y, State State) Mix(Tensor x, State? state, Tensor? resets)
    {
        Require(x.Shape[2] == _width, $"x is {x} but the layer has {_width} channels");
        var (batch, length, position) = (x.Shape[0], x.Shape[1], state?.Position ?? 0);
        var q = Positions(_query.Apply(x).Reshape(batch, length, _settings.Heads, _size), position);
        var k = Positions(_key.Apply(x).Reshape(batch, length, _keyHeads, _size), position);
        var v = _value.Apply(x).Reshape(batch, length, _keyHeads, _size);
        var past = state?["keys"].Shape[1] ?? 0;
        if (past > 0) (k, v) = (GrowingSequence.Append(state!["keys"], k), GrowingSequence.Append(state["values"], v));
        var reach = new KeyReach(batch, length, past, state?["seen"], resets, x.Device);
        var y = Attention.Apply(q, k, v, _settings.Window, first: reach.First);
        var kept = _settings.Window is { } window ? Math.Min(window - 1, past + length) : past + length;
        var next = State.Of(
            batch,
            position + length,
            [("keys", k.Slice(1, past + length - kept, kept)), ("values", v.Slice(1, past + length - kept, kept))],
            [("seen", () => reach.Seen(kept))]);
        return (_output.Apply(y.Reshape(batch, length, _settings.Heads * _size)), next);
    }

    // Only distances matter, so that positions may run on across the sequences of a packed row.
    private Tensor Positions(Tensor heads, long start) => _settings.RotaryBase is { } theta ? Rotary.Apply(heads, start, theta) : heads;
}
