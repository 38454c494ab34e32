namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>Target impulse responses T_0 … T_{t−1}, scaled to ‖T‖₂ = 1 so that the zero map has loss 1.</summary>
internal static class ImpulseTarget
{
    /// <summary>The target in single precision, the precision of training.</summary>
    /// <param name="map">Kind of map.</param>
    /// <param name="t">Length, at least 1.</param>
    /// <param name="seed">Seed of the random map; the others ignore it.</param>
    public static float[] Create(TargetMap map, int t, long seed)
    {
        var values = new double[t];
        var random = new CounterRandom(seed, RandomStream.Target);
        for (var k = 0; k < t; k++)
        {
            values[k] = map switch
            {
                TargetMap.Copy => k == (t - 1) / 2 ? 1 : 0,
                TargetMap.Random => (2 * random.Uniform(k)) - 1,
                TargetMap.Oscillation => (k & 1) == 1 ? 0 : (k & 2) == 0 ? 1 : -1,
                _ => throw new ArgumentOutOfRangeException(nameof(map), map, "unknown target"),
            };
        }

        var norm = Math.Sqrt(values.Sum(value => value * value));
        return [.. values.Select(value => (float)(value / norm))];
    }
}
