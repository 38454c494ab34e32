using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.Indexing;

namespace StateSpace.Tensors.Operations.Attention;

/// <summary>
/// Causal softmax attention (Vaswani et al., 2017, arXiv 1706.03762, eq. 1) with grouped queries (Ainslie et al., 2023, arXiv 2305.13245),
/// a sliding window (Beltagy et al., 2020, arXiv 2004.05150) and packed sequences. The scores are never stored as a whole (Dao et al., 2022,
/// arXiv 2205.14135).
/// </summary>
public sealed class Attention : Operation
{
    private readonly long? _window;
    private readonly double? _scale;

    /// <summary>log2 Σ 2^score of each row, scores in units of log 2, (B·Hkv, L·H/Hkv); set by the forward pass.</summary>
    private Tensor? _logSums;

    private Attention(long? window, double? scale)
    {
        _window = window;
        _scale = scale;
    }

    /// <inheritdoc/>
    public override Saved Saves => Saved.Inputs | Saved.Outputs;

    /// <summary>
    /// y_t = Σ_s softmax_s(scale q_t·k_s) v_s, head by head, over the keys s that query t sees. Query t stands at key position
    /// S − L + t, so that keys of earlier calls (a cache) come first, and sees the keys up to that position.
    /// </summary>
    /// <param name="q">Queries, (B, L, H, P).</param>
    /// <param name="k">Keys, (B, S, Hkv, P), S ≥ L. Hkv divides H: heads h·H/Hkv … (h + 1)·H/Hkv − 1 share key head h.</param>
    /// <param name="v">Values, (B, S, Hkv, Pv).</param>
    /// <param name="window">Keys that a query sees at most, the one at its own position included, at least 1; all where null.</param>
    /// <param name="scale">Factor of the products; 1/√P where null.</param>
    /// <param name="first">
    /// Index of the first key that each query may see, (B, L) of Int32, 0 … S − L + t: where its sequence begins, if several are packed
    /// into a row. 0 where null.
    /// </param>
    /// <returns>y, (B, L, H, Pv).</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit, the window is less than 1 or the scale is not finite.</exception>
    /// <exception cref="IndexValueException">A number of <paramref name="first"/> is negative or larger than its query's own position.</exception>
    public static Tensor Apply(Tensor q, Tensor k, Tensor v, long? window = null, double? scale = null, Tensor? first = null)
    {
        var attention = new Attention(window, scale);
        return first is null ? attention.RunOne(q, k, v) : attention.RunOne(q, k, v, first);
    }

    /// <inheritdoc/>
    protected internal override void Backward(GradientStep step)
    {
        Tensor[] inputs = [.. Enumerable.Range(0, step.InputCount).Select(step.Input)];
        var (dq, dk, dv) = (inputs[0].EmptyLike(), inputs[1].EmptyLike(), inputs[2].EmptyLike());
        var call = dq.Device.IsCpu ? new AttentionCall(inputs, _window, _scale) : default;
        if (!dq.Device.IsCpu) AttentionCuda.Backward(inputs, _window, _scale, step.Output(0), _logSums!, step.OutputGradient(0), dq, dk, dv);
        else if (dq.DType == DType.Float32) AttentionBackward.Run<float>(call, step.Output(0), _logSums!, step.OutputGradient(0), dq, dk, dv);
        else AttentionBackward.Run<double>(call, step.Output(0), _logSums!, step.OutputGradient(0), dq, dk, dv);
        step.Give(0, dq);
        step.Give(1, dk);
        step.Give(2, dv);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var (q, k, v) = (inputs[0], inputs[1], inputs[2]);
        Require(q.Rank == 4 && q.DType.IsFloating() && q.Shape[2] > 0 && q.Shape[3] > 0, $"q must be (B, L, H, P) of floating-point numbers, not {q}");
        var (batch, length, heads) = (q.Shape[0], q.Shape[1], q.Shape[2]);
        Require(k.Rank == 4 && k.Shape[0] == batch && k.Shape[3] == q.Shape[3] && k.DType == q.DType, $"q is {q} but k is {k}; it must be (B, S, Hkv, P)");
        Require(k.Shape[1] >= length && k.Shape[1] <= int.MaxValue, $"q has {length} positions but k has {k.Shape[1]}; it must have as many or more, the last are those of q");
        Require(k.Shape[2] > 0 && heads % k.Shape[2] == 0, $"q has {heads} heads but k has {k.Shape[2]}; the second number must divide the first");
        Require(v.Rank == 4 && v.Shape.Without(-1) == k.Shape.Without(-1) && v.Shape[3] > 0 && v.DType == q.DType, $"k is {k} but v is {v}; it must be (B, S, Hkv, Pv)");
        Require(_window is null or >= 1, $"the window is {_window}; it counts the keys that a query sees, itself included, and must be at least 1");
        Require(_scale is null || double.IsFinite(_scale.Value), $"the scale is {_scale}; it must be finite");
        if (inputs.Length > 3) Require(inputs[3].DType == DType.Int32 && inputs[3].Shape == [batch, length], $"q is {q} but first is {inputs[3]}; it must be (B, L) of Int32");
        return [Tensor.Empty([batch, length, heads, v.Shape[3]], q.DType, q.Device)];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        var call = new AttentionCall(inputs, _window, _scale);
        CheckFirst(call);
        _logSums = Keep(Tensor.Empty([call.Sequences, call.Rows], inputs[0].DType, inputs[0].Device));
        if (inputs[0].DType == DType.Float32) AttentionForward.Run<float>(call, outputs[0], _logSums);
        else AttentionForward.Run<double>(call, outputs[0], _logSums);
    }

    /// <inheritdoc/>
    /// <remarks>Numbers of the first key are not checked, which would wait for the device; one beyond the query's position counts as that.</remarks>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
        var (q, k) = (inputs[0], inputs[1]);
        _logSums = Keep(Tensor.Empty([q.Shape[0] * k.Shape[2], q.Shape[1] * (q.Shape[2] / k.Shape[2])], q.DType.Accurate(), q.Device));
        AttentionCuda.Forward(inputs, _window, _scale, outputs[0], _logSums);
    }

    // A row without keys would be a division of 0 by 0.
    private unsafe void CheckFirst(in AttentionCall call)
    {
        if (call.First is null) return;
        var first = call.First.Pointer<int>();
        for (long i = 0; i < call.First.Count; i++)
        {
            var (b, t) = Math.DivRem(i, call.Length);
            var position = call.Keys - call.Length + t;
            if (first[i] < 0 || first[i] > position)
                throw new IndexValueException(Name, $"first at ({b}, {t}) is {first[i]}; it must be 0 to {position}, the query's own position among the keys");
        }
    }
}
