namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>
/// Values that an earlier, independent single-precision program (C, other random numbers) gave for the same experiments. They stand in
/// for the paper's Tables 1 and 2, whose bodies are images in the available full text. NaN where no run was recorded.
/// </summary>
internal static class RecordedValues
{
    /// <summary>Why the tables show these values.</summary>
    public const string Note =
        "The paper's table bodies are images and not recoverable; \"recorded\" is an earlier independent program's value for the same experiment (its own seeds).";

    /// <summary>Table 1: smallest normalized squared ℓ2 error, real, n = 1024, t = 32, 500 000 steps, seed 0.</summary>
    public static double Real(FitOptimizer optimizer, TargetMap target, double radius, double rate, bool accumulate) =>
        (optimizer, target, radius, rate, accumulate) switch
        {
            (FitOptimizer.Adam, TargetMap.Copy, 0, 1e-4, false) => 0.7006,
            (FitOptimizer.Adam, TargetMap.Random, 0, 1e-4, false) => 0.5129,
            (FitOptimizer.Adam, TargetMap.Oscillation, 0, 1e-4, false) => 0.7539,
            (FitOptimizer.AdamW, TargetMap.Copy, 0, 1e-4, false) => 0.7012,
            (FitOptimizer.AdamW, TargetMap.Random, 0, 1e-4, false) => 0.5147,
            (FitOptimizer.AdamW, TargetMap.Oscillation, 0, 1e-4, false) => 0.7560,
            (FitOptimizer.RAdam, TargetMap.Copy, 0, 1e-4, false) => 0.7006,
            (FitOptimizer.RAdam, TargetMap.Random, 0, 1e-4, false) => 0.5130,
            (FitOptimizer.RAdam, TargetMap.Oscillation, 0, 1e-4, false) => 0.7539,
            (FitOptimizer.Adam, TargetMap.Copy, 0, 1e-5, false) => 0.7011,
            (FitOptimizer.Adam, TargetMap.Copy, 0, 1e-6, false) => 0.801,
            (FitOptimizer.Adam, TargetMap.Random, 0, 1e-5, false) => 0.515,
            (FitOptimizer.Adam, TargetMap.Random, 0, 1e-6, false) => 0.717,
            (FitOptimizer.Adam, TargetMap.Copy, 0.99, 1e-4, false) => 0.8578,
            (FitOptimizer.Adam, TargetMap.Copy, 0.99, 1e-5, false) => 0.8579,
            (FitOptimizer.Adam, TargetMap.Copy, 0.99, 1e-6, false) => 0.8986,
            (FitOptimizer.Adam, TargetMap.Random, 0.99, 1e-4, false) => 0.8157,
            (FitOptimizer.Adam, TargetMap.Random, 0.99, 1e-5, false) => 0.8445,
            (FitOptimizer.Adam, TargetMap.Random, 0.99, 1e-6, false) => 0.8957,
            (FitOptimizer.Adam, TargetMap.Oscillation, 0.99, 1e-4, false) => 0.8041,
            (FitOptimizer.Adam, TargetMap.Copy, 0, 1e-4, true) => 0.910,
            (FitOptimizer.Adam, TargetMap.Copy, 0, 1e-5, true) => 0.764,
            (FitOptimizer.Adam, TargetMap.Copy, 0, 1e-6, true) => 0.839,
            (FitOptimizer.Adam, TargetMap.Random, 0, 1e-4, true) => 0.816,
            (FitOptimizer.Adam, TargetMap.Random, 0, 1e-5, true) => 0.568,
            (FitOptimizer.Adam, TargetMap.Random, 0, 1e-6, true) => 0.773,
            (FitOptimizer.Adam, TargetMap.Oscillation, 0, 1e-4, true) => 0.897,
            (FitOptimizer.Adam, TargetMap.Oscillation, 0, 1e-5, true) => 0.812,
            (FitOptimizer.Adam, TargetMap.Oscillation, 0, 1e-6, true) => 0.878,
            _ => double.NaN,
        };

    /// <summary>Table 2: the worst of seeds 0 and 1 (accumulated: seed 0), complex, n = t, Adam, rate 1e-5, 500 000 steps.</summary>
    public static double Complex(int length, TargetMap target, bool accumulate) => (length, target, accumulate) switch
    {
        (32, TargetMap.Copy, false) => 6.4e-16,
        (64, TargetMap.Copy, false) => 2.4e-15,
        (128, TargetMap.Copy, false) => 1.9e-15,
        (256, TargetMap.Copy, false) => 8.3e-15,
        (32, TargetMap.Random, false) => 3.4e-15,
        (64, TargetMap.Random, false) => 2.7e-15,
        (128, TargetMap.Random, false) => 1.4e-14,
        (256, TargetMap.Random, false) => 6.2e-14,
        (32, TargetMap.Oscillation, false) => 6.8e-16,
        (64, TargetMap.Oscillation, false) => 6.9e-8,
        (128, TargetMap.Oscillation, false) => 6.8e-11,
        (256, TargetMap.Oscillation, false) => 1.4e-8,
        (32, TargetMap.Copy, true) => 1.2e-5,
        (64, TargetMap.Copy, true) => 1.6e-5,
        (32, TargetMap.Random, true) => 1.4e-5,
        (64, TargetMap.Random, true) => 1.3e-5,
        (32, TargetMap.Oscillation, true) => 9.4e-4,
        (64, TargetMap.Oscillation, true) => 3.7e-5,
        _ => double.NaN,
    };

    /// <summary>Runs of 5 000 and 20 000 steps at a rate of 1e-3, one seed.</summary>
    public static double Short(StateField field, int n, TargetMap target) => (field, n, target) switch
    {
        (StateField.Complex, 32, _) => 3e-13,
        (StateField.Complex, 128, TargetMap.Random) => 3e-13,
        (StateField.Complex, 256, TargetMap.Copy) => 2.8e-12,
        (StateField.Complex, 16, TargetMap.Copy) => 6e-14,
        (StateField.Complex, 16, TargetMap.Random) => 1.5e-13,
        (StateField.Complex, 16, TargetMap.Oscillation) => 1e-7,
        (StateField.Real, _, TargetMap.Copy) => 0.766,
        (StateField.Real, _, TargetMap.Random) => 0.564,
        (StateField.Real, _, TargetMap.Oscillation) => 0.808,
        _ => double.NaN,
    };
}
