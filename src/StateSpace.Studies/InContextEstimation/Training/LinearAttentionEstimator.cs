using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.LinearAttention;
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
    private readonly bool _averages;

    /// <summary>Random weights.</summary>
    /// <param name="stack">Initializations S.</param>
    /// <param name="width">Channels p = d + 1 of a token.</param>
    /// <param name="rank">Channels of keys and queries; p for full attention.</param>
    /// <param name="random">Where initial values come from.</param>
    /// <param name="deviation">Their standard deviation.</param>
    /// <param name="averages">Whether the estimate of every context length is divided by the number of its examples.</param>
    public LinearAttentionEstimator(int stack, int width, int rank, RandomSource random, double deviation, bool averages = false)
        : base(stack)
    {
        _averages = averages;
        _query = Matrix("query", width, rank, random, deviation);
        _key = Matrix("key", width, rank, random, deviation);
        _value = Matrix("value", width, width, random, deviation);
        _head = Matrix("head", width, 1, random, deviation);
    }

    /// <inheritdoc/>
    public override Tensor Preconditioner => Precondition(Attention, ReadOut);

    private Tensor Attention => _query.Value.MatMul(_key, transposeRight: true);

    private Tensor ReadOut => _value.Value.MatMul(_head).Squeeze(2);

    /// <inheritdoc/>
    public override Tensor Predict(EstimatorInput input) => Read(input, Attention, ReadOut);

    /// <summary>The library's causal linear attention with an initialization for each head: the query of t + 1 reads the examples up to t.</summary>
    /// <inheritdoc/>
    public override Tensor PredictEach(EstimatorInput input)
    {
        var (batch, examples, rank) = (input.Tokens.Shape[0], input.Tokens.Shape[1], _key.Value.Shape[2]);
        Tensor Heads(Tensor tokens, Parameter matrix) =>
            tokens.MatMul(matrix.Value.Permute(1, 0, 2).Reshape(matrix.Value.Shape[1], Stack * rank)).Reshape(batch, examples, Stack, rank);
        var values = input.Tokens.MatMul(ReadOut, transposeRight: true).Unsqueeze(3);
        var sums = LinearAttention.Apply(Heads(input.LaterQueries, _query), Heads(input.Tokens, _key), values).Y.Squeeze(3).Permute(2, 0, 1);
        return _averages ? sums * Reciprocals(examples).Convert(sums.DType).To(sums.Device) : sums;
    }

    /// <summary>v_y A_xx + a_xy vₓᵀ, (S, d, d), of A with the parts A_xx and a_xy and v with vₓ and v_y.</summary>
    internal static Tensor Precondition(Tensor attention, Tensor read)
    {
        var d = read.Shape[1] - 1;
        var features = attention.Slice(1, 0, d);
        return (features.Slice(2, 0, d) * read.Slice(1, d, 1).Unsqueeze(2)) + (features.Slice(2, d, 1) * read.Slice(1, 0, d).Unsqueeze(1));
    }

    /// <summary>1, ½, …, 1/n.</summary>
    private static Tensor Reciprocals(long count) => Tensor.From<double>([.. Enumerable.Range(1, (int)count).Select(t => 1.0 / t)], [count]);

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
    private Tensor _attention;
    private Tensor _read;

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
    public override Tensor Preconditioner => LinearAttentionEstimator.Precondition(Attention, _read);

    private Tensor Attention => _up.Value.MatMul(_down, transposeRight: true) + _attention;

    /// <inheritdoc/>
    public override Tensor Predict(EstimatorInput input) => LinearAttentionEstimator.Read(input, Attention, _read);

    /// <inheritdoc/>
    public override void MoveTo(Device device)
    {
        base.MoveTo(device);
        using var pause = TensorScope.Suspend();
        Tensor[] old = [_attention, _read];
        (_attention, _read) = (_attention.To(device), _read.To(device));
        foreach (var tensor in old.Except([_attention, _read])) tensor.Dispose();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _attention.Dispose();
        _read.Dispose();
        base.Dispose();
    }
}
