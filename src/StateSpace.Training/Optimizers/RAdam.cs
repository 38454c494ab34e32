using StateSpace.Models.Parameters;

namespace StateSpace.Training.Optimizers;

/// <summary>
/// Adam with a rectified variance (Liu et al., 2020, arXiv 1908.03265, algorithm 2) and an L2 penalty: while the length ρₜ of
/// the second moment's average is at most 5, w ← w − rate · m̂; then w ← w − rate · rₜ · m̂ · √(1 − β₂ᵗ) / (√v + ε). As
/// <c>torch.optim.RAdam</c>, whose ε, unlike Adam's, is added before the bias is corrected.
/// </summary>
public sealed class RAdam : MomentOptimizer
{
    /// <summary>RAdam on parameters that are treated alike.</summary>
    /// <param name="parameters">What to update.</param>
    /// <param name="beta1">Decay of the first moment, in [0, 1).</param>
    /// <param name="beta2">Decay of the second moment, in [0, 1).</param>
    /// <param name="epsilon">Added to the root of the second moment.</param>
    /// <param name="weightDecay">L2 penalty.</param>
    public RAdam(IReadOnlyList<Parameter> parameters, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0)
        : this([new ParameterGroup(parameters)], beta1, beta2, epsilon, weightDecay)
    {
    }

    /// <summary>RAdam on groups.</summary>
    /// <param name="groups">What to update.</param>
    /// <param name="beta1">Decay of the first moment, in [0, 1).</param>
    /// <param name="beta2">Decay of the second moment, in [0, 1).</param>
    /// <param name="epsilon">Added to the root of the second moment.</param>
    /// <param name="weightDecay">L2 penalty.</param>
    public RAdam(IReadOnlyList<ParameterGroup> groups, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0)
        : base(groups, beta1, beta2, epsilon, weightDecay)
    {
    }

    private protected override UpdateKind Kind => UpdateKind.RAdam;

    private protected override UpdateCoefficients Coefficients(in OptimizerSettings settings, double rate, double decay, long step)
    {
        var coefficients = BiasCorrected(settings, rate, step);
        coefficients.CoupledDecay = decay;
        var power = Math.Pow(settings.Beta2, step);
        var longest = (2 / (1 - settings.Beta2)) - 1;
        var length = longest - (2 * step * power / (1 - power));
        coefficients.IsAdaptive = length > 5;
        if (coefficients.IsAdaptive)
        {
            var rectification = Math.Sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length));
            coefficients.StepSize *= rectification * Math.Sqrt(1 - power);
            coefficients.RootScale = 1;
        }

        return coefficients;
    }
}
