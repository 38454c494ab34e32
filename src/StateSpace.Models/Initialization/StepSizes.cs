using StateSpace.Tensors;

namespace StateSpace.Models.Initialization;

/// <summary>
/// Initial step sizes Δ: log-uniform in a range, so that a layer begins with memories of many lengths (Gu et al., 2022, arXiv 2206.11893, sec.
/// 3.5).
/// </summary>
/// <param name="Minimum">Smallest Δ, dimensionless.</param>
/// <param name="Maximum">Largest Δ, dimensionless.</param>
/// <param name="Floor">Smallest Δ after rounding; Mamba's safeguard.</param>
public sealed record StepSizes(double Minimum = 0.001, double Maximum = 0.1, double Floor = 1e-4)
{
    /// <summary>log Δ.</summary>
    /// <param name="shape">Sizes of the axes.</param>
    /// <param name="values">Where the numbers come from.</param>
    public Tensor Logarithms(Shape shape, InitialValues values) => values.FromUniform(shape, u => Math.Log(Draw(u)));

    /// <summary>softplus⁻¹(Δ) = Δ + log(1 − e^(−Δ)): the bias before the softplus of a selective scan (Mamba, arXiv 2312.00752, sec. 3.6).</summary>
    /// <param name="shape">Sizes of the axes.</param>
    /// <param name="values">Where the numbers come from.</param>
    public Tensor SoftplusInverses(Shape shape, InitialValues values) => values.FromUniform(shape, u =>
    {
        var delta = Draw(u);
        return delta + Math.Log(-(Math.Exp(-delta) - 1));
    });

    private double Draw(double u) => Math.Max(Math.Exp((u * (Math.Log(Maximum) - Math.Log(Minimum))) + Math.Log(Minimum)), Floor);
}
