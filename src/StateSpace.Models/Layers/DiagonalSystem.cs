using StateSpace.Models.Initialization;
using StateSpace.Models.Parameters;
using StateSpace.Models.States;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.DiagonalRecurrence;
using StateSpace.Tensors.Operations.FftConvolution;
using StateSpace.Tensors.Operations.ImpulseResponse;
using StateSpace.Tensors.Operations.ZeroOrderHold;

namespace StateSpace.Models.Layers;

/// <summary>
/// A diagonal state space model of every channel, x' = Ax + Bu, y = Re Cx: the part that S4D and H3 share. Discretized with a step Δ of its own for
/// each channel, it runs as a convolution or as a recurrence.
/// </summary>
/// <remarks>
/// Complex: A = −exp(a) + iω, y = 2 Re Cx, each state standing for a conjugate pair. Real: A = −exp(a), y = Cx. Parameters <c>a_log</c>,
/// <c>a_im</c> and <c>b</c> are (copies, N), <c>c</c> and <c>log_dt</c> (outputs · D, N) and (D); complex ones have a pair of names. Optimizers apply no
/// weight decay to A, B and Δ.
/// </remarks>
internal sealed class DiagonalSystem : Module
{
    private readonly Discretization _discretization;
    private readonly long _channels;
    private readonly long _repeat;
    private readonly int _outputs;
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
    /// <param name="repeat">Adjacent channels of the input that share one channel's system.</param>
    /// <param name="outputs">Rows C that read the states of a channel, for <see cref="Kernel"/>; a recurrence has one.</param>
    public DiagonalSystem(Fan channels, S4dSettings settings, InitialValues values, long repeat = 1, int outputs = 1)
    {
        (_channels, Modes, _discretization, _repeat, _outputs) = (channels.Size, settings.Modes, settings.Discretization, repeat, outputs);
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
        Shape table = [copies, Modes], full = [outputs * channels.Size, Modes];
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
        Coefficients = new(Recurrence);
    }

    /// <summary>States per channel.</summary>
    public int Modes { get; }

    /// <summary>Whether the states are complex.</summary>
    public bool IsComplex => _frequency is not null;

    /// <summary>λ and C ∘ B̄ of the recurrence, (D, N) each; complex ones as two tensors.</summary>
    public Derived Coefficients { get; }

    /// <summary>Names of the state's parts.</summary>
    public string[] StateNames => IsComplex ? ["re", "im"] : ["x"];

    /// <summary>
    /// The output: as a convolution where nothing is before the input, whose cost per step does not depend on N, otherwise as a recurrence.
    /// </summary>
    /// <param name="u">(B, L, D).</param>
    /// <param name="state">A state with the parts of <see cref="StateNames"/>, (B, D, N) each; zeros where null.</param>
    /// <param name="resets">As for <see cref="SequenceMixer.Forward"/>.</param>
    /// <returns>y, (B, L, D), and the parts of the state after u. Behind a convolution they are computed when somebody asks for them.</returns>
    public (Tensor Y, (string Name, Func<Tensor> Compute)[] Final) Apply(Tensor u, State? state, Tensor? resets)
    {
        // Powers of λ need the accuracy of Float32, and so does the transform that convolves with them.
        if (u.DType.Accurate() != u.DType)
        {
            var (accurate, later) = Apply(u.Convert(u.DType.Accurate()), state, resets);
            return (accurate.Convert(u.DType), later);
        }

        if (state is null && resets is null && u.Shape[1] > 1)
        {
            Tensor[]? final = null;
            return (Convolve(u), [.. StateNames.Select((name, i) => (name, (Func<Tensor>)(() => (final ??= Recur(u, null, null).Final)[i])))]);
        }

        var (y, end) = Recur(u, state, resets);
        return (y, [.. StateNames.Select((name, i) => (name, (Func<Tensor>)(() => end[i])))]);
    }

    /// <summary>A state of zeros.</summary>
    public (string Name, Tensor Value)[] InitialState(long batch) =>
        [.. StateNames.Select(name => (name, Tensor.Zeros([batch, _channels * _repeat, Modes], _logDelta.Value.DType.Accurate(), _logDelta.Value.Device)))];

    /// <summary>The impulse response of each output to its channel, (outputs · D, L): those of the first output first.</summary>
    /// <param name="length">L.</param>
    public Tensor Kernel(long length)
    {
        var isLog = _discretization == Discretization.ZeroOrderHold;
        if (IsComplex)
        {
            var (lambda, weight) = Complex();
            return isLog ? ImpulseResponse.FromLog(lambda, weight, length, scale: 2) : ImpulseResponse.Apply(lambda, weight, length, scale: 2);
        }

        var (real, read) = Real();
        return isLog ? ImpulseResponse.FromLog(real, read, length) : ImpulseResponse.Apply(real, read, length);
    }

    private Tensor Convolve(Tensor u) => FftConvolution.Apply(u, Repeat(Kernel(u.Shape[1])));

    private (Tensor Y, Tensor[] Final) Recur(Tensor u, State? state, Tensor? resets)
    {
        var c = Coefficients.Values;
        if (!IsComplex)
        {
            var (real, end) = DiagonalRecurrence.Apply(u, c[0], c[1], state?["x"], resets: resets);
            return (real, [end]);
        }

        var (y, final) = DiagonalRecurrence.Apply(u, (c[0], c[1]), (c[2], c[3]), state is null ? null : (state["re"], state["im"]), scale: 2, resets);
        return (y, [final.Re, final.Im]);
    }

    private Tensor[] Recurrence()
    {
        var isLog = _discretization == Discretization.ZeroOrderHold;
        if (!IsComplex)
        {
            var (a, read) = Real();
            return [Repeat(isLog ? a.Exp() : a), Repeat(read)];
        }

        var (lambda, weight) = Complex();
        if (isLog) lambda = lambda.Exp();
        return [Repeat(lambda.Re), Repeat(lambda.Im), Repeat(weight.Re), Repeat(weight.Im)];
    }

    /// <summary>Each row several times, one after the other.</summary>
    private Tensor Repeat(Tensor table) =>
        _repeat == 1 ? table : table.Unsqueeze(1).BroadcastTo([table.Shape[0], _repeat, table.Shape[1]]).Reshape(table.Shape[0] * _repeat, table.Shape[1]);

    /// <summary>λ, or its logarithm for the zero-order hold, and C ∘ B̄; (outputs · D, N) each.</summary>
    private (Tensor Lambda, Tensor Weight) Real()
    {
        Tensor delta = PerOutput(_logDelta.Value.Exp()), a = PerChannel(-_decay.Value.Exp()), read = PerChannel(_inputRe) * _outputRe;
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
        var delta = PerOutput(_logDelta.Value.Exp());
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

    /// <summary>(copies, N) to (outputs · D, N): channel d takes copy d mod copies.</summary>
    private Tensor PerChannel(Tensor table) => PerOutput(
        table.Shape[0] == _channels ? table : table.BroadcastTo([_channels / table.Shape[0], table.Shape[0], Modes]).Reshape(_channels, Modes));

    /// <summary>The channels once for each output.</summary>
    private Tensor PerOutput(Tensor channels) => _outputs == 1 ? channels : Tensor.Concatenate(0, [.. Enumerable.Repeat(channels, _outputs)]);
}
