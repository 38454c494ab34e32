using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>
/// The selective scan of Mamba (S6; Gu and Dao, 2023, arXiv 2312.00752, alg. 2 and sec. 3.3.2): N states for each of D channels whose step,
/// input and output depend on the time, h_t = exp(Δ_t A) h_{t−1} + Δ_t B_t u_t, y_t = (C_t · h_t + D̲ u_t) SiLU(z_t).
/// </summary>
/// <remarks>
/// Δ = softplus(delta + deltaBias), or delta + deltaBias alone. Every floating-point input has a gradient. The states are never in memory at
/// (B, L, D, N): where a tape records, those before each 32nd step (16th on a GPU) are kept, and the reverse pass computes the others again.
/// </remarks>
public sealed class SelectiveScan : Operation
{
    // Positions in the list of all inputs, absent ones included.
    private const int U = 0, Delta = 1, ARe = 2, AIm = 3, BRe = 4, BIm = 5, CRe = 6, CIm = 7, Skip = 8, Gate = 9, DeltaBias = 10, InitialRe = 11, InitialIm = 12, Resets = 13;

    private static readonly string[] Names = ["u", "delta", "a", "a", "b", "b", "c", "c", "skip", "gate", "deltaBias", "initial", "initial", "resets"];

    /// <summary>Where each of all inputs lies among those given, or −1.</summary>
    private readonly int[] _given;
    private readonly bool _complex;
    private readonly bool _softplus;

    /// <summary>The states before each chunk, where a reverse pass may need them.</summary>
    private Tensor? _borders;

    private SelectiveScan(Tensor?[] all, bool softplus)
    {
        var next = 0;
        _given = [.. all.Select(input => input is null ? -1 : next++)];
        _complex = all[AIm] is not null;
        _softplus = softplus;
    }

    /// <summary>The scan with real A, B, C and state.</summary>
    /// <param name="u">Input, (B, L, D).</param>
    /// <param name="delta">Step Δ before bias and softplus, (B, L, D).</param>
    /// <param name="a">A itself (not its logarithm), (D, N); negative for a state that decays.</param>
    /// <param name="b">B, (B, L, N), shared by the channels; or (D, N), the same at every step.</param>
    /// <param name="c">C, likewise.</param>
    /// <param name="skip">D̲, (D); zeros where null.</param>
    /// <param name="gate">z, (B, L, D); no gate where null.</param>
    /// <param name="deltaBias">Added to delta, (D); zeros where null.</param>
    /// <param name="softplus">Whether Δ = softplus(delta + deltaBias), or delta + deltaBias itself.</param>
    /// <param name="initial">State before the first step, (B, D, N); zeros where null.</param>
    /// <param name="resets">Int32, (B, L): where non-zero, the state before this step is taken as zero. None where null.</param>
    /// <returns>y, (B, L, D), and the state after the last step, (B, D, N): the initial state of the next call.</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit.</exception>
    public static (Tensor Y, Tensor Final) Apply(
        Tensor u,
        Tensor delta,
        Tensor a,
        Tensor b,
        Tensor c,
        Tensor? skip = null,
        Tensor? gate = null,
        Tensor? deltaBias = null,
        bool softplus = true,
        Tensor? initial = null,
        Tensor? resets = null)
    {
        var outputs = Run([u, delta, a, null, b, null, c, null, skip, gate, deltaBias, initial, null, resets], softplus);
        return (outputs[0], outputs[1]);
    }

    /// <summary>The scan with complex A, B, C and state as pairs (re, im), real u, Δ and y = (2 Re(C · h) + D̲ u) SiLU(z), without conjugation.</summary>
    /// <remarks>The gradient of a complex input is the pair (∂/∂re, ∂/∂im). Each state stands for a conjugate pair, hence the factor 2.</remarks>
    /// <param name="u">Input, (B, L, D).</param>
    /// <param name="delta">Step Δ before bias and softplus, (B, L, D).</param>
    /// <param name="a">A itself, (D, N) each; with a negative real part for a state that decays.</param>
    /// <param name="b">B, (B, L, N) each, shared by the channels; or (D, N), the same at every step.</param>
    /// <param name="c">C, likewise.</param>
    /// <param name="skip">D̲, (D); zeros where null.</param>
    /// <param name="gate">z, (B, L, D); no gate where null.</param>
    /// <param name="deltaBias">Added to delta, (D); zeros where null.</param>
    /// <param name="softplus">Whether Δ = softplus(delta + deltaBias), or delta + deltaBias itself.</param>
    /// <param name="initial">State before the first step, (B, D, N) each; zeros where null.</param>
    /// <param name="resets">Int32, (B, L): where non-zero, the state before this step is taken as zero. None where null.</param>
    /// <returns>y, (B, L, D), and the state after the last step, (B, D, N) each.</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit.</exception>
    public static (Tensor Y, (Tensor Re, Tensor Im) Final) Apply(
        Tensor u,
        Tensor delta,
        (Tensor Re, Tensor Im) a,
        (Tensor Re, Tensor Im) b,
        (Tensor Re, Tensor Im) c,
        Tensor? skip = null,
        Tensor? gate = null,
        Tensor? deltaBias = null,
        bool softplus = true,
        (Tensor Re, Tensor Im)? initial = null,
        Tensor? resets = null)
    {
        var outputs = Run([u, delta, a.Re, a.Im, b.Re, b.Im, c.Re, c.Im, skip, gate, deltaBias, initial?.Re, initial?.Im, resets], softplus);
        return (outputs[0], (outputs[1], outputs[2]));
    }

    /// <inheritdoc/>
    protected internal override void Backward(GradientStep step)
    {
        var x = Operands([.. Enumerable.Range(0, step.InputCount).Select(step.Input)]);
        var ofFinal = step.HasOutputGradient(1) || (_complex && step.HasOutputGradient(2));
        var (dre, dim) = (ofFinal ? step.OutputGradient(1) : null, ofFinal && _complex ? step.OutputGradient(2) : null);
        if (step.Device.Kind == DeviceKind.Cuda) GiveAll(step, x, SelectiveScanCuda.Backward(x, _borders!, step.OutputGradient(0), dre, dim), areSummed: true);
        else GiveAll(step, x, BackwardCpu(x, step.OutputGradient(0), dre, dim), areSummed: false);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var u = inputs[0];
        var a = inputs[_given[ARe]];
        Require(u.Device.Kind == DeviceKind.Cuda || u.DType != DType.BFloat16, $"u is {u}; BFloat16 is computed with on a GPU");
        Require(u.Rank == 3 && u.DType.IsFloating(), $"u must be (B, L, D) of floating-point numbers, not {u}");
        Require(a.Rank == 2 && a.Shape[0] == u.Shape[2], $"u is {u} but a is {a}; it must be (D, N)");
        Shape parameters = a.Shape, channels = [u.Shape[2]], steps = [u.Shape[0], u.Shape[1]], perStep = [u.Shape[0], u.Shape[1], a.Shape[1]], state = [u.Shape[0], u.Shape[2], a.Shape[1]];
        var parameter = u.DType.Accurate();
        for (var i = Delta; i <= Resets; i++)
        {
            if (_given[i] < 0) continue;
            var input = inputs[_given[i]];
            if (i is BRe or BIm or CRe or CIm)
            {
                // The imaginary part must be of the real part's kind.
                var shape = inputs[_given[i is BRe or BIm ? BRe : CRe]].Shape;
                Require(
                    (shape == perStep || shape == parameters) && input.Shape == shape && input.DType == (shape.Rank == 3 ? u.DType : parameter),
                    $"u is {u} and a is {a} but {Names[i]} is {input}; it must be {u.DType} {perStep} or {parameter} {parameters}");
                continue;
            }

            var expected = i switch { Delta or Gate => u.Shape, ARe or AIm => parameters, Skip or DeltaBias => channels, Resets => steps, _ => state };
            var dtype = i switch { Resets => DType.Int32, Delta or Gate => u.DType, _ => parameter };
            Require(input.Shape == expected && input.DType == dtype, $"u is {u} and a is {a} but {Names[i]} is {input}; it must be {dtype} {expected}");
        }

        var final = Tensor.Empty(state, parameter, u.Device);
        return _complex ? [u.EmptyLike(), final, final.EmptyLike()] : [u.EmptyLike(), final];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        var x = Operands(inputs);
        if (Tape.Current is not null && Array.Exists(inputs, input => input.IsTracked))
        {
            using var borders = Tensor.Empty(SelectiveScanCpu.BorderShape(x), x.Input.DType, x.Input.Device);
            _borders = Keep(borders);
        }

        var finalIm = _complex ? outputs[2] : null;
        if (x.Input.DType == DType.Float32) SelectiveScanCpu.Forward<float>(x, outputs[0], outputs[1], finalIm, _borders);
        else SelectiveScanCpu.Forward<double>(x, outputs[0], outputs[1], finalIm, _borders);
    }

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
        var x = Operands(inputs);
        if (Tape.Current is not null && Array.Exists(inputs, input => input.IsTracked))
        {
            using var borders = SelectiveScanCuda.EmptyBorders(x);
            _borders = Keep(borders);
        }

        SelectiveScanCuda.Forward(x, outputs[0], outputs[1], _complex ? outputs[2] : null, _borders);
    }

    private static Tensor[] Run(Tensor?[] all, bool softplus) => new SelectiveScan(all, softplus).Run([.. all.OfType<Tensor>()]);

    private ScanGradients BackwardCpu(ScanTensors x, Tensor dy, Tensor? dfinalRe, Tensor? dfinalIm)
    {
        var dtype = x.Input.DType;
        var (batch, channels, states) = (x.Input.Shape[0], x.Input.Shape[2], x.ARe.Shape[1]);
        Shape rows = [batch, channels, states], perChannel = [batch, channels];
        var gradients = new ScanGradients(
            x.Input.EmptyLike(),
            x.Delta.EmptyLike(),
            Tensor.Empty(rows, dtype),
            Empty(x.AIm, rows),
            Tensor.Empty(x.IsBPerStep ? x.BRe.Shape : rows, dtype),
            Empty(x.BIm, x.IsBPerStep ? x.BRe.Shape : rows),
            Tensor.Empty(x.IsCPerStep ? x.CRe.Shape : rows, dtype),
            Empty(x.CIm, x.IsCPerStep ? x.CRe.Shape : rows),
            Empty(x.Skip, perChannel),
            x.Gate?.EmptyLike(),
            Empty(x.DeltaBias, perChannel),
            x.InitialRe?.EmptyLike(),
            x.InitialIm?.EmptyLike());
        if (dtype == DType.Float32) SelectiveScanBackwardCpu.Run<float>(x, _borders!, dy, dfinalRe, dfinalIm, gradients);
        else SelectiveScanBackwardCpu.Run<double>(x, _borders!, dy, dfinalRe, dfinalIm, gradients);
        return gradients;

        Tensor? Empty(Tensor? like, Shape shape) => like is null ? null : Tensor.Empty(shape, dtype);
    }

    /// <summary>Gives the gradients on; those of what all sequences share come summed over these, or as one for each sequence.</summary>
    private void GiveAll(GradientStep step, ScanTensors x, ScanGradients gradients, bool areSummed)
    {
        Give(U, gradients.Input);
        Give(Delta, gradients.Delta);
        GiveSum(ARe, gradients.ARe);
        GiveSum(AIm, gradients.AIm);
        GiveCoefficient(BRe, gradients.BRe, x.IsBPerStep);
        GiveCoefficient(BIm, gradients.BIm, x.IsBPerStep);
        GiveCoefficient(CRe, gradients.CRe, x.IsCPerStep);
        GiveCoefficient(CIm, gradients.CIm, x.IsCPerStep);
        GiveSum(Skip, gradients.Skip);
        Give(Gate, gradients.Gate);
        GiveSum(DeltaBias, gradients.DeltaBias);
        Give(InitialRe, gradients.InitialRe);
        Give(InitialIm, gradients.InitialIm);

        void Give(int input, Tensor? gradient)
        {
            if (gradient is not null) step.Give(_given[input], gradient);
        }

        void GiveSum(int input, Tensor? perSequence)
        {
            if (perSequence is not null && step.Needs(_given[input])) Give(input, areSummed ? perSequence : perSequence.Sum(0));
        }

        void GiveCoefficient(int input, Tensor? gradient, bool perStep)
        {
            if (perStep) Give(input, gradient);
            else GiveSum(input, gradient);
        }
    }

    private ScanTensors Operands(Tensor[] inputs)
    {
        return new(
            inputs[0], inputs[1], inputs[2], At(AIm), At(BRe)!, At(BIm), At(CRe)!, At(CIm), At(Skip), At(Gate), At(DeltaBias), At(InitialRe), At(InitialIm), At(Resets), _softplus);

        Tensor? At(int input) => _given[input] < 0 ? null : inputs[_given[input]];
    }
}
