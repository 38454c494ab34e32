namespace StateSpace.Training.Optimizers;

/// <summary>The settings of one group, resolved.</summary>
internal readonly record struct OptimizerSettings(double Beta1, double Beta2, double Epsilon, double WeightDecay)
{
    public OptimizerSettings For(ParameterGroup group) => new OptimizerSettings(
        group.Beta1 ?? Beta1,
        group.Beta2 ?? Beta2,
        Epsilon,
        group.WeightDecay ?? WeightDecay).Checked(group.RateMultiplier);

    private OptimizerSettings Checked(double rateMultiplier)
    {
        RequireFraction(Beta1, "beta1 (momentum)");
        RequireFraction(Beta2, "beta2");
        RequireNotNegative(Epsilon, "epsilon");
        RequireNotNegative(WeightDecay, "weight decay");
        RequireNotNegative(rateMultiplier, "rate multiplier");
        return this;
    }

    private static void RequireFraction(double value, string name)
    {
        if (value is not (>= 0 and < 1)) throw new ArgumentException($"{name} must be at least 0 and less than 1, not {value}");
    }

    private static void RequireNotNegative(double value, string name)
    {
        if (value < 0 || !double.IsFinite(value)) throw new ArgumentException($"{name} must be finite and at least 0, not {value}");
    }
}
