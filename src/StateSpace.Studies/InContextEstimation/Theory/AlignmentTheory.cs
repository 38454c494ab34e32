namespace StateSpace.Studies.InContextEstimation;

/// <summary>
/// Exact risks where features are aligned with the task (Li, Rawat, Oymak, 2024, arXiv 2407.10005, data of eq. 11): β ~ N(0, I), all n + 1 features
/// x | β ~ N(αβ, I), y = κ^−½ x·β + ξ with κ = α²d + 1. By rotation invariance the best preconditioner is W = cI.
/// </summary>
/// <remarks>
/// With A = α², g² = 1/κ and the moments m₁ = d, m₂ = m₁(d+2), m₃ = m₂(d+4), m₄ = m₃(d+6): N₁ = g²n(A²m₃ + 2Am₂ + m₁),
/// D₁ = g²(A³m₄ + 7A²m₃ + (d+8)Am₂ + (d+2)m₁), D₂ = g²(A³m₄ + 3A²m₃ + 3Am₂ + m₁), Dₙ = σ²(A²m₂ + 2Am₁ + d), D = nD₁ + n(n−1)D₂ + nDₙ and
/// E y² = g²(Am₂ + m₁) + σ². Own derivation, for all d, n and α; the paper's form holds for large d with α = O(1/√d).
/// </remarks>
public sealed class AlignmentTheory : AlignedTheory
{
    /// <summary>A distribution of prompts.</summary>
    /// <param name="dimension">Features d, at least 1.</param>
    /// <param name="examples">Examples n, at least 0.</param>
    /// <param name="alignment">α, 0 … 1.</param>
    /// <param name="noise">σ², at least 0.</param>
    public AlignmentTheory(int dimension, int examples, double alignment, double noise)
        : base(dimension, examples, alignment, noise)
    {
        double d = dimension, n = examples, a = alignment * alignment, g = 1 / Kappa;
        double m1 = d, m2 = m1 * (d + 2), m3 = m2 * (d + 4), m4 = m3 * (d + 6);
        var same = g * ((a * a * a * m4) + (7 * a * a * m3) + ((d + 8) * a * m2) + ((d + 2) * m1));
        var different = g * ((a * a * a * m4) + (3 * a * a * m3) + (3 * a * m2) + m1);
        LabelVariance = (g * ((a * m2) + m1)) + noise;
        Correlation = g * n * ((a * a * m3) + (2 * a * m2) + m1);
        Power = (n * same) + (n * (n - 1) * different) + (n * noise * ((a * a * m2) + (2 * a * m1) + d));
    }

    /// <summary>The paper's approximation: d + σ² − κnd/(κn + (d + σ²)/κ); examples count κ² times.</summary>
    public override double ApproximateRisk
    {
        get
        {
            double d = Dimension, n = Examples;
            return d + Noise - (Kappa * n * d / ((Kappa * n) + ((d + Noise) / Kappa)));
        }
    }
}
