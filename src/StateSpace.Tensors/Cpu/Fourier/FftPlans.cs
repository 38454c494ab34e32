using System.Numerics;

namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>Tables that a transform of one length needs.</summary>
internal interface IFftTables
{
    /// <summary>Elements of the tables.</summary>
    long TableSize { get; }
}

/// <summary>The plans in use by the whole process, by length.</summary>
internal static class FftPlans<T>
    where T : unmanaged, INumber<T>
{
    // Table elements: 128 MiB of double.
    private static readonly FftTableCache Cache = new(1 << 24);

    /// <summary>The plan for complex length n on columns.</summary>
    /// <exception cref="ArgumentOutOfRangeException">n is less than 1 or above 2^29.</exception>
    public static FftPlan<T> Get(int n) => Cache.Get(n, FftPlan<T>.Create);

    /// <summary>The tables for real length n on columns.</summary>
    /// <exception cref="ArgumentOutOfRangeException">n is less than 1 or above 2^29.</exception>
    public static RealFftTables<T> GetReal(int n) => Cache.Get(n, static length => new RealFftTables<T>(length));

    /// <summary>The tables of a single sequence of length n.</summary>
    /// <exception cref="ArgumentOutOfRangeException">n is less than 1 or above 2^29.</exception>
    public static FourStepTables<T> GetFourStep(int n) => Cache.Get(n, static length => new FourStepTables<T>(length));
}
