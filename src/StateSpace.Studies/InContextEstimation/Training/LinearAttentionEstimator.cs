using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.InContextEstimation.Training;

/// <summary>
/// One layer of linear attention that is read at the query, f = zᵀ W_q W_kᵀ ZᵀZ W_v h (arXiv 2407.10005, section 2): no softmax, no scale, and keys and values
/// from the examples alone. The sum over the examples is <c>StateSpace.Tensors.Operations.LinearAttention</c>'s state, taken as the data's second moments.
/// </summary>
internal sealed class LinearAttentionEstimator : Estimator
{
    private readonly Parameter _query;
    private readonly Parameter _key;
    private readonly Parameter _value;
    private readonly Parameter _head;

    /// <summary>Random weights.</summary>
    /// <param name="stack">Initializations S.</param>
    /// <param name="width">Channels p = d + 1 of a token.</param>
    /// <param name="rank">Channels of keys and queries; p for full attention.</param>
    /// <param name="random">Where initial values come from.</param>
    /// <param name="deviation">Their standard deviation.</param>
    public LinearAttentionEstimator(int stack, int width, int rank, RandomSource random, double deviation)
        : base(stack)
    {
        _query = Matrix("query", width, rank, random, deviation);
        _key = Matrix("key", width, rank, random, deviation);
        _value = Matrix("value", width, width, random, deviation);
        _head = Matrix("head", width, 1, random, deviation);
    }

    /// <inheritdoc/>
    public override Tensor Predict(EstimatorInput input) =>
        Read(input, _query.Value.MatMul(_key, transposeRight: true), _value.Value.MatMul(_head).Squeeze(2));

    /// <summary>f = zᵀ A ZᵀZ v for each initialization.</summary>
    /// <param name="input">The prompts.</param>
    /// <param name="attention">A = W_q W_kᵀ, (S, p, p).</param>
    /// <param name="read">v = W_v h, (S, p).</param>
    internal static Tensor Read(EstimatorInput input, Tensor attention, Tensor read)
    {
        var queries = input.Query.Unsqueeze(0).MatMul(attention);
        var values = input.Moments.MatMul(read.Transpose()).Permute(2, 0, 1);
        return (queries * values).Sum(2);
    }
}

/// <summary>LoRA: linear attention with frozen weights whose attention matrix gets an update of rank r, A₀ + UDᵀ, D = 0 at the start.</summary>
internal sealed class AdaptedAttentionEstimator : Estimator
{
    private readonly Parameter _up;
    private readonly Parameter _down;
    private readonly Tensor _attention;
    private readonly Tensor _read;

    /// <summary>An update of constructed weights: A₀ = diag(W₀, 0), and W_v h the label's unit vector.</summary>
    /// <param name="stack">Initializations S.</param>
    /// <param name="pretrained">W₀, (d, d); the estimator keeps a copy.</param>
    /// <param name="rank">r, at least 1.</param>
    /// <param name="random">Where U comes from.</param>
    /// <param name="deviation">Its standard deviation.</param>
    public AdaptedAttentionEstimator(int stack, Tensor pretrained, int rank, RandomSource random, double deviation)
        : base(stack)
    {
        var d = pretrained.Shape[0];
        _up = Matrix("up", d + 1, rank, random, deviation);
        _down = Matrix("down", d + 1, rank, random, 0);
        using var pause = TensorScope.Suspend();
        _attention = pretrained.Pad([(0, 1), (0, 1)]);
        _read = Tensor.Zeros([stack, d + 1]);
        for (var i = 0; i < stack; i++) _read.SetValue((i * (d + 1)) + d, 1);
    }

    /// <inheritdoc/>
    public override Tensor Predict(EstimatorInput input) =>
        LinearAttentionEstimator.Read(input, _up.Value.MatMul(_down, transposeRight: true) + _attention, _read);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _attention.Dispose();
        _read.Dispose();
        base.Dispose();
    }
}
