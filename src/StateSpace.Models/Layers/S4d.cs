using StateSpace.Models.Initialization;
using StateSpace.Models.Parameters;
using StateSpace.Models.States;
using StateSpace.Tensors;

namespace StateSpace.Models.Layers;

/// <summary>
/// The S4D layer (Gu et al., 2022, arXiv 2206.11893): a time-invariant diagonal state space model per channel, a skip, GELU and an output map.
/// </summary>
/// <remarks>
/// With nothing before the input it runs as a convolution, otherwise as a recurrence; both give the same. State parts: <c>re</c> and <c>im</c>, or
/// <c>x</c> where real, (B, D, N).
/// </remarks>
public sealed class S4d : SequenceMixer
{
    private readonly Fan _width;
    private readonly S4dSettings _settings;
    private readonly DiagonalSystem _system;
    private readonly Parameter _skip;
    private readonly Linear? _output;

    /// <summary>A layer.</summary>
    /// <param name="width">Channels D.</param>
    /// <param name="settings">Sizes and kind.</param>
    /// <param name="values">Where initial values come from.</param>
    public S4d(long width, S4dSettings settings, InitialValues values)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _width = new(width, AxisGrowth.Width);
        _settings = settings;
        _system = Add("ssm", new DiagonalSystem(_width, settings, values.Of("ssm")));
        Track(_system.Coefficients);
        _skip = Add(new Parameter("D", values.Of("D").Normal([width], 1), ParameterRole.Vector(_width, 1)));
        if (settings.Output == S4dOutput.None) return;
        Fan outputs = settings.Output == S4dOutput.Glu ? new(2 * width, AxisGrowth.Width) : _width;
        _output = Add("output_linear", new Linear(outputs, _width, values.Of("output_linear"), bias: true));
    }

    /// <inheritdoc/>
    public override State InitialState(long batch) => new(batch, 0, _system.InitialState(batch));

    /// <inheritdoc/>
    protected override (Tensor Y, State State) Mix(Tensor x, State? state, Tensor? resets)
    {
        Require(x.Shape[2] == _width.Size, $"x is {x} but the layer has {_width.Size} channels");
        var (y, final) = _system.Apply(x, state, resets);
        return (Finish(y, x), State.Of(x.Shape[0], (state?.Position ?? 0) + x.Shape[1], [], final));
    }

    private Tensor Finish(Tensor y, Tensor u)
    {
        y += u * _skip;
        if (_output is null) return y;
        y = y.Gelu();
        if (_settings.Output == S4dOutput.Linear) return _output.Apply(y);
        var halves = _output.ApplyInParts(y, _width.Size, _width.Size);
        return halves[0] * halves[1].Sigmoid();
    }
}
