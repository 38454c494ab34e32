using StateSpace.Tensors;

namespace StateSpace.Studies.InContextEstimation;

/// <summary>A batch of prompts: B contexts of n labelled examples, each with a query and the label to predict.</summary>
/// <param name="Context">Features of the examples X, (B, n, d).</param>
/// <param name="Labels">Labels of the examples y, (B, n).</param>
/// <param name="Query">Features of the query x, (B, d).</param>
/// <param name="Target">Label of the query, noisy, (B).</param>
internal sealed record PromptBatch(Tensor Context, Tensor Labels, Tensor Query, Tensor Target)
{
    /// <summary>The tokens zᵢ = [xᵢ; yᵢ], (B, n, d + 1).</summary>
    public Tensor Tokens => Tensor.Concatenate(2, Context, Labels.Unsqueeze(2));

    /// <summary>The query's token z = [x; 0], (B, d + 1): a zero stands for the label that is asked for.</summary>
    public Tensor QueryToken => Query.Pad(1, 0, 1);

    /// <summary>One step of (weighted) preconditioned gradient descent, f = xᵀ W Xᵀ(w ∘ y), (B).</summary>
    /// <param name="weights">W, (d, d).</param>
    /// <param name="filter">w, (n), in the order of the examples; ones where null.</param>
    public Tensor Descend(Tensor weights, Tensor? filter = null)
    {
        var labels = filter is null ? Labels : Labels * filter;
        var step = labels.Unsqueeze(1).MatMul(Context).Squeeze(1);
        return (Query.MatMul(weights) * step).Sum(1);
    }

    /// <summary>Queries of every context length: x₂ … x_{n+1}, (B, n, d), of which the t-th follows t examples.</summary>
    public Tensor LaterQueries => Tensor.Concatenate(1, Context.Slice(1, 1, Context.Shape[1] - 1), Query.Unsqueeze(1));

    /// <summary>Their labels, (B, n).</summary>
    public Tensor LaterTargets => Tensor.Concatenate(1, Labels.Slice(1, 1, Labels.Shape[1] - 1), Target.Unsqueeze(1));

    /// <summary>One step of gradient descent at every context length, f_t = x_{t+1}·Σ_{i≤t} w_{ti} yᵢxᵢ, (B, n).</summary>
    /// <param name="weights">w, (n, n), lower triangular: row t has the weights of t examples.</param>
    public Tensor DescendEach(Tensor weights) =>
        (LaterQueries.MatMul(Context, transposeRight: true) * weights).MatMul(Labels.Unsqueeze(2)).Squeeze(2);

    /// <summary>The same prompts on a device.</summary>
    public PromptBatch To(Device device) => device.IsCpu ? this : new(Context.To(device), Labels.To(device), Query.To(device), Target.To(device));
}
