namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>
/// Numbers of one optimizer step, the same for every parameter: m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g²,
/// p ← Decay·p − Rate·m/(RootScale·√v + Epsilon). Adam, AdamW and RAdam differ in these numbers alone; RAdam's un-rectified
/// steps are RootScale = 0, Epsilon = 1.
/// </summary>
internal readonly record struct UpdateCoefficients(double Rate, double RootScale, double Epsilon, double Decay);

/// <summary>Adam, AdamW and RAdam as PyTorch defines them, with a cosine learning rate to 0.</summary>
internal sealed class UpdateRule(FitOptimizer optimizer, double learningRate, int steps)
{
    public const double Beta1 = 0.9;
    public const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;
    private const double WeightDecay = 0.01;

    // ρ∞ of RAdam (Liu et al. 2020, section 3.2).
    private const double LongestAverage = (2 / (1 - Beta2)) - 1;

    private double _beta1Power = 1;
    private double _beta2Power = 1;
    private int _step;

    /// <summary>lr_s = lr₀(1 + cos(πs/T))/2 before step s + 1, s = 0 … T − 1.</summary>
    public static double CosineRate(double learningRate, int s, int steps) => learningRate * (1 + Math.Cos(Math.PI * s / steps)) / 2;

    /// <summary>Length ρ_t of the simple moving average at step t (from 1); RAdam rectifies where it exceeds 5.</summary>
    public static double AverageLength(int t, double beta2Power) => LongestAverage - (2 * t * beta2Power / (1 - beta2Power));

    /// <summary>Coefficients of the next step.</summary>
    public UpdateCoefficients Next()
    {
        var rate = CosineRate(learningRate, _step, steps);
        _step++;
        _beta1Power *= Beta1;
        _beta2Power *= Beta2;
        var (correction1, correction2) = (1 - _beta1Power, 1 - _beta2Power);
        switch (optimizer)
        {
            case FitOptimizer.Adam:
                return new(rate / correction1, 1 / Math.Sqrt(correction2), Epsilon, 1);
            case FitOptimizer.AdamW:
                return new(rate / correction1, 1 / Math.Sqrt(correction2), Epsilon, 1 - (rate * WeightDecay));
            case FitOptimizer.RAdam:
                var length = AverageLength(_step, _beta2Power);
                if (length <= 5) return new(rate / correction1, 0, 1, 1);
                var rectification = Math.Sqrt((length - 4) * (length - 2) * LongestAverage / ((LongestAverage - 4) * (LongestAverage - 2) * length));
                return new(rate / correction1 * rectification * Math.Sqrt(correction2), 1, Epsilon, 1);
            default:
                throw new InvalidOperationException($"unknown optimizer {optimizer}");
        }
    }
}
