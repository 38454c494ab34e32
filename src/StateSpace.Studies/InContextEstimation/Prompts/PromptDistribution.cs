using MathNet.Numerics.LinearAlgebra;
using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.InContextEstimation;

/// <summary>Where prompts come from, and what the theory says of the best one-step estimator on them.</summary>
internal abstract class PromptDistribution(int dimension, int examples, double noise)
{
    /// <summary>Features d.</summary>
    public int Dimension => dimension;

    /// <summary>Examples n.</summary>
    public int Examples => examples;

    /// <summary>σ².</summary>
    public double Noise => noise;

    /// <summary>W of the best estimator f = xᵀ W Xᵀ(w ∘ y), (d, d).</summary>
    public abstract Matrix<double> Weights { get; }

    /// <summary>w of the best estimator, n weights; ones where all examples are alike.</summary>
    public virtual Vector<double> Filter => Vector<double>.Build.Dense(Examples, 1);

    /// <summary>The same weight for all examples, as linear attention needs it: c* times ones.</summary>
    public virtual Vector<double> ConstantFilter => Filter;

    /// <summary>Its risk: the least of H3, and of linear attention where the examples are alike.</summary>
    public abstract double Risk { get; }

    /// <summary>The least risk of linear attention.</summary>
    public virtual double ConstantRisk => Risk;

    /// <summary>Draws prompts.</summary>
    /// <param name="random">Numbers; moves on.</param>
    /// <param name="count">Prompts B.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    public PromptBatch Sample(RandomSource random, int count, DType dtype = DType.Float32)
    {
        var normals = Tensor.Normal([count, Examples + 1, Dimension], random, dtype: dtype);
        var (features, signals) = Draw(random, normals);
        var labels = Noise == 0 ? signals : signals + Tensor.Normal(signals.Shape, random, 0, Math.Sqrt(Noise), dtype);
        var split = features.Split(1, Examples, 1);
        var parts = labels.Split(1, Examples, 1);
        return new(split[0], parts[0], split[1].Squeeze(1), parts[1].Squeeze(1));
    }

    /// <summary>Features (B, n + 1, d) and labels without noise (B, n + 1); the query is last.</summary>
    /// <param name="random">Numbers for the tasks.</param>
    /// <param name="normals">Standard normal numbers, (B, n + 1, d).</param>
    protected abstract (Tensor Features, Tensor Signals) Draw(RandomSource random, Tensor normals);

    /// <summary>Tasks β ~ N(0, I), (B, 1, d).</summary>
    protected Tensor Tasks(RandomSource random, Tensor normals) => Tensor.Normal([normals.Shape[0], 1, Dimension], random, dtype: normals.DType);

    /// <summary>A matrix as a tensor.</summary>
    internal static Tensor ToTensor(Matrix<double> matrix, DType dtype) =>
        Tensor.From<double>(matrix.ToRowMajorArray(), [matrix.RowCount, matrix.ColumnCount]).Convert(dtype);

    /// <summary>A vector as a tensor.</summary>
    internal static Tensor ToTensor(Vector<double> vector, DType dtype) => Tensor.From<double>(vector.ToArray(), [vector.Count]).Convert(dtype);
}

/// <summary>Independent prompts: x ~ N(0, Σx), β ~ N(0, Σβ) (arXiv 2407.10005, Theorem 1).</summary>
internal sealed class IndependentPrompts(LinearRegressionTheory theory) : PromptDistribution(theory.Dimension, theory.Examples, theory.Noise)
{
    private readonly Matrix<double>? _features = IsIdentity(theory.Features) ? null : Spectrum.Root(theory.Features);
    private readonly Matrix<double>? _tasks = IsIdentity(theory.Tasks) ? null : Spectrum.Root(theory.Tasks);

    /// <summary>The closed forms.</summary>
    public LinearRegressionTheory Theory => theory;

    public override Matrix<double> Weights => theory.OptimalWeights;

    public override double Risk => theory.OptimalRisk;

    protected override (Tensor Features, Tensor Signals) Draw(RandomSource random, Tensor normals)
    {
        var features = _features is null ? normals : normals.MatMul(ToTensor(_features, normals.DType));
        var tasks = Tasks(random, normals);
        if (_tasks is not null) tasks = tasks.MatMul(ToTensor(_tasks, normals.DType));
        return (features, (features * tasks).Sum(2));
    }

    private static bool IsIdentity(Matrix<double> matrix) => matrix.Equals(Matrix<double>.Build.DenseIdentity(matrix.RowCount));
}

/// <summary>Examples retrieved near the query: xᵢ = αx + √B zᵢ (eq. 9).</summary>
internal sealed class RetrievedPrompts(RetrievalTheory theory) : PromptDistribution(theory.Dimension, theory.Examples, theory.Noise)
{
    public override Matrix<double> Weights => Matrix<double>.Build.DenseDiagonal(Dimension, theory.OptimalScale);

    public override double Risk => theory.OptimalRisk;

    protected override (Tensor Features, Tensor Signals) Draw(RandomSource random, Tensor normals)
    {
        var split = normals.Split(1, Examples, 1);
        var near = (split[0] * Math.Sqrt(theory.Spread)) + (split[1] * theory.Alignment);
        var features = Tensor.Concatenate(1, near, split[1]);
        return (features, (features * Tasks(random, normals)).Sum(2));
    }
}

/// <summary>Features aligned with the task: x = αβ + z, y = κ^−½ x·β (eq. 11).</summary>
internal sealed class AlignedPrompts(AlignmentTheory theory) : PromptDistribution(theory.Dimension, theory.Examples, theory.Noise)
{
    public override Matrix<double> Weights => Matrix<double>.Build.DenseDiagonal(Dimension, theory.OptimalScale);

    public override double Risk => theory.OptimalRisk;

    protected override (Tensor Features, Tensor Signals) Draw(RandomSource random, Tensor normals)
    {
        var tasks = Tasks(random, normals);
        var features = normals + (tasks * theory.Alignment);
        return (features, (features * tasks).Sum(2) * (1 / Math.Sqrt(theory.Kappa)));
    }
}

/// <summary>A task that changes within the prompt: E βᵢβⱼᵀ = Rᵢⱼ I.</summary>
internal sealed class TimeVaryingPrompts : PromptDistribution
{
    private readonly TimeVaryingTheory _theory;
    private readonly Matrix<double> _factor;

    public TimeVaryingPrompts(TimeVaryingTheory theory)
        : base(theory.Dimension, theory.Examples, theory.Noise)
    {
        _theory = theory;

        // R = F Fᵀ with as many columns as R has rank, so that two tasks that are mixed cost two draws.
        var (values, vectors) = Spectrum.Of(theory.Correlation);
        var rank = values.Count(value => value > 1e-12 * values[0]);
        _factor = vectors.SubMatrix(0, vectors.RowCount, 0, rank)
            * Matrix<double>.Build.DenseDiagonal(rank, rank, i => Math.Sqrt(values[i]));
    }

    public override Matrix<double> Weights => Matrix<double>.Build.DenseIdentity(Dimension);

    public override Vector<double> Filter => _theory.OptimalFilter;

    public override Vector<double> ConstantFilter => Vector<double>.Build.Dense(Examples, _theory.OptimalConstant);

    public override double Risk => _theory.FilterRisk;

    public override double ConstantRisk => _theory.ConstantRisk;

    protected override (Tensor Features, Tensor Signals) Draw(RandomSource random, Tensor normals)
    {
        var sources = Tensor.Normal([normals.Shape[0], _factor.ColumnCount, Dimension], random, dtype: normals.DType);
        return (normals, (normals * ToTensor(_factor, normals.DType).MatMul(sources)).Sum(2));
    }
}
