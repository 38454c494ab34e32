using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.Operations.CausalConvolution;

namespace StateSpace.Tensors.Operations.SsdStep;

/// <summary>
/// What a layer of Mamba-2 computes between its projections at one step (Dao and Gu, 2024, arXiv 2405.21060, section 7.1): short convolution and SiLU, Δ, and a step of
/// the state space dual. A GPU makes it by one kernel, for generation; elsewhere the operations that it consists of do.
/// </summary>
public sealed class SsdStep : Operation
{
    // Fewer blocks leave most of a GPU idle: then several share a head.
    private const int ManyBlocks = 512;
    private const int FewRows = 8;
    private const int Threads = 128;

    private readonly long _groups;
    private readonly double _smallest;
    private readonly double _largest;

    private readonly bool _inPlace;

    private SsdStep(long groups, double smallest, double largest, bool inPlace) => (_groups, _smallest, _largest, _inPlace) = (groups, smallest, largest, inPlace);

    /// <summary>
    /// With (x, B, C) = SiLU(convolution) and Δ = softplus(raw + bias) within its limits: h ← exp(Δ A) h + Δ x Bᵀ and y = h C + D̲ x, head by head.
    /// </summary>
    /// <param name="projected">What the projection in front gives, (B, 1, H·P + (H·P + 2·G·N) + H): the gate, which is passed over; x, B and C; Δ before its bias and softplus.</param>
    /// <param name="window">The K − 1 inputs of the convolution before this one, (B, K − 1, H·P + 2·G·N).</param>
    /// <param name="taps">Kernel of the convolution, (H·P + 2·G·N, K); the last tap meets the current input.</param>
    /// <param name="tapBias">Its bias, (H·P + 2·G·N); zeros where null.</param>
    /// <param name="deltaBias">(H).</param>
    /// <param name="a">A, (H), negative.</param>
    /// <param name="skip">D̲, (H).</param>
    /// <param name="state">h, (B, H, P, N).</param>
    /// <param name="groups">G, which divides H.</param>
    /// <param name="smallest">Least Δ.</param>
    /// <param name="largest">Largest Δ.</param>
    /// <param name="inPlace">Whether a GPU writes the state after the step over <paramref name="state"/>.</param>
    /// <returns>y, (B, 1, H·P); the window and the state after the step. A GPU gives no gradients of them.</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit.</exception>
    public static (Tensor Y, Tensor Window, Tensor State) Apply(
        Tensor projected,
        Tensor window,
        Tensor taps,
        Tensor? tapBias,
        Tensor deltaBias,
        Tensor a,
        Tensor skip,
        Tensor state,
        long groups,
        double smallest = 0,
        double largest = double.PositiveInfinity,
        bool inPlace = false)
    {
        ShapeException.Require(state.Rank == 4, "SsdStep", $"state is {state}; it must be (B, H, P, N)");
        if (projected.Device.IsCpu) return ByOperations(projected, window, taps, tapBias, deltaBias, a, skip, state, groups, smallest, largest);
        Tensor[] inputs = tapBias is null ? [projected, window, taps, deltaBias, a, skip, state] : [projected, window, taps, deltaBias, a, skip, state, tapBias];
        var outputs = new SsdStep(groups, smallest, largest, inPlace).Run(inputs);
        return (outputs[0], outputs[1], outputs[2]);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var (projected, window, taps, state) = (inputs[0], inputs[1], inputs[2], inputs[6]);
        var (batch, heads, size, states) = (state.Shape[0], state.Shape[1], state.Shape[2], state.Shape[3]);
        var (inner, accurate) = (heads * size, projected.DType.Accurate());
        var convolved = inner + (2 * _groups * states);
        Require(_groups >= 1 && heads % _groups == 0, $"there are {_groups} groups; they must divide the {heads} heads of state {state}");
        Require(projected.Shape == [batch, 1, inner + convolved + heads], $"state is {state} but projected is {projected}; it must be (B, 1, {inner} + {convolved} + {heads})");
        Require(taps.Rank == 2 && taps.Shape[0] == convolved && taps.Shape[1] >= 1, $"taps is {taps}; it must be ({convolved}, K)");
        Require(window.Shape == [batch, taps.Shape[1] - 1, convolved], $"taps is {taps} but window is {window}; it must be (B, K − 1, {convolved})");
        for (var i = 3; i < 6; i++) Require(inputs[i].Shape == [heads], $"state is {state} but a number for each head is {inputs[i]}");
        if (inputs.Length > 7) Require(inputs[7].Shape == [convolved], $"taps is {taps} but its bias is {inputs[7]}");
        foreach (var input in inputs.Skip(1)) Require(input.DType == accurate, $"projected is {projected} but one of the others is {input}; they must be {accurate}");
        return [Tensor.Empty([batch, 1, inner], projected.DType, projected.Device), window.EmptyLike(), _inPlace ? state.Alias(state.Shape) : state.EmptyLike()];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs) => throw new MissingKernelException(Name, DeviceKind.Cpu);

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
        var (projected, window, state) = (inputs[0], inputs[1], inputs[6]);
        var (batch, heads, size, states) = (state.Shape[0], state.Shape[1], state.Shape[2], state.Shape[3]);
        if (batch * heads == 0) return;
        var rows = batch * heads >= ManyBlocks ? Math.Max(1, size) : FewRows;
        var splits = Math.Max(1, Grid.Cover(size, rows));
        CudaKernel.For(projected, "SsdStep", "ssd_step").Launch(
            batch * heads * splits,
            Threads,
            [
                projected, window, inputs[2], inputs.Length > 7 ? inputs[7] : null, inputs[3], inputs[4], inputs[5], state, outputs[0], outputs[1], outputs[2],
                heads, size, _groups, states, window.Shape[1], rows, _smallest, _largest,
            ],
            checked((int)((rows + (2 * states)) * projected.DType.Accurate().Size())));
    }

    private static (Tensor Y, Tensor Window, Tensor State) ByOperations(
        Tensor projected, Tensor window, Tensor taps, Tensor? tapBias, Tensor deltaBias, Tensor a, Tensor skip, Tensor state, long groups, double smallest, double largest)
    {
        var (batch, heads, size, states) = (state.Shape[0], state.Shape[1], state.Shape[2], state.Shape[3]);
        var (inner, shared) = (heads * size, groups * states);
        var parts = projected.Split(2, inner, inner + (2 * shared), heads);
        var (convolved, next) = CausalConvolution.CausalConvolution.Apply(parts[1], taps, tapBias, window, ConvolutionActivation.Silu);
        var mixed = convolved.Split(2, inner, shared, shared);
        var delta = (parts[2] + deltaBias).Softplus();
        delta = Tensor.Maximum(delta, Tensor.Scalar(smallest, delta.DType));
        if (!double.IsPositiveInfinity(largest)) delta = Tensor.Minimum(delta, Tensor.Scalar(largest, delta.DType));
        var (y, final) = Ssd.Ssd.Apply(
            mixed[0].Reshape(batch, 1, heads, size), delta, a, mixed[1].Reshape(batch, 1, groups, states), mixed[2].Reshape(batch, 1, groups, states), skip, state);
        return (y.Reshape(batch, 1, inner), next, final);
    }
}
