namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>The closed forms that the paper prints, as printed. All but Theorem 1 bound n‖Cᵀ⊙B‖_∞ from below.</summary>
internal static class PrintedBounds
{
    /// <summary>Corollary 1: 2^{t/2} / (32 √t) for a delay by ⌊(t−1)/2⌋, t ≥ 9, ε ≤ 1/(8√t).</summary>
    public static double CorollaryOne(int t) => Math.Pow(2, t / 2.0) / (32 * Math.Sqrt(t));

    /// <summary>The largest ε of Corollary 1, 1/(8√t).</summary>
    public static double CorollaryOneEpsilon(int t) => 1 / (8 * Math.Sqrt(t));

    /// <summary>Corollary 2: 2^{t/2} α √p / (8 √t) for a response drawn from U[−α, α], t ≥ 8, with probability at least 1 − p.</summary>
    public static double CorollaryTwo(int t, double alpha, double p) => Math.Pow(2, t / 2.0) * alpha * Math.Sqrt(p) / (8 * Math.Sqrt(t));

    /// <summary>The largest ε of Corollary 2, α √(p/t).</summary>
    public static double CorollaryTwoEpsilon(int t, double alpha, double p) => alpha * Math.Sqrt(p / t);

    /// <summary>Corollary 3: 2^{3t/4 − 4} for the response 1, 0, −1, 0, …, ε ≤ ½.</summary>
    public static double CorollaryThree(int t) => Math.Pow(2, (0.75 * t) - 4);

    /// <summary>
    /// Theorem 1: the dimension ⌊t/9⌋ − 1 − 4ε that a real system needs to ε-approximate one complex eigenvalue with |sin(arg A)| ≥ 0.2,
    /// |A| ≥ 0.5^{1/t}, |B C| ≥ 1. Too large near |sin| = 0.2, see <see cref="TruncatedOscillation"/>.
    /// </summary>
    public static double TheoremOne(int t, double epsilon) => (t / 9) - 1 - (4 * epsilon);
}
