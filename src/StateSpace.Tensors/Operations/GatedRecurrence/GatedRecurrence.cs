using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Operations.GatedRecurrence;

/// <summary>
/// The element-wise recurrence h_t = a_t ∘ h_{t−1} + b_t with gates of any sign that depend on the time: the core of selective models whose gates are
/// not exponentials, such as those in [−1, 1] (Grazzi et al., 2025, arXiv 2411.12537, eq. 3).
/// </summary>
/// <remarks>All states are kept, (B, L, M): for small models. Where gates are exp(ΔA), <see cref="SelectiveScan.SelectiveScan"/> needs less memory and time.</remarks>
public sealed class GatedRecurrence : Operation
{
    private readonly bool _initial;

    private GatedRecurrence(bool initial) => _initial = initial;

    /// <inheritdoc/>
    public override Saved Saves => Saved.Inputs | Saved.Outputs;

    /// <summary>The states after each step.</summary>
    /// <param name="gate">a, (B, L, M); 0 forgets, and magnitudes up to 1 keep the states bounded.</param>
    /// <param name="input">b, (B, L, M).</param>
    /// <param name="initial">State before the first step, (B, M); zeros where null.</param>
    /// <returns>h, (B, L, M).</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit.</exception>
    public static Tensor Apply(Tensor gate, Tensor input, Tensor? initial = null) =>
        initial is null ? new GatedRecurrence(initial: false).RunOne(gate, input) : new GatedRecurrence(initial: true).RunOne(gate, input, initial);

    /// <inheritdoc/>
    protected internal override void Backward(GradientStep step)
    {
        Tensor gate = step.Input(0), h = step.Output(0);
        Tensor ofGate = gate.EmptyLike(), ofInput = gate.EmptyLike();
        var initial = _initial ? step.Input(2) : null;
        var ofInitial = initial?.EmptyLike();
        if (gate.DType == DType.Float32) GatedRecurrenceCpu.Backward<float>(gate, initial, h, step.OutputGradient(0), ofGate, ofInput, ofInitial);
        else GatedRecurrenceCpu.Backward<double>(gate, initial, h, step.OutputGradient(0), ofGate, ofInput, ofInitial);
        step.Give(0, ofGate);
        step.Give(1, ofInput);
        if (ofInitial is not null) step.Give(2, ofInitial);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var (gate, input) = (inputs[0], inputs[1]);
        Require(gate.Rank == 3 && gate.DType.IsFloating(), $"gate must be (B, L, M) of floating-point numbers, not {gate}");
        Require(input.Shape == gate.Shape && input.DType == gate.DType, $"gate is {gate} but input is {input}; they must have the same shape and type");
        Shape state = [gate.Shape[0], gate.Shape[2]];
        Require(!_initial || (inputs[2].Shape == state && inputs[2].DType == gate.DType), $"gate is {gate} but initial is {inputs[^1]}; it must be {gate.DType} {state}");
        return [gate.EmptyLike()];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        var initial = _initial ? inputs[2] : null;
        if (inputs[0].DType == DType.Float32) GatedRecurrenceCpu.Forward<float>(inputs[0], inputs[1], initial, outputs[0]);
        else GatedRecurrenceCpu.Forward<double>(inputs[0], inputs[1], initial, outputs[0]);
    }
}
