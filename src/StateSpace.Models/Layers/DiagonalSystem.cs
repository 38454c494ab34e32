using StateSpace.Models.Initialization;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.DiagonalRecurrence;
using StateSpace.Tensors.Operations.FftConvolution;
using StateSpace.Tensors.Operations.ImpulseResponse;
using StateSpace.Tensors.Operations.ZeroOrderHold;

namespace StateSpace.Models.Layers;

/// <summary>
/// A diagonal state space model of every channel, x' = Ax + Bu, y = Re Cx: the part that S4D and H3 share. Discretized with a step Δ of its own for each channel,
/// it runs as a convolution or as a recurrence.
/// </summary>
/// <remarks>
/// Complex: A = −exp(a) + iω, y = 2 Re Cx, each state standing for a conjugate pair. Real: A = −exp(a), y = Cx. Parameters <c>a_log</c>, <c>a_im</c> and <c>b</c>
/// are (copies, N), <c>c</c> and <c>log_dt</c> (D, N) and (D); complex ones have a pair of names. Optimizers apply no weight decay to A, B and Δ.
/// </remarks>
internal sealed class DiagonalSystem : Module
{
    private readonly Discretization _discretization;
    private readonly long _channels;
    private readonly Parameter _decay;
    private readonly Parameter? _frequency;
    private readonly Parameter _inputRe;
    private readonly Parameter? _inputIm;
    private readonly Parameter _outputRe;
    private readonly Parameter? _outputIm;
    private readonly Parameter _logDelta;

    /// <param name="channels">Channels, and what their number follows.</param>
    /// <param name="settings">Sizes and initialization.</param>
    /// <param name="values">Where initial values come from.</param>
    public DiagonalSystem(Fan channels, S4dSettings settings, InitialValues values)
    {
        (_channels, Modes, _discretization) = (channels.Size, settings.Modes, settings.Discretization);
        var copies = settings.Copies == 0 ? channels.Size : settings.Copies;
        if (settings.StateSize < 1 || (settings.IsComplex && settings.StateSize % 2 != 0))
        {
            throw new ArgumentException($"S4d: a state of {settings.StateSize} is not possible: it must be at least 1, and even where it is complex");
        }

        if (copies < 1 || channels.Size % copies != 0) throw new ArgumentException($"S4d: {copies} copies do not divide {channels.Size} channels");
        var start = S4dModes.Of(settings.Initialization, settings.StateSize);
        Fan states = new(Modes, AxisGrowth.State), systems = copies == channels.Size ? channels : new(copies, AxisGrowth.Fixed);
        var shared = new ParameterRole([systems.Growth, states.Growth], new(1, AxisGrowth.Fixed), systems, 0) { DecayMultiplier = 0 };
        var read = new ParameterRole([channels.Growth, states.Growth], states, channels, settings.IsComplex ? Math.Sqrt(0.5) : 1);
        Shape table = [copies, Modes], full = [channels.Size, Modes];
        _decay = Add(new Parameter("a_log", values.By(table, i => Math.Log(-start[i % Modes].A.Real)), shared));
        if (settings.IsComplex) _frequency = Add(new Parameter("a_im", values.By(table, i => start[i % Modes].A.Imaginary), shared));
        _inputRe = Add(new Parameter(settings.IsComplex ? "b_re" : "b", values.By(table, i => start[i % Modes].B.Real), shared));
        if (settings.IsComplex) _inputIm = Add(new Parameter("b_im", values.By(table, i => start[i % Modes].B.Imaginary), shared));
        _outputRe = Add(new Parameter(settings.IsComplex ? "c_re" : "c", values.Of("c_re").Normal(full, read.InitialDeviation), read));
        if (settings.IsComplex) _outputIm = Add(new Parameter("c_im", values.Of("c_im").Normal(full, read.InitialDeviation), read));
        var logarithm = Math.Log(settings.StepSizes.Maximum / settings.StepSizes.Minimum);
        _logDelta = Add(new Parameter(
            "log_dt",
            settings.StepSizes.Logarithms([channels.Size], values.Of("log_dt")),
            ParameterRole.Vector(channels, logarithm / Math.Sqrt(12))));
    }

    /// <summary>States per channel.</summary>
    public int Modes { get; }

    /// <summary>Whether the states are complex.</summary>
    public bool IsComplex => _frequency is not null;

    /// <summary>The output for an input before which there was nothing, as a convolution; its cost per step does not depend on N.</summary>
    /// <param name="u">(B, L, D).</param>
    public Tensor Convolve(Tensor u)
    {
        var length = u.Shape[1];
        if (!IsComplex)
        {
            var (a, weight) = Real();
            return FftConvolution.Apply(u, _discretization == Discretization.ZeroOrderHold ? ImpulseResponse.FromLog(a, weight, length) : ImpulseResponse.Apply(a, weight, length));
        }

        var (lambda, weights) = Complex();
        var kernel = _discretization == Discretization.ZeroOrderHold
            ? ImpulseResponse.FromLog(lambda, weights, length, scale: 2)
            : ImpulseResponse.Apply(lambda, weights, length, scale: 2);
        return FftConvolution.Apply(u, kernel);
    }

    /// <summary>The output as a recurrence.</summary>
    /// <param name="u">(B, L, D).</param>
    /// <param name="initial">State before u, (B, D, N) each; one tensor where real. Zeros where empty.</param>
    /// <returns>y, (B, L, D), and the state after u.</returns>
    public (Tensor Y, Tensor[] Final) Recur(Tensor u, Tensor[] initial)
    {
        var isLog = _discretization == Discretization.ZeroOrderHold;
        if (!IsComplex)
        {
            var (a, weight) = Real();
            var (real, end) = DiagonalRecurrence.Apply(u, isLog ? a.Exp() : a, weight, initial.Length == 0 ? null : initial[0]);
            return (real, [end]);
        }

        var (lambda, weights) = Complex();
        var (y, final) = DiagonalRecurrence.Apply(u, isLog ? lambda.Exp() : lambda, weights, initial.Length == 0 ? null : (initial[0], initial[1]), scale: 2);
        return (y, [final.Re, final.Im]);
    }

    /// <summary>λ, or its logarithm for the zero-order hold, and C ∘ B̄; (D, N) each.</summary>
    private (Tensor Lambda, Tensor Weight) Real()
    {
        Tensor delta = _logDelta.Value.Exp(), a = PerChannel(-_decay.Value.Exp()), read = PerChannel(_inputRe) * _outputRe;
        if (_discretization == Discretization.ZeroOrderHold)
        {
            var (log, held) = ZeroOrderHold.Apply(delta, a);
            return (log, held * read);
        }

        var half = a * (delta.Unsqueeze(-1) * 0.5);
        var inverse = (1 - half).Reciprocal();
        return ((half + 1) * inverse, inverse * delta.Unsqueeze(-1) * read);
    }

    private (ComplexTensor Lambda, ComplexTensor Weight) Complex()
    {
        var delta = _logDelta.Value.Exp();
        ComplexTensor a = new(PerChannel(-_decay.Value.Exp()), PerChannel(_frequency!));
        var read = new ComplexTensor(PerChannel(_inputRe), PerChannel(_inputIm!)) * new ComplexTensor(_outputRe, _outputIm!);
        if (_discretization == Discretization.ZeroOrderHold)
        {
            var (log, held) = ZeroOrderHold.Apply(delta, a);
            return (log, (ComplexTensor)held * read);
        }

        var half = a * (delta.Unsqueeze(-1) * 0.5);
        var denominator = 1 - half;
        return ((half + 1) / denominator, read * delta.Unsqueeze(-1) / denominator);
    }

    /// <summary>(copies, N) to (D, N): channel d takes copy d mod copies.</summary>
    private Tensor PerChannel(Tensor table) =>
        table.Shape[0] == _channels ? table : table.BroadcastTo([_channels / table.Shape[0], table.Shape[0], Modes]).Reshape(_channels, Modes);
}
