using MathNet.Numerics.LinearAlgebra;

namespace StateSpace.Studies.InContextEstimation;

/// <summary>
/// One model for all context lengths: the mean risk over t = 1 … n examples of isotropic independent prompts, with one filter over ages (H3) or one constant
/// (linear attention), or one constant over the number of examples. Own derivation for the online setting of Li, Rawat, Oymak, 2024, arXiv 2407.10005.
/// </summary>
/// <remarks>
/// Tap k weighs the k-th newest example, which is there in a fraction b_k = (n − k + 1)/n of the lengths. With A_kl = (n − max(k, l) + 1)/n + δ_kl b_k(d + 1 + σ²)
/// the mean risk is d + σ² − 2d f·b + d fᵀAf.
/// </remarks>
public sealed class OnlineTheory
{
    private readonly Matrix<double> _curvature;
    private readonly Vector<double> _presence;

    /// <summary>Prompts of 1 to n examples.</summary>
    /// <param name="dimension">Features d, at least 1.</param>
    /// <param name="examples">Longest context n, at least 1.</param>
    /// <param name="noise">σ², at least 0.</param>
    public OnlineTheory(int dimension, int examples, double noise)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(examples, 1);
        (Dimension, Examples, Noise) = (TheoryInput.RequireDimension(dimension), examples, TheoryInput.RequireNoise(noise));
        double n = examples;
        _presence = Vector<double>.Build.Dense(examples, k => (n - k) / n);
        _curvature = Matrix<double>.Build.Dense(
            examples, examples, (k, l) => _presence[Math.Max(k, l)] + (k == l ? _presence[k] * (dimension + 1 + noise) : 0));
        OptimalFilter = _curvature.Cholesky().Solve(_presence);
    }

    /// <summary>Features d.</summary>
    public int Dimension { get; }

    /// <summary>Longest context n.</summary>
    public int Examples { get; }

    /// <summary>σ².</summary>
    public double Noise { get; }

    /// <summary>The best filter; the first tap weighs the newest example.</summary>
    public Vector<double> OptimalFilter { get; }

    /// <summary>Least mean risk with a filter, d + σ² − d bᵀA⁻¹b.</summary>
    public double FilterRisk => Dimension + Noise - (Dimension * _presence.DotProduct(OptimalFilter));

    /// <summary>Least mean risk with a constant, d + σ² − d(1·b)²/(1ᵀA1).</summary>
    public double ConstantRisk => Dimension + Noise - (Dimension * _presence.Sum() * OptimalConstant);

    /// <summary>c of linear attention that divides by the number of examples, f_t = (c/t) x·Σ yᵢxᵢ: 1/(1 + (d + 1 + σ²)H_n/n) with the harmonic number H_n.</summary>
    public double OptimalAverage => 1 / (1 + ((Dimension + 1 + Noise) * Enumerable.Range(1, Examples).Sum(t => 1.0 / t) / Examples));

    /// <summary>Least mean risk of an average, d + σ² − dc.</summary>
    public double AverageRisk => Dimension + Noise - (Dimension * OptimalAverage);

    /// <summary>The best constant, (1·b)/(1ᵀA1).</summary>
    public double OptimalConstant => _presence.Sum() / _curvature.RowSums().Sum();

    /// <summary>Weights that depend on an example's age, (n, n): row t − 1 has those of t examples, the newest at column t − 1, and zeros beyond.</summary>
    /// <param name="weight">Weight at an age from 0, the newest.</param>
    public Matrix<double> EachLength(Func<int, double> weight)
    {
        ArgumentNullException.ThrowIfNull(weight);
        return Matrix<double>.Build.Dense(Examples, Examples, (t, i) => i > t ? 0 : weight(t - i));
    }

    /// <summary>Mean of the least risks at each length, which no single filter need attain.</summary>
    public double LowerBound => Enumerable.Range(1, Examples).Average(t => LinearRegressionTheory.Isotropic(Dimension, t, Noise).OptimalRisk);
}
