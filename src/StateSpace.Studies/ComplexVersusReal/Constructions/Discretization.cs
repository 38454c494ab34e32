using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>The discrete system of one continuous mode x' = a x + b u sampled with step Δ (appendix A.1).</summary>
internal static class Discretization
{
    /// <summary>Zero-order hold: Ā = e^{Δa}, B̄ = (e^{Δa} − 1)/a · b.</summary>
    public static (Complex A, Complex B) ZeroOrderHold(Complex a, Complex b, double step)
    {
        var transition = Complex.Exp(step * a);
        return (transition, a == Complex.Zero ? step * b : (transition - 1) / a * b);
    }

    /// <summary>Bilinear (Tustin): Ā = (1 + Δa/2)/(1 − Δa/2), B̄ = Δb/(1 − Δa/2).</summary>
    public static (Complex A, Complex B) Bilinear(Complex a, Complex b, double step)
    {
        var denominator = 1 - (step / 2 * a);
        return ((1 + (step / 2 * a)) / denominator, step * b / denominator);
    }
}
