using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>
/// The state space dual of Mamba-2 (Dao and Gu, 2024, arXiv 2405.21060, sec. 6 and 7): a selective state space model whose decay is one
/// number per head and step, so that a chunk of steps is a few matrix products.
/// </summary>
public sealed class Ssd : Operation
{
    private readonly bool _skip;
    private readonly bool _initial;
    private readonly bool _resets;
    private readonly long _chunk;

    private Ssd(bool skip, bool initial, bool resets, long chunk)
    {
        _skip = skip;
        _initial = initial;
        _resets = resets;
        _chunk = chunk;
    }

    /// <summary>
    /// h_t = exp(Δ_t A) h_{t−1} + Δ_t x_t B_tᵀ and y_t = h_t C_t + D̲ x_t for each head, whose state h is (P, N). H/G heads share B and C.
    /// </summary>
    /// <param name="x">Input, (B, L, H, P).</param>
    /// <param name="delta">Step sizes Δ, (B, L, H), positive (after softplus); typically 1e-3 … 1e-1.</param>
    /// <param name="a">A, (H), negative: the decay per unit of Δ.</param>
    /// <param name="b">B, (B, L, G, N), where G divides H; heads h·H/G … share a group.</param>
    /// <param name="c">C, (B, L, G, N).</param>
    /// <param name="skip">D̲, (H); zeros where null.</param>
    /// <param name="initial">State before the first step, (B, H, P, N); zeros where null.</param>
    /// <param name="resets">(B, L) of Int32: where not zero, the state before this step is taken as zero; none where null.</param>
    /// <param name="chunk">
    /// Q, steps that are computed together, at least 1; changes the speed and the last bits, not the meaning. More than 512 are taken as 512.
    /// </param>
    /// <returns>y, (B, L, H, P), and the state after the last step, (B, H, P, N).</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit.</exception>
    public static (Tensor Y, Tensor Final) Apply(
        Tensor x,
        Tensor delta,
        Tensor a,
        Tensor b,
        Tensor c,
        Tensor? skip = null,
        Tensor? initial = null,
        Tensor? resets = null,
        long chunk = 64)
    {
        List<Tensor> inputs = [x, delta, a, b, c];
        if (skip is not null) inputs.Add(skip);
        if (initial is not null) inputs.Add(initial);
        if (resets is not null) inputs.Add(resets);
        var outputs = new Ssd(skip is not null, initial is not null, resets is not null, chunk).Run([.. inputs]);
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
        step.Give(0, gradients.X);
        step.Give(1, gradients.Delta!);
        step.Give(2, gradients.A!);
        step.Give(3, gradients.B);
        step.Give(4, gradients.C);
        if (_skip) step.Give(5, gradients.Skip!);
        if (_initial) step.Give(_skip ? 6 : 5, gradients.Initial!);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var x = inputs[0];
        Require(x.Rank == 4 && x.DType.IsFloating(), $"x must be (B, L, H, P) of floating-point numbers, not {x}");
        var (batch, length, heads, size) = (x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]);
        var tensors = Tensors(inputs);
        var accurate = x.DType.Accurate();
        RequireLike(tensors.Delta!, x.DType, "delta", [batch, length, heads], "(B, L, H)");
        RequireLike(tensors.A!, accurate, "a", [heads], "(H)");
        var (b, c) = (tensors.B, tensors.C);
        Require(b.Rank == 4 && b.Shape[0] == batch && b.Shape[1] == length && b.DType == x.DType, $"x is {x} but b is {b}; it must be (B, L, G, N)");
        Require(b.Shape[2] >= 1 && heads % b.Shape[2] == 0, $"x is {x} but b is {b}; its {b.Shape[2]} groups must divide the {heads} heads");
        Require(c.Shape == b.Shape && c.DType == x.DType, $"b is {b} but c is {c}; they must have the same shape");
        Shape state = [batch, heads, size, b.Shape[3]];
        if (tensors.Skip is { } skip) RequireLike(skip, accurate, "skip", [heads], "(H)");
        if (tensors.Initial is { } initial) RequireLike(initial, accurate, "initial", state, "(B, H, P, N)");
        if (tensors.Resets is { } resets)
            Require(resets.Shape == x.Shape.Without(-1).Without(-1) && resets.DType == DType.Int32, $"x is {x} but resets is {resets}; it must be Int32 (B, L)");
        Require(_chunk >= 1, $"chunk is {_chunk}; it must be at least 1");
        return [x.EmptyLike(), Tensor.Empty(state, accurate, x.Device)];

        void RequireLike(Tensor tensor, DType type, string name, Shape shape, string meaning) =>
            Require(tensor.Shape == shape && tensor.DType == type, $"x is {x} but {name} is {tensor}; it must be {type} {meaning} = {shape}");
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        if (inputs[0].DType == DType.Float32) SsdCpu.Forward<float>(Tensors(inputs), outputs[0], outputs[1]);
        else SsdCpu.Forward<double>(Tensors(inputs), outputs[0], outputs[1]);
    }

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => SsdCuda.Forward(Tensors(inputs), outputs[0], outputs[1]);

    private SsdTensors Tensors(Tensor[] inputs) => new(
        inputs[0],
        inputs[1],
        inputs[2],
        inputs[3],
        inputs[4],
        _skip ? inputs[5] : null,
        _initial ? inputs[_skip ? 6 : 5] : null,
        _resets ? inputs[^1] : null,
        _chunk);
}
