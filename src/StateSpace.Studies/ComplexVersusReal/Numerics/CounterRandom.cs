namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>
/// Random numbers that are a pure function of seed, stream and position: the finalizer of SplitMix64 over a counter. Every draw of this
/// study's Monte-Carlo checks comes from here.
/// </summary>
/// <param name="seed">The run's seed.</param>
/// <param name="stream">Which sequence of that seed; different checks use different ones.</param>
internal sealed class CounterRandom(long seed, int stream)
{
    private readonly ulong _key = Mix(Mix(unchecked((ulong)seed)) + unchecked((ulong)stream));
    private ulong _counter;

    /// <summary>Uniform on [0, 1), a multiple of 2⁻⁵³.</summary>
    public double Uniform() => (Mix(_key + (++_counter * 0x9E3779B97F4A7C15UL)) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform on [low, high).</summary>
    public double Uniform(double low, double high) => low + ((high - low) * Uniform());

    /// <summary>Standard normal, by Box and Muller; two uniforms each.</summary>
    public double Normal()
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - Uniform()));
        return radius * Math.Cos(2 * Math.PI * Uniform());
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
