using StateSpace.Models.Parameters;

namespace StateSpace.Training.Optimizers;

/// <summary>
/// Adam with decoupled weight decay (Loshchilov and Hutter, 2019, arXiv 1711.05101, algorithm 2): w ← (1 − rate · decay) w, then
/// w ← w − rate · m̂ / (√v̂ + ε). As <c>torch.optim.AdamW</c>.
/// </summary>
public sealed class AdamW : MomentOptimizer
{
    /// <summary>AdamW on parameters that are treated alike.</summary>
    /// <param name="parameters">What to update.</param>
    /// <param name="beta1">Decay of the first moment, in [0, 1).</param>
    /// <param name="beta2">Decay of the second moment, in [0, 1).</param>
    /// <param name="epsilon">Added to the root of the second moment.</param>
    /// <param name="weightDecay">Decoupled: the share of a weight that a step with rate 1 removes.</param>
    public AdamW(IReadOnlyList<Parameter> parameters, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0.01)
        : this([new ParameterGroup(parameters)], beta1, beta2, epsilon, weightDecay)
    {
    }

    /// <summary>AdamW on groups.</summary>
    /// <param name="groups">What to update.</param>
    /// <param name="beta1">Decay of the first moment, in [0, 1).</param>
    /// <param name="beta2">Decay of the second moment, in [0, 1).</param>
    /// <param name="epsilon">Added to the root of the second moment.</param>
    /// <param name="weightDecay">Decoupled: the share of a weight that a step with rate 1 removes.</param>
    public AdamW(IReadOnlyList<ParameterGroup> groups, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0.01)
        : base(groups, beta1, beta2, epsilon, weightDecay)
    {
    }

    private protected override UpdateKind Kind => UpdateKind.AdamW;

    private protected override UpdateCoefficients Coefficients(in OptimizerSettings settings, double rate, double decay, long step)
    {
        var coefficients = BiasCorrected(settings, rate, step);
        coefficients.Shrink = 1 - (rate * decay);
        return coefficients;
    }
}
