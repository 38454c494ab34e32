using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Operations.ZeroOrderHold;

/// <summary>
/// Discretization of a diagonal state space model whose input is held constant over a step Δ (Gu et al., 2022, arXiv 2206.11893, sec. 3.1): log Ā = ΔA
/// and B̄ = (exp(ΔA) − 1) / A, for B = 1. Small ΔA loses no digits, and A = 0 gives B̄ = Δ.
/// </summary>
public sealed class ZeroOrderHold : Operation
{
    private readonly bool _complex;

    private ZeroOrderHold(bool complex) => _complex = complex;

    /// <summary>Discretizes real A.</summary>
    /// <param name="delta">Step Δ of each channel, (D).</param>
    /// <param name="a">Diagonal of A, (D, N).</param>
    /// <returns>log Ā = ΔA and B̄, (D, N) each.</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit.</exception>
    public static (Tensor LogLambda, Tensor Input) Apply(Tensor delta, Tensor a)
    {
        var outputs = new ZeroOrderHold(complex: false).Run(delta, a);
        return (outputs[0], outputs[1]);
    }

    /// <summary>Discretizes complex A.</summary>
    /// <param name="delta">Step Δ of each channel, (D).</param>
    /// <param name="a">Diagonal of A, (D, N) each.</param>
    /// <returns>log Ā = ΔA and B̄, (D, N) each.</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit.</exception>
    public static ((Tensor Re, Tensor Im) LogLambda, (Tensor Re, Tensor Im) Input) Apply(Tensor delta, (Tensor Re, Tensor Im) a)
    {
        var outputs = new ZeroOrderHold(complex: true).Run(delta, a.Re, a.Im);
        return ((outputs[0], outputs[1]), (outputs[2], outputs[3]));
    }

    /// <inheritdoc/>
    protected internal override void Backward(GradientStep step)
    {
        Tensor[] inputs = [.. Enumerable.Range(0, step.InputCount).Select(step.Input)];
        Tensor[] outputGradients = [.. Enumerable.Range(0, step.OutputCount).Select(step.OutputGradient)];
        Tensor[] gradients = [.. inputs.Select(input => input.EmptyLike())];
        if (!inputs[0].Device.IsCpu) ZeroOrderHoldCuda.Backward(inputs, outputGradients, gradients);
        else if (inputs[0].DType == DType.Float32) ZeroOrderHoldCpu.Backward<float>(inputs, outputGradients, gradients);
        else ZeroOrderHoldCpu.Backward<double>(inputs, outputGradients, gradients);
        for (var i = 0; i < gradients.Length; i++) step.Give(i, gradients[i]);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var (delta, a) = (inputs[0], inputs[1]);
        Require(delta.Rank == 1 && delta.DType.IsFloating(), $"delta must be (D) of floating-point numbers, not {delta}");
        foreach (var part in inputs[1..])
        {
            Require(part.Rank == 2 && part.Shape[0] == delta.Shape[0] && part.Shape == a.Shape && part.DType == delta.DType, $"delta is {delta} but a is {part}; it must be (D, N)");
        }

        return [.. Enumerable.Range(0, _complex ? 4 : 2).Select(_ => a.EmptyLike())];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        if (inputs[0].DType == DType.Float32) ZeroOrderHoldCpu.Forward<float>(inputs, outputs);
        else ZeroOrderHoldCpu.Forward<double>(inputs, outputs);
    }

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => ZeroOrderHoldCuda.Forward(inputs, outputs);
}
