using StateSpace.Models.Initialization;
using StateSpace.Models.Parameters;
using StateSpace.Models.States;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.LinearAttention;

namespace StateSpace.Models.Layers;

/// <summary>
/// Linear attention (Katharopoulos et al., 2020, arXiv 2006.16236): S_t = S_{t−1} + v_t φ(k_t)ᵀ, y_t = K^−1/2 S_t φ(q_t), optionally over
/// q_t·Σφ(k).
/// </summary>
/// <remarks>State part: <c>s</c>, (B, H, V, K); where normalized V has one row more, the sum of the keys.</remarks>
public sealed class LinearSelfAttention : SequenceMixer
{
    // Keeps a division by a vanishing sum finite (flash-linear-attention, naive.py).
    private const double Epsilon = 1e-10;

    private readonly LinearAttentionSettings _settings;
    private readonly long _width;
    private readonly long _keySize;
    private readonly long _valueSize;
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _output;

    /// <summary>A layer.</summary>
    /// <param name="width">Channels D.</param>
    /// <param name="depth">Number of blocks in the stack.</param>
    /// <param name="settings">Sizes and kind.</param>
    /// <param name="values">Where initial values come from.</param>
    public LinearSelfAttention(long width, int depth, LinearAttentionSettings settings, InitialValues values)
    {
        ArgumentNullException.ThrowIfNull(settings);
        (_settings, _width) = (settings, width);
        var isCut = settings.KeySize == 0 || settings.ValueSize == 0;
        if (settings.Heads < 1 || (isCut && width % settings.Heads != 0))
        {
            throw new ArgumentException($"linear attention: {settings.Heads} heads do not divide {width} channels");
        }

        _keySize = settings.KeySize == 0 ? width / settings.Heads : settings.KeySize;
        _valueSize = settings.ValueSize == 0 ? width / settings.Heads : settings.ValueSize;
        if (_keySize < 1 || _valueSize < 1) throw new ArgumentException($"linear attention: heads of {_keySize} and {_valueSize} channels are not possible");
        if (settings is { Normalized: true, FeatureMap: FeatureMap.Identity })
        {
            throw new ArgumentException("linear attention: without a positive feature map the sum of the weights may vanish; it cannot be normalized");
        }

        Fan channels = new(width, AxisGrowth.Width), keys = new(settings.Heads * _keySize, AxisGrowth.Width);
        Fan features = new(settings.Heads * _valueSize, AxisGrowth.Width);
        Linear Map(string name, Fan outputs, Fan inputs, double divisor) =>
            Add(name, new Linear(outputs, inputs, values.Of(name), bias: false, settings.InitialDeviation, divisor));
        _query = Map("q_proj", keys, channels, 1);
        _key = Map("k_proj", keys, channels, 1);
        _value = Map("v_proj", features, channels, 1);
        _output = Map("o_proj", channels, features, Math.Sqrt(2.0 * depth));
    }

    /// <inheritdoc/>
    public override State InitialState(long batch) =>
        new(batch, 0, ("s", Tensor.Zeros([batch, _settings.Heads, _valueSize + (_settings.Normalized ? 1 : 0), _keySize], _query.Weight.Value.DType.Accurate(), _query.Weight.Value.Device)));

    /// <inheritdoc/>
    protected override (Tensor Y, State State) Mix(Tensor x, State? state, Tensor? resets)
    {
        Require(x.Shape[2] == _width, $"x is {x} but the layer has {_width} channels");
        var (batch, length, heads) = (x.Shape[0], x.Shape[1], _settings.Heads);
        var q = Features(_query.Apply(x)).Reshape(batch, length, heads, _keySize) * (1 / Math.Sqrt(_keySize));
        var k = Features(_key.Apply(x)).Reshape(batch, length, heads, _keySize);
        var v = _value.Apply(x).Reshape(batch, length, heads, _valueSize);

        // A value of 1 beside the others sums the weights.
        if (_settings.Normalized) v = v.Pad(3, 0, 1, 1);
        var (y, final) = LinearAttention.Apply(q, k, v, state?["s"], resets);
        if (_settings.Normalized)
        {
            var parts = y.Split(3, _valueSize, 1);
            y = parts[0] / (parts[1] + Epsilon);
        }

        return (_output.Apply(y.Reshape(batch, length, heads * _valueSize)), new(batch, (state?.Position ?? 0) + length, ("s", final)));
    }

    private Tensor Features(Tensor x)
    {
        if (_settings.FeatureMap == FeatureMap.Identity) return x;
        var positive = x.Relu();

        // elu(x) + 1 = max(x, 0) + e^min(x, 0)
        return _settings.FeatureMap == FeatureMap.Relu ? positive : positive + (x - positive).Exp();
    }
}
