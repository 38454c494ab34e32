using StateSpace.Models.Parameters;

namespace StateSpace.Training.Optimizers;

/// <summary>Parameters that an optimizer treats alike. What is null here is the optimizer's own setting.</summary>
/// <param name="Parameters">Members; a parameter is in one group.</param>
public sealed record ParameterGroup(IReadOnlyList<Parameter> Parameters)
{
    /// <summary>Factor on the learning rate, beside each parameter's own.</summary>
    public double RateMultiplier { get; init; } = 1;

    /// <summary>Weight decay; each parameter's own factor still applies.</summary>
    public double? WeightDecay { get; init; }

    /// <summary>Decay of the first moment: β₁, or the momentum of <see cref="Sgd"/>.</summary>
    public double? Beta1 { get; init; }

    /// <summary>Decay of the second moment: β₂; <see cref="Sgd"/> has none.</summary>
    public double? Beta2 { get; init; }
}
