using StateSpace.Models.Initialization;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;

namespace StateSpace.Models.Layers;

/// <summary>W₂ GELU(W₁ x + b₁) + b₂.</summary>
public sealed class Mlp : FeedForward
{
    private readonly Linear _up;
    private readonly Linear _down;
    private readonly bool _tanh;

    /// <summary>An MLP.</summary>
    /// <param name="width">Channels D.</param>
    /// <param name="depth">Number of blocks in the stack.</param>
    /// <param name="settings">Sizes and kind.</param>
    /// <param name="values">Where initial values come from.</param>
    public Mlp(long width, int depth, MlpSettings settings, InitialValues values)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.Hidden < 0) throw new ArgumentException($"MLP: {settings.Hidden} hidden channels are not possible");
        Fan channels = new(width, AxisGrowth.Width), hidden = new(settings.Hidden == 0 ? 4 * width : settings.Hidden, AxisGrowth.Width);
        _tanh = settings.TanhGelu;
        _up = Add("up", new Linear(hidden, channels, values.Of("up"), settings.Bias, settings.InitialDeviation));
        _down = Add("down", new Linear(channels, hidden, values.Of("down"), settings.Bias, settings.InitialDeviation, Math.Sqrt(2.0 * depth)));
    }

    /// <inheritdoc/>
    public override Tensor Apply(Tensor x)
    {
        var hidden = _up.Apply(x);
        return _down.Apply(_tanh ? hidden.GeluTanh() : hidden.Gelu());
    }
}
