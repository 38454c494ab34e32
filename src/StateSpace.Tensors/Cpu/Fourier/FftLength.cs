namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>Lengths at which the fast Fourier transform is fast.</summary>
public static class FftLength
{
    /// <summary>The smallest 2^a·3^b·5^c that is at least <paramref name="n"/>: what to pad to when padding is free to choose.</summary>
    /// <param name="n">Wanted length, 1 … 2^30.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is outside its range.</exception>
    public static int Good(int n)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(n, 1 << 30);
        var best = (long)int.MaxValue;
        for (long five = 1; five < 2L * n; five *= 5)
        {
            for (var three = five; three < 2L * n; three *= 3)
            {
                var length = three;
                while (length < n) length *= 2;
                best = Math.Min(best, length);
            }
        }

        return (int)best;
    }

    /// <summary>The smallest even length of the form of <see cref="Good"/>; real transforms of even length cost half.</summary>
    /// <param name="n">Wanted length, 1 … 2^30.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is outside its range.</exception>
    public static int GoodEven(int n)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        return 2 * Good((n / 2) + (n % 2));
    }

    /// <summary>The radices of the passes for length n, or null where a prime above 13 calls for Bluestein's algorithm.</summary>
    internal static int[]? Radices(int n)
    {
        var radices = new List<int>();
        foreach (var radix in (ReadOnlySpan<int>)[13, 11, 7, 5, 3, 4, 2])
        {
            while (n % radix == 0)
            {
                radices.Add(radix);
                n /= radix;
            }
        }

        return n == 1 ? [.. radices] : null;
    }
}
