using StateSpace.Tensors;

namespace StateSpace.Studies.InContextEstimation.Training;

/// <summary>A batch of prompts as the estimators read it; sums that hold data alone are made once, outside the tape.</summary>
/// <param name="batch">The prompts.</param>
internal sealed class EstimatorInput(PromptBatch batch)
{
    private Tensor? _later;
    private Tensor? _moments;
    private Tensor? _products;

    /// <summary>The prompts.</summary>
    public PromptBatch Batch => batch;

    /// <summary>Tokens zᵢ = [xᵢ; yᵢ], (B, n, p).</summary>
    public Tensor Tokens { get; } = batch.Tokens;

    /// <summary>The query's token [x; 0], (B, p).</summary>
    public Tensor Query { get; } = batch.QueryToken;

    /// <summary>The tokens [x; 0] of the queries of every context length, (B, n, p).</summary>
    public Tensor LaterQueries => _later ??= batch.LaterQueries.Pad(2, 0, 1);

    /// <summary>ZᵀZ, (B, p, p).</summary>
    public Tensor Moments => _moments ??= Tokens.MatMul(Tokens, transposeLeft: true);

    /// <summary>yᵢxᵢ, (n, B·d).</summary>
    public Tensor Products => _products ??= (batch.Context * batch.Labels.Unsqueeze(2)).Permute(1, 0, 2).Reshape(batch.Context.Shape[1], -1);
}
