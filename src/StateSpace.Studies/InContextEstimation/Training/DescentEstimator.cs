using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.InContextEstimation.Training;

/// <summary>One step of preconditioned gradient descent, f = xᵀ W Xᵀ(w ∘ y)/n, with W and, where weighted, w as parameters; the n keeps W of the order of 1.</summary>
internal sealed class DescentEstimator : Estimator
{
    private readonly Parameter _weights;
    private readonly Parameter? _filter;
    private readonly int _examples;

    /// <summary>Random preconditioners and weights of one.</summary>
    /// <param name="stack">Initializations S.</param>
    /// <param name="dimension">Features d.</param>
    /// <param name="examples">Examples n.</param>
    /// <param name="isWeighted">Whether examples have weights of their own.</param>
    /// <param name="random">Where initial values come from.</param>
    /// <param name="deviation">Their standard deviation.</param>
    public DescentEstimator(int stack, int dimension, int examples, bool isWeighted, RandomSource random, double deviation)
        : base(stack)
    {
        _weights = Matrix("weights", dimension, dimension, random, deviation);
        _examples = examples;
        if (isWeighted) _filter = Ones("filter", examples);
    }

    /// <inheritdoc/>
    public override Parameter? Filter => _filter;

    /// <inheritdoc/>
    public override Tensor Preconditioner => _weights.Value * (1.0 / _examples);

    /// <inheritdoc/>
    public override Tensor Predict(EstimatorInput input)
    {
        var query = input.Batch.Query;
        var step = _filter is null ? input.Products.Sum(0) : _filter.Value.MatMul(input.Products);
        return (query.Unsqueeze(0).MatMul(_weights) * step.Reshape(-1, query.Shape[0], query.Shape[1])).Sum(2) * (1.0 / _examples);
    }
}
