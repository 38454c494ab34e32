using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Operations.GatedRecurrence;

/// <summary>
/// The element-wise recurrence h_t = a_t ∘ h_{t−1} + b_t with gates of any sign that depend on the time: the core of selective models whose gates are
/// not exponentials, such as those in [−1, 1] (Grazzi et al., 2025, arXiv 2411.12537, eq. 3).
/// </summary>
/// <remarks>
/// All states are kept, (B, L, M): for small models. Where gates are exp(ΔA), <see cref="SelectiveScan.SelectiveScan"/> needs less memory and time.
/// With BFloat16 gates on a GPU the recurrence itself and the states at its ends are Float32.
/// </remarks>
public sealed class GatedRecurrence : Operation
{
    private readonly bool _initial;
    private readonly bool _resets;

    private GatedRecurrence(bool initial, bool resets) => (_initial, _resets) = (initial, resets);

    /// <inheritdoc/>
    public override Saved Saves => Saved.Inputs | Saved.Outputs;

    /// <summary>The states after each step.</summary>
    /// <param name="gate">a, (B, L, M); 0 forgets, and magnitudes up to 1 keep the states bounded.</param>
    /// <param name="input">b, (B, L, M), of the same type.</param>
    /// <param name="initial">State before the first step, (B, M), of the arithmetic type; zeros where null.</param>
    /// <param name="resets">(B, L), Int32: where it is not 0 the state before the step is taken as zero, whatever the gate. No gradient.</param>
    /// <returns>h, (B, L, M), of the gates' type, and the state after the last step, (B, M), of the arithmetic type.</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit.</exception>
    public static (Tensor H, Tensor Final) Apply(Tensor gate, Tensor input, Tensor? initial = null, Tensor? resets = null)
    {
        Tensor[] inputs = [gate, input, .. initial is null ? [] : (Tensor[])[initial], .. resets is null ? [] : (Tensor[])[resets]];
        var outputs = new GatedRecurrence(initial is not null, resets is not null).Run(inputs);
        return (outputs[0], outputs[1]);
    }

    /// <inheritdoc/>
    protected internal override void Backward(GradientStep step)
    {
        var x = Operands([.. Enumerable.Range(0, step.InputCount).Select(step.Input)], step.Output(0));
        GatedRecurrenceGradients to = new(x.Gate.EmptyLike(), x.Gate.EmptyLike(), x.Initial?.EmptyLike());
        var (ofH, ofFinal) = (step.OutputGradient(0), step.OutputGradient(1));
        if (!step.Device.IsCpu) GatedRecurrenceCuda.Backward(x, ofH, ofFinal, to);
        else if (x.Gate.DType == DType.Float32) GatedRecurrenceCpu.Backward<float>(x, ofH, ofFinal, to);
        else GatedRecurrenceCpu.Backward<double>(x, ofH, ofFinal, to);
        step.Give(0, to.Gate);
        step.Give(1, to.Input);
        if (to.Initial is not null) step.Give(2, to.Initial);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var (gate, input) = (inputs[0], inputs[1]);
        Require(gate.Rank == 3 && gate.DType.IsFloating(), $"gate must be (B, L, M) of floating-point numbers, not {gate}");
        Require(input.Shape == gate.Shape && input.DType == gate.DType, $"gate is {gate} but input is {input}; they must have the same shape and type");
        Shape state = [gate.Shape[0], gate.Shape[2]], steps = [gate.Shape[0], gate.Shape[1]];
        var accurate = gate.DType.Accurate();
        Require(!_initial || (inputs[2].Shape == state && inputs[2].DType == accurate), $"gate is {gate} but initial is {inputs[^1]}; it must be {accurate} {state}");
        Require(!_resets || (inputs[^1].Shape == steps && inputs[^1].DType == DType.Int32), $"gate is {gate} but resets is {inputs[^1]}; it must be {DType.Int32} {steps}");
        return [gate.EmptyLike(), Tensor.Empty(state, accurate, gate.Device)];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        var x = Operands(inputs, outputs[0]);
        if (x.Gate.DType == DType.Float32) GatedRecurrenceCpu.Forward<float>(x, outputs[1]);
        else GatedRecurrenceCpu.Forward<double>(x, outputs[1]);
    }

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => GatedRecurrenceCuda.Forward(Operands(inputs, outputs[0]), outputs[1]);

    private GatedRecurrenceTensors Operands(Tensor[] inputs, Tensor h) =>
        new(inputs[0], inputs[1], _initial ? inputs[2] : null, _resets ? inputs[^1] : null, h);
}

/// <summary>What a call computes with: gates, inputs and states h, (B, L, M); initial state, (B, M), and resets, (B, L), or null.</summary>
internal sealed record GatedRecurrenceTensors(Tensor Gate, Tensor Input, Tensor? Initial, Tensor? Resets, Tensor H);

/// <summary>Where its gradients go.</summary>
internal sealed record GatedRecurrenceGradients(Tensor Gate, Tensor Input, Tensor? Initial);
