using StateSpace.Models.Parameters;

namespace StateSpace.Training.Optimizers;

/// <summary>
/// Adam (Kingma and Ba, 2015, arXiv 1412.6980, algorithm 1) with an L2 penalty: g ← g + decay · w before the moments, then
/// w ← w − rate · m̂ / (√v̂ + ε). As <c>torch.optim.Adam</c>.
/// </summary>
public sealed class Adam : MomentOptimizer
{
    /// <summary>Adam on parameters that are treated alike.</summary>
    /// <param name="parameters">What to update.</param>
    /// <param name="beta1">Decay of the first moment, in [0, 1).</param>
    /// <param name="beta2">Decay of the second moment, in [0, 1).</param>
    /// <param name="epsilon">Added to the root of the second moment.</param>
    /// <param name="weightDecay">L2 penalty.</param>
    public Adam(IReadOnlyList<Parameter> parameters, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0)
        : this([new ParameterGroup(parameters)], beta1, beta2, epsilon, weightDecay)
    {
    }

    /// <summary>Adam on groups.</summary>
    /// <param name="groups">What to update.</param>
    /// <param name="beta1">Decay of the first moment, in [0, 1).</param>
    /// <param name="beta2">Decay of the second moment, in [0, 1).</param>
    /// <param name="epsilon">Added to the root of the second moment.</param>
    /// <param name="weightDecay">L2 penalty.</param>
    public Adam(IReadOnlyList<ParameterGroup> groups, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0)
        : base(groups, beta1, beta2, epsilon, weightDecay)
    {
    }

    private protected override UpdateKind Kind => UpdateKind.Adam;

    private protected override UpdateCoefficients Coefficients(in OptimizerSettings settings, double rate, double decay, long step)
    {
        var coefficients = BiasCorrected(settings, rate, step);
        coefficients.CoupledDecay = decay;
        return coefficients;
    }
}
