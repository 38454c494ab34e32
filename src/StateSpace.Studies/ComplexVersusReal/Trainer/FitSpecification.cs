namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>The field K of the diagonal SSM (A, B, C).</summary>
internal enum StateField
{
    /// <summary>a_j = s_j·exp(−exp ν_j) with a frozen sign s_j = ±1.</summary>
    Real,

    /// <summary>λ_j = exp(−exp ν_j + iθ_j).</summary>
    Complex,
}

/// <summary>The impulse response to be learned, scaled to ‖T‖₂ = 1.</summary>
internal enum TargetMap
{
    /// <summary>Delay by ⌊(t−1)/2⌋ steps.</summary>
    Copy,

    /// <summary>Independent U[−1, 1] entries.</summary>
    Random,

    /// <summary>Re(i^k) = 1, 0, −1, 0, …</summary>
    Oscillation,
}

/// <summary>Optimizers with PyTorch's default β = (0.9, 0.999), ε = 1e-8.</summary>
internal enum FitOptimizer
{
    Adam,

    /// <summary>Adam with decoupled weight decay 0.01.</summary>
    AdamW,

    /// <summary>Adam with the variance rectification of Liu et al. (2020).</summary>
    RAdam,
}

/// <summary>One training run: everything its result depends on.</summary>
/// <param name="Field">Real or complex eigenvalues.</param>
/// <param name="N">State dimension n.</param>
/// <param name="T">Length t of the impulse response.</param>
/// <param name="Target">What is learned.</param>
/// <param name="Optimizer">Update rule.</param>
/// <param name="LearningRate">Rate of the first step; a cosine takes it to 0.</param>
/// <param name="InnerRadius">r_min: |a_j| starts uniform in area on the ring r_min … 0.9999.</param>
/// <param name="Steps">Full-batch steps.</param>
/// <param name="Seed">Seed of the start and of the random target.</param>
/// <param name="AccumulateGradients">Feeds the running sum of all gradients to the optimizer, as the published script does.</param>
/// <param name="PositiveOnly">Real field: all signs +1, as in S4D-Real and S6, rather than ±1 with probability ½.</param>
internal sealed record FitSpecification(
    StateField Field,
    int N,
    int T,
    TargetMap Target,
    FitOptimizer Optimizer,
    double LearningRate,
    double InnerRadius,
    int Steps,
    long Seed,
    bool AccumulateGradients = false,
    bool PositiveOnly = false)
{
    /// <summary>r_max of the published configuration; the paper's text says 1.</summary>
    public const double OuterRadius = 0.9999;

    /// <summary>Standard deviation of B and C at the start.</summary>
    public const double InputOutputDeviation = 0.001;
}
