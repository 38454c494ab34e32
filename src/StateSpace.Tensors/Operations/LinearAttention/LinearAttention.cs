using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.Ssd;

namespace StateSpace.Tensors.Operations.LinearAttention;

/// <summary>
/// Causal linear attention (Katharopoulos et al., 2020, arXiv 2006.16236, eq. 16 to 20) without feature map and normalization: a sum over
/// outer products as state. It is the state space dual of Mamba-2 where nothing decays, and runs on the same kernels.
/// </summary>
public sealed class LinearAttention : Operation
{
    /// <summary>Q of the kernels; see the README of Ssd for how it was chosen.</summary>
    private const long Chunk = 64;

    private readonly bool _initial;
    private readonly bool _resets;

    private LinearAttention(bool initial, bool resets)
    {
        _initial = initial;
        _resets = resets;
    }

    /// <summary>S_t = S_{t−1} + v_t k_tᵀ and y_t = S_t q_t for each head, whose state S is (V, K).</summary>
    /// <param name="q">Queries, (B, L, H, K); a scale such as 1/√K or a feature map is applied before.</param>
    /// <param name="k">Keys, (B, L, H, K).</param>
    /// <param name="v">Values, (B, L, H, V).</param>
    /// <param name="initial">State before the first step, (B, H, V, K); zeros where null.</param>
    /// <param name="resets">(B, L) of Int32: where not zero, the state before this step is taken as zero; none where null.</param>
    /// <returns>y, (B, L, H, V), and the state after the last step, (B, H, V, K).</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit.</exception>
    public static (Tensor Y, Tensor Final) Apply(Tensor q, Tensor k, Tensor v, Tensor? initial = null, Tensor? resets = null)
    {
        List<Tensor> inputs = [q, k, v];
        if (initial is not null) inputs.Add(initial);
        if (resets is not null) inputs.Add(resets);
        var outputs = new LinearAttention(initial is not null, resets is not null).Run([.. inputs]);
        return (outputs[0], outputs[1]);
    }

    /// <inheritdoc/>
    protected internal override void Backward(GradientStep step)
    {
        var tensors = Tensors([.. Enumerable.Range(0, step.InputCount).Select(step.Input)]);
        var final = step.HasOutputGradient(1) ? step.OutputGradient(1) : null;
        var gradients = tensors.X.Device.IsCpu
            ? SsdBackwardCpu.Gradients(tensors, step.OutputGradient(0), final)
            : SsdCuda.Backward(tensors, step.OutputGradient(0), final);
        step.Give(0, gradients.C);
        step.Give(1, gradients.B);
        step.Give(2, gradients.X);
        if (_initial) step.Give(3, gradients.Initial!);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var (q, k, v) = (inputs[0], inputs[1], inputs[2]);
        Require(q.Rank == 4 && q.DType.IsFloating(), $"q must be (B, L, H, K) of floating-point numbers, not {q}");
        Require(k.Shape == q.Shape && k.DType == q.DType, $"q is {q} but k is {k}; they must have the same shape");
        Require(
            v.Rank == 4 && v.Shape.Without(-1) == q.Shape.Without(-1) && v.DType == q.DType,
            $"q is {q} but v is {v}; it must be (B, L, H, V)");
        Shape state = [v.Shape[0], v.Shape[2], v.Shape[3], k.Shape[3]];
        var tensors = Tensors(inputs);
        if (tensors.Initial is { } initial)
        {
            Require(
                initial.Shape == state && initial.DType == q.DType.Accurate(),
                $"q is {q} and v is {v} but initial is {initial}; it must be {q.DType.Accurate()} (B, H, V, K) = {state}");
        }

        if (tensors.Resets is { } resets)
            Require(resets.Shape == q.Shape.Without(-1).Without(-1) && resets.DType == DType.Int32, $"q is {q} but resets is {resets}; it must be Int32 (B, L)");
        return [v.EmptyLike(), Tensor.Empty(state, q.DType.Accurate(), q.Device)];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        if (inputs[0].DType == DType.Float32) SsdCpu.Forward<float>(Tensors(inputs), outputs[0], outputs[1]);
        else SsdCpu.Forward<double>(Tensors(inputs), outputs[0], outputs[1]);
    }

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => SsdCuda.Forward(Tensors(inputs), outputs[0], outputs[1]);

    /// <summary>Values are the input x, keys are B and queries C, with a group for each head.</summary>
    private SsdTensors Tensors(Tensor[] inputs) =>
        new(inputs[2], null, null, inputs[1], inputs[0], null, _initial ? inputs[3] : null, _resets ? inputs[^1] : null, Chunk);
}
