namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>
/// Random numbers by position: the value at (seed, stream, index) depends on nothing else, so that a target does not depend on n
/// and no draw on the order of the others. SplitMix64's output function (Steele, Lea, Flood 2014) over a hashed counter.
/// </summary>
internal readonly struct CounterRandom(long seed, RandomStream stream)
{
    private const ulong Increment = 0x9E3779B97F4A7C15;

    private readonly ulong _key = Mix(Mix(unchecked((ulong)seed) + Increment) ^ ((ulong)stream * 0xD1B54A32D192ED03));

    /// <summary>U[0, 1), 53 bits.</summary>
    public double Uniform(long index) => (Bits(index) >> 11) * (1.0 / (1UL << 53));

    /// <summary>+1 or −1 with probability ½ each.</summary>
    public int Sign(long index) => (Bits(index) >> 63) == 0 ? 1 : -1;

    /// <summary>N(0, 1) by Box and Muller; uses the positions 2·index and 2·index + 1.</summary>
    public double Normal(long index)
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - Uniform(2 * index)));
        return radius * Math.Cos(2 * Math.PI * Uniform((2 * index) + 1));
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private ulong Bits(long index) => Mix(_key + (Increment * unchecked((ulong)index + 1)));
}

/// <summary>What a random number is for; each purpose has its own sequence.</summary>
internal enum RandomStream
{
    Target,
    Radius,
    Sign,
    Phase,
    Input,
    InputPhase,
    Output,
    OutputPhase,
}
