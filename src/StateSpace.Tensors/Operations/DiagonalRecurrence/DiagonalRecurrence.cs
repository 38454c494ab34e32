using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.DiagonalRecurrence;

/// <summary>
/// The time-invariant diagonal state space model as a recurrence: N states for each of D channels, x_t = λ x_{t−1} + u_t,
/// y_t = s Re Σ_n w_n x_{t,n}. It is the core of the linear recurrent unit (Orvieto et al., 2023, arXiv 2303.06349, eq. 4) and of S4D (Gu et al.,
/// 2022, arXiv 2206.11893, sec. 3), with w = C ∘ B̄.
/// </summary>
/// <remarks>
/// The output comes after the update: the first output contains w u_0, and y is the causal convolution of u with
/// k_l = s Re Σ_n w_n λ_n^l (ImpulseResponse) where the initial state is zero. Numbers are real, or complex as
/// pairs (re, im); the gradient of a complex input is the pair (∂/∂re, ∂/∂im).
/// </remarks>
public sealed class DiagonalRecurrence : Operation
{
    private readonly bool _complex;
    private readonly bool _initial;
    private readonly bool _resets;
    private readonly double _scale;

    private DiagonalRecurrence(bool complex, bool initial, bool resets, double scale)
    {
        _complex = complex;
        _initial = initial;
        _resets = resets;
        _scale = scale;
    }

    /// <summary>The recurrence with real λ, w and state.</summary>
    /// <param name="u">Input, (B, L, D).</param>
    /// <param name="lambda">Eigenvalues λ, (D, N); |λ| ≤ 1 keeps the state bounded.</param>
    /// <param name="weight">Weights w, (D, N).</param>
    /// <param name="initial">State before the first step, (B, D, N); zeros where null.</param>
    /// <param name="scale">s.</param>
    /// <param name="resets">Int32, (B, L): where non-zero, the state before this step is taken as zero. None where null.</param>
    /// <returns>y, (B, L, D), and the state after the last step, (B, D, N).</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit.</exception>
    public static (Tensor Y, Tensor Final) Apply(Tensor u, Tensor lambda, Tensor weight, Tensor? initial = null, double scale = 1, Tensor? resets = null)
    {
        Tensor[] inputs = initial is null ? [u, lambda, weight] : [u, lambda, weight, initial];
        var outputs = new DiagonalRecurrence(complex: false, initial is not null, resets is not null, scale).Run(resets is null ? inputs : [.. inputs, resets]);
        return (outputs[0], outputs[1]);
    }

    /// <summary>The recurrence with complex λ, w and state, real u and y.</summary>
    /// <param name="u">Input, (B, L, D).</param>
    /// <param name="lambda">Eigenvalues λ, (D, N) each; |λ| ≤ 1 keeps the state bounded.</param>
    /// <param name="weight">Weights w, (D, N) each.</param>
    /// <param name="initial">State before the first step, (B, D, N) each; zeros where null.</param>
    /// <param name="scale">s; 2 where each state stands for a conjugate pair, as in S4D.</param>
    /// <param name="resets">Int32, (B, L): where non-zero, the state before this step is taken as zero. None where null.</param>
    /// <returns>y, (B, L, D), and the state after the last step, (B, D, N) each.</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit.</exception>
    public static (Tensor Y, (Tensor Re, Tensor Im) Final) Apply(
        Tensor u,
        (Tensor Re, Tensor Im) lambda,
        (Tensor Re, Tensor Im) weight,
        (Tensor Re, Tensor Im)? initial = null,
        double scale = 1,
        Tensor? resets = null)
    {
        Tensor[] parameters = [u, lambda.Re, lambda.Im, weight.Re, weight.Im];
        Tensor[] inputs = initial is { } state ? [.. parameters, state.Re, state.Im] : parameters;
        var outputs = new DiagonalRecurrence(complex: true, initial is not null, resets is not null, scale).Run(resets is null ? inputs : [.. inputs, resets]);
        return (outputs[0], (outputs[1], outputs[2]));
    }

    /// <inheritdoc/>
    protected internal override void Backward(GradientStep step)
    {
        var operands = Operands([.. Enumerable.Range(0, step.InputCount).Select(step.Input)]);
        Shape rows = step.OutputShape(1);
        var dtype = operands.Input.DType.Accurate();
        if (!step.Device.IsCpu)
        {
            BackwardCuda(step, operands);
            return;
        }

        var gradients = new RecurrenceGradients(operands.Input.EmptyLike(), PerRow(), ImaginaryPerRow(), PerRow(), ImaginaryPerRow(), PerRow(), ImaginaryPerRow());
        var (dy, dre, dim) = (step.OutputGradient(0), step.OutputGradient(1), _complex ? step.OutputGradient(2) : null);
        switch (dtype, _complex)
        {
            case (DType.Float32, false): DiagonalRecurrenceBackwardCpu.Run<float, RealField>(operands, dy, dre, dim, gradients); break;
            case (DType.Float32, true): DiagonalRecurrenceBackwardCpu.Run<float, ComplexField>(operands, dy, dre, dim, gradients); break;
            case (_, false): DiagonalRecurrenceBackwardCpu.Run<double, RealField>(operands, dy, dre, dim, gradients); break;
            default: DiagonalRecurrenceBackwardCpu.Run<double, ComplexField>(operands, dy, dre, dim, gradients); break;
        }

        Give(step, gradients with { LambdaRe = gradients.LambdaRe.Sum(0), LambdaIm = gradients.LambdaIm?.Sum(0), WeightRe = gradients.WeightRe.Sum(0), WeightIm = gradients.WeightIm?.Sum(0) });

        Tensor PerRow() => Tensor.Empty(rows, dtype, step.Device);
        Tensor? ImaginaryPerRow() => _complex ? PerRow() : null;
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var u = inputs[0];
        Require(u.Rank == 3 && u.DType.IsFloating(), $"u must be (B, L, D) of floating-point numbers, not {u}");
        Require(inputs[1].Rank == 2 && inputs[1].Shape[0] == u.Shape[2], $"u is {u} but lambda is {inputs[1]}; it must be (D, N)");
        Shape parameters = inputs[1].Shape, state = [u.Shape[0], u.Shape[2], parameters[1]];
        var parts = _complex ? 2 : 1;
        for (var i = 1; i < (_resets ? inputs.Length - 1 : inputs.Length); i++)
        {
            var (name, shape) = ((i - 1) / parts) switch { 0 => ("lambda", parameters), 1 => ("weight", parameters), _ => ("initial", state) };
            Require(inputs[i].Shape == shape && inputs[i].DType == u.DType.Accurate(), $"u is {u} and lambda is {inputs[1]} but {name} is {inputs[i]}; it must be {u.DType.Accurate()} {shape}");
        }

        Shape steps = [u.Shape[0], u.Shape[1]];
        Require(!_resets || (inputs[^1].Shape == steps && inputs[^1].DType == DType.Int32), $"u is {u} but resets is {inputs[^1]}; it must be {DType.Int32} {steps}");
        return [u.EmptyLike(), .. Enumerable.Range(0, parts).Select(_ => Tensor.Empty(state, u.DType.Accurate(), u.Device))];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        var operands = Operands(inputs);
        switch (inputs[0].DType, _complex)
        {
            case (DType.Float32, false): DiagonalRecurrenceCpu.Forward<float, RealField>(operands, outputs[0], outputs[1], null); break;
            case (DType.Float32, true): DiagonalRecurrenceCpu.Forward<float, ComplexField>(operands, outputs[0], outputs[1], outputs[2]); break;
            case (_, false): DiagonalRecurrenceCpu.Forward<double, RealField>(operands, outputs[0], outputs[1], null); break;
            default: DiagonalRecurrenceCpu.Forward<double, ComplexField>(operands, outputs[0], outputs[1], outputs[2]); break;
        }
    }

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) =>
        DiagonalRecurrenceCuda.Forward(Operands(inputs), outputs[0], outputs[1], _complex ? outputs[2] : null);

    private void BackwardCuda(GradientStep step, RecurrenceTensors x)
    {
        var initial = Tensor.Empty(step.OutputShape(1), x.LambdaRe.DType, step.Device);
        var gradients = new RecurrenceGradients(
            x.Input.EmptyLike(), x.LambdaRe.EmptyLike(), x.LambdaIm?.EmptyLike(), x.WeightRe.EmptyLike(), x.WeightIm?.EmptyLike(), initial, _complex ? initial.EmptyLike() : null);
        DiagonalRecurrenceCuda.Backward(x, step.OutputGradient(0), step.OutputGradient(1), _complex ? step.OutputGradient(2) : null, gradients);
        Give(step, gradients);
    }

    private void Give(GradientStep step, RecurrenceGradients x)
    {
        Tensor?[] given = [x.Input, x.LambdaRe, x.LambdaIm, x.WeightRe, x.WeightIm, _initial ? x.InitialRe : null, _initial ? x.InitialIm : null];
        var input = 0;
        foreach (var gradient in given)
        {
            if (gradient is not null) step.Give(input++, gradient);
        }
    }

    private RecurrenceTensors Operands(Tensor[] inputs)
    {
        var resets = _resets ? inputs[^1] : null;
        return _complex
            ? new(inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], _initial ? inputs[5] : null, _initial ? inputs[6] : null, resets, _scale)
            : new(inputs[0], inputs[1], null, inputs[2], null, _initial ? inputs[3] : null, null, resets, _scale);
    }
}
