using StateSpace.Models.Initialization;
using StateSpace.Models.Layers;
using StateSpace.Models.Parameters;
using StateSpace.Models.States;
using StateSpace.Tensors;
using Recurrence = StateSpace.Tensors.Operations.GatedRecurrence.GatedRecurrence;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>Sizes and range of the gates of a <see cref="GatedRecurrence"/>.</summary>
internal sealed record GatedRecurrenceSettings : MixerSettings
{
    /// <summary>Whether gates lie in (−1, 1), as tanh gives them, otherwise in (0, 1), as the sigmoid does.</summary>
    public bool Signed { get; init; }

    /// <summary>Channels of state in proportion to D.</summary>
    public int Expand { get; init; } = 2;

    /// <inheritdoc/>
    public override SequenceMixer Create(long width, int depth, InitialValues values) => new GatedRecurrence(width, this, values);
}

/// <summary>
/// The layer of the paper's section 2 as it stands: h_t = A(x_t) ∘ h_(t−1) + B(x_t) with affine B and A = σ(affine) or tanh(affine), then
/// W (h_t ∘ SiLU(z_t)). No convolution, no further state: the range of the gates is all that its two forms differ in.
/// </summary>
/// <remarks>State part: <c>h</c>, (B, E).</remarks>
internal sealed class GatedRecurrence : SequenceMixer
{
    private readonly GatedRecurrenceSettings _settings;
    private readonly long _inner;
    private readonly Linear _gate;
    private readonly Linear _input;
    private readonly Linear _branch;
    private readonly Linear _output;

    /// <summary>A layer.</summary>
    /// <param name="width">Channels D.</param>
    /// <param name="settings">Sizes and range.</param>
    /// <param name="values">Where initial values come from.</param>
    public GatedRecurrence(long width, GatedRecurrenceSettings settings, InitialValues values)
    {
        (_settings, _inner) = (settings, settings.Expand * width);
        Fan outer = new(width, AxisGrowth.Width), inner = new(_inner, AxisGrowth.Width);
        _gate = Add("gate", new Linear(inner, outer, values.Of("gate"), bias: true));
        _input = Add("input", new Linear(inner, outer, values.Of("input"), bias: true));
        _branch = Add("branch", new Linear(inner, outer, values.Of("branch")));
        _output = Add("output", new Linear(outer, inner, values.Of("output")));
    }

    /// <inheritdoc/>
    public override State InitialState(long batch) => new(batch, 0, ("h", Tensor.Zeros([batch, _inner], _gate.Weight.Value.DType.Accurate(), _gate.Weight.Value.Device)));

    /// <inheritdoc/>
    protected override (Tensor Y, State State) Mix(Tensor x, State? state, Tensor? resets)
    {
        var (batch, length) = (x.Shape[0], x.Shape[1]);
        var a = _settings.Signed ? _gate.Apply(x).Tanh() : _gate.Apply(x).Sigmoid();
        var (h, final) = Recurrence.Apply(a, _input.Apply(x), state?["h"], resets);
        return (_output.Apply(h * _branch.Apply(x).Silu()), new(batch, (state?.Position ?? 0) + length, ("h", final)));
    }
}
