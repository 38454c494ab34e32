namespace StateSpace.Studies.InContextEstimation;

/// <summary>
/// Exact risks on retrieved examples (retrieval-augmented generation; Li, Rawat, Oymak, 2024, arXiv 2407.10005, data of eq. 9): β ~ N(0, I), query x ~ N(0, I),
/// examples xᵢ | x ~ N(αx, (1 − α²)I), y = x·β + ξ. By rotation invariance the best preconditioner is W = cI.
/// </summary>
/// <remarks>
/// With A = α² and the variance B = 1 − A of an example around αx: N₁ = n(A d(d+2) + Bd), D₁ = A²d(d+2)(d+4) + (d+5)AB d(d+2) + B²d(d+2) (a pair of equal examples),
/// D₂ = A²d(d+2)(d+4) + 2AB d(d+2) + B²d (a pair of different ones), D = nD₁ + n(n−1)D₂ + σ²N₁. Own derivation, for all d, n and α; the paper's form holds
/// for large d with α = O(1/√d). It has the same leading order with B = 1, the other reading of "retrieved near the query".
/// </remarks>
public sealed class RetrievalTheory : AlignedTheory
{
    /// <summary>A distribution of prompts.</summary>
    /// <param name="dimension">Features d, at least 1.</param>
    /// <param name="examples">Examples n, at least 0.</param>
    /// <param name="alignment">α, 0 … 1.</param>
    /// <param name="noise">σ², at least 0.</param>
    /// <param name="spread">B, at least 0; null for 1 − α², with which an example has the variance of any other.</param>
    public RetrievalTheory(int dimension, int examples, double alignment, double noise, double? spread = null)
        : base(dimension, examples, alignment, noise)
    {
        Spread = TheoryInput.RequireNoise(spread ?? (1 - (alignment * alignment)));
        double d = dimension, n = examples, a = alignment * alignment, b = Spread, m2 = d * (d + 2), m3 = m2 * (d + 4);
        var same = (a * a * m3) + ((d + 5) * a * b * m2) + (b * b * m2);
        var different = (a * a * m3) + (2 * a * b * m2) + (b * b * d);
        LabelVariance = d + noise;
        Correlation = n * ((a * m2) + (b * d));
        Power = (n * same) + (n * (n - 1) * different) + (noise * Correlation);
    }

    /// <summary>B, the variance of an example around αx.</summary>
    public double Spread { get; }

    /// <summary>The paper's approximation: d + σ² − κnd/(κn + d + σ²) with κ = α²d + 1; examples count κ times.</summary>
    public override double ApproximateRisk
    {
        get
        {
            double d = Dimension, n = Examples;
            return d + Noise - (Kappa * n * d / ((Kappa * n) + d + Noise));
        }
    }
}
