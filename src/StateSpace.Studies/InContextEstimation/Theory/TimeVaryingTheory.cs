using MathNet.Numerics.LinearAlgebra;

namespace StateSpace.Studies.InContextEstimation;

/// <summary>
/// Exact risks where the task changes within the prompt: yᵢ = xᵢ·βᵢ + ξᵢ, xᵢ ~ N(0, I), E βᵢβⱼᵀ = Rᵢⱼ I, and the query is example n + 1. The estimator is
/// f = x·Xᵀ(w ∘ y): weighted preconditioned gradient descent with W = I absorbed into w, the optimum of one H3 layer with a free filter; linear attention
/// has one weight for all examples. Own derivation; the paper (Li, Rawat, Oymak, 2024, arXiv 2407.10005) has an experiment only.
/// </summary>
/// <remarks>
/// With R = R[1..n, 1..n], r = R[1..n, n+1] and T = R + (d+1) diag(R) + σ²I the risk is dR_{n+1,n+1} + σ² − 2d w·r + d wᵀTw, minimal at w* = T⁻¹r, and for a
/// constant weight at c* = 1·r/1ᵀT1.
/// </remarks>
public sealed class TimeVaryingTheory
{
    private readonly Matrix<double> _curvature;
    private readonly Vector<double> _link;

    /// <summary>A distribution of prompts.</summary>
    /// <param name="dimension">Features d, at least 1.</param>
    /// <param name="correlation">R, (n + 1, n + 1), symmetric; the last index is the query.</param>
    /// <param name="noise">σ², at least 0.</param>
    /// <exception cref="ArgumentException">The correlation is not square and symmetric, or has no example.</exception>
    public TimeVaryingTheory(int dimension, Matrix<double> correlation, double noise)
    {
        ArgumentNullException.ThrowIfNull(correlation);
        Dimension = TheoryInput.RequireDimension(dimension);
        Noise = TheoryInput.RequireNoise(noise);
        if (correlation.RowCount < 2 || !correlation.IsSymmetric())
            throw new ArgumentException($"the correlation of tasks is ({correlation.RowCount}, {correlation.ColumnCount}); it must be symmetric, for an example and the query at least");
        (Correlation, Examples) = (correlation, correlation.RowCount - 1);
        var among = correlation.SubMatrix(0, Examples, 0, Examples);
        _link = correlation.Column(Examples, 0, Examples);
        _curvature = among + Matrix<double>.Build.DenseDiagonal(Examples, Examples, i => ((dimension + 1) * among[i, i]) + noise);
        OptimalFilter = _curvature.Cholesky().Solve(_link);
        OptimalConstant = _link.Sum() / _curvature.RowSums().Sum();
    }

    /// <summary>Features d.</summary>
    public int Dimension { get; }

    /// <summary>Examples n.</summary>
    public int Examples { get; }

    /// <summary>R, (n + 1, n + 1).</summary>
    public Matrix<double> Correlation { get; }

    /// <summary>σ².</summary>
    public double Noise { get; }

    /// <summary>E y² of the query: dR_{n+1,n+1} + σ².</summary>
    public double LabelVariance => (Dimension * Correlation[Examples, Examples]) + Noise;

    /// <summary>w* = T⁻¹r in the order of the examples: the last is the newest.</summary>
    public Vector<double> OptimalFilter { get; }

    /// <summary>c*, the best weight that is the same for all examples.</summary>
    public double OptimalConstant { get; }

    /// <summary>Least risk of H3, dR_{n+1,n+1} + σ² − d rᵀT⁻¹r.</summary>
    public double FilterRisk => LabelVariance - (Dimension * _link.DotProduct(OptimalFilter));

    /// <summary>Least risk of linear attention, dR_{n+1,n+1} + σ² − d(1·r)²/(1ᵀT1).</summary>
    public double ConstantRisk => LabelVariance - (Dimension * _link.Sum() * OptimalConstant);

    /// <summary>Tasks that forget: Rᵢⱼ = ρ^|i−j|.</summary>
    public static Matrix<double> Autoregressive(int examples, double rho) =>
        Matrix<double>.Build.Dense(TheoryInput.RequireExamples(examples) + 1, examples + 1, (i, j) => Math.Pow(rho, Math.Abs(i - j)));

    /// <summary>From one task to another: βᵢ = (1 − tᵢ)u + tᵢv with tᵢ = i/(n+1).</summary>
    public static Matrix<double> Interpolation(int examples)
    {
        double T(int index) => (index + 1.0) / (examples + 1);
        return Matrix<double>.Build.Dense(
            TheoryInput.RequireExamples(examples) + 1, examples + 1, (i, j) => ((1 - T(i)) * (1 - T(j))) + (T(i) * T(j)));
    }

    /// <summary>Another task after half of the examples.</summary>
    public static Matrix<double> Switch(int examples) => Matrix<double>.Build.Dense(
        TheoryInput.RequireExamples(examples) + 1, examples + 1, (i, j) => i < examples / 2 == j < examples / 2 ? 1 : 0);

    /// <summary>Risk of f = x·Xᵀ(w ∘ y).</summary>
    /// <param name="filter">w, n weights in the order of the examples.</param>
    public double Risk(Vector<double> filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        if (filter.Count != Examples) throw new ArgumentException($"the filter has {filter.Count} weights for {Examples} examples");
        return LabelVariance - (2 * Dimension * filter.DotProduct(_link)) + (Dimension * filter.DotProduct(_curvature * filter));
    }
}

/// <summary>
/// The limit of many examples for tasks that forget, Rᵢⱼ = ρ^|i−j|: the best filter is the impulse response of a state space model with one state, the
/// steady-state Kalman filter. Own derivation.
/// </summary>
/// <param name="Dimension">Features d.</param>
/// <param name="Rho">ρ, 0 … 1 without the ends.</param>
/// <param name="Noise">σ².</param>
public sealed record SteadyStateFilter(int Dimension, double Rho, double Noise)
{
    /// <summary>P, variance of a task's coordinate given the past: the positive root of P² + (1 − ρ²)(c − 1)P = (1 − ρ²)c.</summary>
    public double PredictionVariance
    {
        get
        {
            double c = Dimension + 1 + Noise, b = (1 - (Rho * Rho)) * (c - 1);
            return (-b + Math.Sqrt((b * b) + (4 * (1 - (Rho * Rho)) * c))) / 2;
        }
    }

    /// <summary>λ = ρc/(P + c), the ratio of neighbouring taps and the eigenvalue of the state, with c = d + 1 + σ².</summary>
    public double Decay => Rho * (Dimension + 1 + Noise) / (PredictionVariance + Dimension + 1 + Noise);

    /// <summary>Weight ρP/(P + c) of the newest example.</summary>
    public double NewestTap => Rho * PredictionVariance / (PredictionVariance + Dimension + 1 + Noise);

    /// <summary>L* = dP + σ².</summary>
    public double OptimalRisk => (Dimension * PredictionVariance) + Noise;
}
