using MathNet.Numerics.LinearAlgebra;

namespace StateSpace.Studies.InContextEstimation;

/// <summary>
/// Exact risks of one-step estimators on independent prompts (Li, Rawat, Oymak, 2024, arXiv 2407.10005, Theorem 1 and eq. 8): features
/// x ~ N(0, Σx), one task β ~ N(0, Σβ) a prompt, labels y = x·β + ξ with ξ ~ N(0, σ²), n examples and a query whose label is noisy too.
/// The estimator is preconditioned gradient descent, f = xᵀ W Xᵀ y, the optimum of one layer of linear attention.
/// </summary>
/// <remarks>
/// With S = Σx^½ Σβ Σx^½, M = tr S + σ² = E y² and W̄ = Σx^½ W Σx^½ the risk E(y − f)² is M − 2n tr(S W̄) + n(n+1) tr(W̄ S W̄ᵀ) + nM‖W̄‖²
/// for every W, and minimal at W̄* = S((n+1)S + M I)⁻¹, where it is M − n Σᵢ λᵢ²/((n+1)λᵢ + M) with the eigenvalues λ of S.
/// </remarks>
public sealed class LinearRegressionTheory
{
    private readonly Matrix<double> _root;
    private readonly Matrix<double> _inverseRoot;
    private readonly Matrix<double> _spectrum;
    private readonly Matrix<double> _vectors;
    private readonly Matrix<double> _basis;
    private readonly double[] _eigenvalues;

    /// <summary>A distribution of prompts.</summary>
    /// <param name="features">Σx, (d, d), symmetric and positive definite.</param>
    /// <param name="tasks">Σβ, (d, d), symmetric and positive semidefinite.</param>
    /// <param name="examples">Examples in context n, at least 0.</param>
    /// <param name="noise">Variance σ² of the labels' noise, at least 0.</param>
    /// <exception cref="ArgumentException">The shapes differ, a covariance is none, or a number is out of its range.</exception>
    public LinearRegressionTheory(Matrix<double> features, Matrix<double> tasks, int examples, double noise)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(tasks);
        if (features.RowCount != features.ColumnCount || tasks.RowCount != features.RowCount || tasks.ColumnCount != features.RowCount)
        {
            throw new ArgumentException(
                $"covariances of features ({features.RowCount}, {features.ColumnCount}) and tasks ({tasks.RowCount}, {tasks.ColumnCount}) must be square and alike");
        }

        TheoryInput.RequireExamples(examples);
        TheoryInput.RequireNoise(noise);
        if (!features.IsSymmetric() || !tasks.IsSymmetric()) throw new ArgumentException("a covariance must be symmetric");
        var (featureValues, featureVectors) = Spectrum.Of(features);
        if (featureValues[^1] <= 1e-12 * featureValues[0]) throw new ArgumentException($"the covariance of the features must be positive definite; it has the eigenvalue {featureValues[^1]}");
        if (Spectrum.Of(tasks).Values[^1] < -1e-9 * tasks.Trace()) throw new ArgumentException("the covariance of the tasks must be positive semidefinite");
        (Features, Tasks, Examples, Noise) = (features, tasks, examples, noise);
        _root = Spectrum.Compose(featureVectors, featureValues, Math.Sqrt);
        _inverseRoot = Spectrum.Compose(featureVectors, featureValues, value => 1 / Math.Sqrt(value));
        var product = _root * tasks * _root;
        _spectrum = (product + product.Transpose()) / 2;
        (_eigenvalues, _vectors) = Spectrum.Of(_spectrum);
        for (var i = 0; i < _eigenvalues.Length; i++) _eigenvalues[i] = Math.Max(_eigenvalues[i], 0);
        LabelVariance = _eigenvalues.Sum() + noise;
        _basis = Spectrum.Compose(_vectors, _eigenvalues, Shrinkage);
        OptimalWeights = _inverseRoot * _basis * _inverseRoot;
    }

    /// <summary>Σx, (d, d).</summary>
    public Matrix<double> Features { get; }

    /// <summary>Σβ, (d, d).</summary>
    public Matrix<double> Tasks { get; }

    /// <summary>Examples n.</summary>
    public int Examples { get; }

    /// <summary>σ².</summary>
    public double Noise { get; }

    /// <summary>Features d.</summary>
    public int Dimension => Features.RowCount;

    /// <summary>M = E y² = tr S + σ².</summary>
    public double LabelVariance { get; }

    /// <summary>Eigenvalues of S, the largest first.</summary>
    public IReadOnlyList<double> Eigenvalues => _eigenvalues;

    /// <summary>W* = Σx^−½ S((n+1)S + M I)⁻¹ Σx^−½, (d, d).</summary>
    public Matrix<double> OptimalWeights { get; }

    /// <summary>L* = M − n Σᵢ λᵢ²/((n+1)λᵢ + M) (eq. 8).</summary>
    public double OptimalRisk => LowRankRisk(Dimension);

    /// <summary>Σx = Σβ = I: L* = d + σ² − nd/(n + d + 1 + σ²).</summary>
    public static LinearRegressionTheory Isotropic(int dimension, int examples, double noise) =>
        WithTasks(Matrix<double>.Build.DenseIdentity(TheoryInput.RequireDimension(dimension)), examples, noise);

    /// <summary>Σx = I and Σβ = γ11ᵀ + (1 − γ)I, the equicorrelated tasks of Fig. 2c.</summary>
    public static LinearRegressionTheory Equicorrelated(int dimension, double correlation, int examples, double noise) => WithTasks(
        Matrix<double>.Build.Dense(TheoryInput.RequireDimension(dimension), dimension, (i, j) => i == j ? 1 : correlation), examples, noise);

    /// <summary>Σx = I and the given Σβ.</summary>
    public static LinearRegressionTheory WithTasks(Matrix<double> tasks, int examples, double noise)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        return new(Matrix<double>.Build.DenseIdentity(tasks.RowCount), tasks, examples, noise);
    }

    /// <summary>Σβ = diag(1, ½, …, 1/d) scaled to trace d, the spectrum of the low-rank and LoRA comparisons; the order is that of a permutation where one is given.</summary>
    /// <param name="dimension">Features d.</param>
    /// <param name="order">Coordinate i has the variance of rank order[i]; null for the natural order.</param>
    public static Matrix<double> HarmonicTasks(int dimension, IReadOnlyList<int>? order = null)
    {
        var harmonic = Enumerable.Range(1, TheoryInput.RequireDimension(dimension)).Sum(i => 1.0 / i);
        return Matrix<double>.Build.DenseDiagonal(dimension, dimension, i => dimension / harmonic / ((order?[i] ?? i) + 1));
    }

    /// <summary>Risk E(y − xᵀ W Xᵀ y)² of any W, symmetric or not.</summary>
    /// <param name="weights">W, (d, d).</param>
    public double Risk(Matrix<double> weights)
    {
        var w = Whitened(weights);
        double n = Examples;
        return LabelVariance - (2 * n * (_spectrum * w).Trace()) + (n * (n + 1) * (w * _spectrum * w.Transpose()).Trace())
            + (n * LabelVariance * (w * w.Transpose()).Trace());
    }

    /// <summary>∂Risk/∂W, (d, d).</summary>
    /// <param name="weights">W, (d, d).</param>
    public Matrix<double> RiskGradient(Matrix<double> weights)
    {
        var w = Whitened(weights);
        double n = Examples;
        return _root * ((-2 * n * _spectrum) + (2 * n * (n + 1) * w * _spectrum) + (2 * n * LabelVariance * w)) * _root;
    }

    /// <summary>Least risk where W has at most rank r, as keys and queries of r channels force: M − n Σ_{i≤r} λᵢ²/((n+1)λᵢ + M) (Eckart and Young).</summary>
    /// <param name="rank">r, 0 … d.</param>
    public double LowRankRisk(int rank)
    {
        RequireRank(rank);
        return LabelVariance - (Examples * _eigenvalues.Take(rank).Sum(value => value * Shrinkage(value)));
    }

    /// <summary>The W of rank r with the least risk: the optimum on the first r eigenvectors of S.</summary>
    /// <param name="rank">r, 0 … d.</param>
    public Matrix<double> LowRankWeights(int rank)
    {
        RequireRank(rank);
        var kept = new double[Dimension];
        for (var i = 0; i < rank; i++) kept[i] = Shrinkage(_eigenvalues[i]);
        return _inverseRoot * Spectrum.Compose(_vectors, kept, value => value) * _inverseRoot;
    }

    /// <summary>
    /// Least risk of W₀ + Δ with rank Δ ≤ r on these prompts (LoRA after a shift of the tasks' covariance): L* + n Σ_{i>r} sᵢ², s the singular values of
    /// (W̄₀ − W̄*)((n+1)S + M I)^½. Exact for any pair of covariances; the paper bounds it from above for commuting ones.
    /// </summary>
    /// <param name="pretrained">W₀, (d, d).</param>
    /// <param name="rank">r, 0 … d; 0 is no adaptation.</param>
    public double AdaptedRisk(Matrix<double> pretrained, int rank)
    {
        RequireRank(rank);
        return OptimalRisk + (Examples * Gap(pretrained).Svd(computeVectors: false).S.Skip(rank).Sum(value => value * value));
    }

    /// <summary>The adapted weights W₀ + Δ of <see cref="AdaptedRisk"/>, (d, d).</summary>
    /// <param name="pretrained">W₀, (d, d).</param>
    /// <param name="rank">r, 0 … d.</param>
    public Matrix<double> AdaptedWeights(Matrix<double> pretrained, int rank)
    {
        RequireRank(rank);
        var svd = Gap(pretrained).Svd();
        var step = Matrix<double>.Build.Dense(Dimension, Dimension);
        for (var i = 0; i < rank; i++) step += svd.S[i] * svd.U.Column(i).OuterProduct(svd.VT.Row(i));
        return pretrained - (_inverseRoot * step * Spectrum.Compose(_vectors, _eigenvalues, value => 1 / Math.Sqrt(Curvature(value))) * _inverseRoot);
    }

    private Matrix<double> Gap(Matrix<double> pretrained) =>
        (Whitened(pretrained) - _basis) * Spectrum.Compose(_vectors, _eigenvalues, value => Math.Sqrt(Curvature(value)));

    // λ/((n+1)λ + M), which is 0 and not 0/0 where the labels are always 0.
    private double Shrinkage(double eigenvalue) => eigenvalue == 0 ? 0 : eigenvalue / Curvature(eigenvalue);

    private double Curvature(double eigenvalue) => ((Examples + 1) * eigenvalue) + LabelVariance;

    private Matrix<double> Whitened(Matrix<double> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.RowCount != Dimension || weights.ColumnCount != Dimension)
            throw new ArgumentException($"weights are ({weights.RowCount}, {weights.ColumnCount}); they must be ({Dimension}, {Dimension})");
        return _root * weights * _root;
    }

    private void RequireRank(int rank)
    {
        if (rank < 0 || rank > Dimension) throw new ArgumentOutOfRangeException(nameof(rank), rank, $"a rank is 0 to {Dimension}");
    }
}
