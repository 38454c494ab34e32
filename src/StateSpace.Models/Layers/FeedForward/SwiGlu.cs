using StateSpace.Models.Initialization;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;

namespace StateSpace.Models.Layers;

/// <summary>W_down(SiLU(W_gate x) ∘ W_up x) (Shazeer, 2020, arXiv 2002.05202).</summary>
public sealed class SwiGlu : FeedForward
{
    private readonly Linear _gate;
    private readonly Linear _up;
    private readonly Linear _down;

    /// <summary>A gated MLP.</summary>
    /// <param name="width">Channels D.</param>
    /// <param name="settings">Sizes.</param>
    /// <param name="values">Where initial values come from.</param>
    public SwiGlu(long width, SwiGluSettings settings, InitialValues values)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.Hidden < 0) throw new ArgumentException($"SwiGLU: {settings.Hidden} hidden channels are not possible");
        Fan channels = new(width, AxisGrowth.Width), hidden = new(settings.Hidden == 0 ? DefaultHidden(width) : settings.Hidden, AxisGrowth.Width);
        var deviation = settings.InitialDeviation;
        _gate = Add("gate_proj", new Linear(hidden, channels, values.Of("gate_proj"), deviation: deviation));
        _up = Add("up_proj", new Linear(hidden, channels, values.Of("up_proj"), deviation: deviation));
        _down = Add("down_proj", new Linear(channels, hidden, values.Of("down_proj"), deviation: deviation));
    }

    /// <summary>8D/3 rounded up to a multiple of 16.</summary>
    internal static long DefaultHidden(long width) => ((8 * width) + 47) / 48 * 16;

    /// <inheritdoc/>
    public override Tensor Apply(Tensor x) => _down.Apply(_gate.Apply(x).Silu() * _up.Apply(x));
}
