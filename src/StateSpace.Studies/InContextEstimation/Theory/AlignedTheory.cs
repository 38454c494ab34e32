namespace StateSpace.Studies.InContextEstimation;

/// <summary>
/// Risks of f = c x·Xᵀy where prompts are invariant under rotation: E y² − 2cN₁ + c²D, with N₁ = E[y x·Xᵀy] and D = E(x·Xᵀy)².
/// </summary>
public abstract class AlignedTheory
{
    private protected AlignedTheory(int dimension, int examples, double alignment, double noise)
    {
        Dimension = TheoryInput.RequireDimension(dimension);
        Examples = TheoryInput.RequireExamples(examples);
        Alignment = TheoryInput.RequireAlignment(alignment);
        Noise = TheoryInput.RequireNoise(noise);
    }

    /// <summary>Features d.</summary>
    public int Dimension { get; }

    /// <summary>Examples n.</summary>
    public int Examples { get; }

    /// <summary>α.</summary>
    public double Alignment { get; }

    /// <summary>σ².</summary>
    public double Noise { get; }

    /// <summary>κ = α²d + 1.</summary>
    public double Kappa => (Alignment * Alignment * Dimension) + 1;

    /// <summary>E y².</summary>
    public double LabelVariance { get; private protected init; }

    /// <summary>c* = N₁/D; 0 without examples.</summary>
    public double OptimalScale => Examples == 0 ? 0 : Correlation / Power;

    /// <summary>L* = E y² − N₁²/D.</summary>
    public double OptimalRisk => LabelVariance - (Correlation * OptimalScale);

    /// <summary>The paper's form for large d.</summary>
    public abstract double ApproximateRisk { get; }

    /// <summary>N₁.</summary>
    private protected double Correlation { get; init; }

    /// <summary>D.</summary>
    private protected double Power { get; init; }

    /// <summary>Risk of f = c x·Xᵀy.</summary>
    /// <param name="scale">c.</param>
    public double Risk(double scale) => LabelVariance - (2 * scale * Correlation) + (scale * scale * Power);
}
