using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.FftConvolution;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.InContextEstimation.Training;

/// <summary>
/// The H3 layer of the in-context analysis (arXiv 2407.10005, section 2): f = ((zᵀW_q) ∘ Σᵢ w_i (zᵢᵀW_k) ∘ (zᵢᵀW_v)) h, with one free filter over the examples for
/// all channels. It is <see cref="Models.Layers.H3"/> with heads of one channel, without the shift, and with the diagonal system's impulse response itself as
/// the parameter.
/// </summary>
internal sealed class H3Estimator : Estimator
{
    private readonly Parameter _query;
    private readonly Parameter _key;
    private readonly Parameter _value;
    private readonly Parameter _head;
    private readonly Parameter _filter;

    /// <summary>Random weights and a filter of ones.</summary>
    /// <param name="stack">Initializations S.</param>
    /// <param name="width">Channels p = d + 1 of a token.</param>
    /// <param name="examples">Examples n.</param>
    /// <param name="random">Where initial values come from.</param>
    /// <param name="deviation">Their standard deviation.</param>
    public H3Estimator(int stack, int width, int examples, RandomSource random, double deviation)
        : base(stack)
    {
        _query = Matrix("query", width, width, random, deviation);
        _key = Matrix("key", width, width, random, deviation);
        _value = Matrix("value", width, width, random, deviation);
        _head = Matrix("head", width, 1, random, deviation);
        _filter = Ones("filter", examples);
    }

    /// <inheritdoc/>
    public override Parameter? Filter => _filter;

    /// <summary>Σⱼ hⱼ qⱼ(kₓⱼ v_yⱼ + k_yⱼ vₓⱼ)ᵀ over the channels j, whose columns have parts of features x and of the label y.</summary>
    /// <inheritdoc/>
    public override Tensor Preconditioner
    {
        get
        {
            var d = _query.Value.Shape[1] - 1;
            Tensor Features(Parameter matrix) => matrix.Value.Slice(1, 0, d);
            Tensor Label(Parameter matrix) => matrix.Value.Slice(1, d, 1);
            var pairs = (Features(_key) * Label(_value)) + (Features(_value) * Label(_key));
            return (Features(_query) * _head.Value.Transpose()).MatMul(pairs, transposeRight: true);
        }
    }

    /// <inheritdoc/>
    public override Tensor Predict(EstimatorInput input)
    {
        var (batch, examples, width) = (input.Tokens.Shape[0], input.Tokens.Shape[1], input.Tokens.Shape[2]);
        var tokens = input.Tokens.Reshape(1, batch * examples, width);
        var products = (tokens.MatMul(_key) * tokens.MatMul(_value)).Reshape(Stack, batch, examples, width);
        var sums = (products * _filter.Value.Reshape(Stack, 1, examples, 1)).Sum(2);
        return (input.Query.Unsqueeze(0).MatMul(_query) * sums).MatMul(_head).Squeeze(2);
    }

    /// <summary>The filter as a causal convolution over the examples, whose first tap meets the newest.</summary>
    /// <inheritdoc/>
    public override Tensor PredictEach(EstimatorInput input)
    {
        var (batch, examples, width) = (input.Tokens.Shape[0], input.Tokens.Shape[1], input.Tokens.Shape[2]);
        var taps = _filter.Value.Unsqueeze(1).BroadcastTo([Stack, width, examples]).Reshape(Stack * width, examples);
        var sums = FftConvolution.Apply(input.Tokens.MatMul(Wide(_key)) * input.Tokens.MatMul(Wide(_value)), taps);
        var channels = (input.LaterQueries.MatMul(Wide(_query)) * sums).Reshape(batch, examples, Stack, width);
        return (channels * _head.Value.Squeeze(2)).Sum(3).Permute(2, 0, 1);
    }

    /// <summary>The matrices of all initializations side by side, (p, S·p).</summary>
    private Tensor Wide(Parameter matrix) => matrix.Value.Permute(1, 0, 2).Reshape(matrix.Value.Shape[1], Stack * matrix.Value.Shape[2]);
}
