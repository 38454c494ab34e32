using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.InContextEstimation.Training;

/// <summary>
/// A one-layer estimator of the query's label, for S independent initializations side by side: every parameter has a leading axis of length S, and the S
/// losses are added, so that none reaches another's parameters.
/// </summary>
/// <param name="stack">Initializations S.</param>
internal abstract class Estimator(int stack) : Module
{
    /// <summary>Initializations S.</summary>
    public int Stack => stack;

    /// <summary>Weights of the examples, (S, n), in the order of the examples; null where all count alike.</summary>
    public virtual Parameter? Filter => null;

    /// <summary>W of the preconditioned gradient descent in it, (S, d, d): all that it does where its other terms, which only add risk, are 0.</summary>
    public abstract Tensor Preconditioner { get; }

    /// <summary>Estimates, (S, B).</summary>
    public abstract Tensor Predict(EstimatorInput input);

    /// <summary>Estimates for the queries of every context length, (S, B, n).</summary>
    public virtual Tensor PredictEach(EstimatorInput input) => throw new NotSupportedException($"{GetType().Name} reads one context length");

    /// <summary>A parameter of shape (S, rows, columns) with normal initial values.</summary>
    protected Parameter Matrix(string name, long rows, long columns, RandomSource random, double deviation) =>
        Add(new Parameter(name, Tensor.Normal([stack, rows, columns], random.Split(name), 0, deviation), Role(3, rows, deviation)));

    /// <summary>Filter taps that begin as ones, (S, n).</summary>
    protected Parameter Ones(string name, long length) => Add(new Parameter(name, Tensor.Ones([stack, length]), Role(2, length, 0)));

    private static ParameterRole Role(int rank, long inputs, double deviation) =>
        new([.. Enumerable.Repeat(AxisGrowth.Fixed, rank)], new(inputs, AxisGrowth.Fixed), new(inputs, AxisGrowth.Fixed), deviation);
}
