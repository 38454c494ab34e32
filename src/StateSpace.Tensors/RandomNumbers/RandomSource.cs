using System.Text;

namespace StateSpace.Tensors.RandomNumbers;

/// <summary>
/// Random numbers as a pure function of (seed, stream, position): element i of a fill is number <see cref="Position"/> + i of the
/// stream, whatever the number of threads, the pieces in which it is drawn or the device. The three numbers are its whole state.
/// </summary>
/// <remarks>
/// The generator is Philox4x32-10. Every element has 64 bits of its own, whatever is made of them, so draws of
/// different kinds never share bits. Not safe for use by several threads at once; give each its own <see cref="Split(string)"/>.
/// </remarks>
public sealed class RandomSource
{
    // Keys of the hash that names streams, apart from the key of the numbers themselves.
    private const ulong NameKey = 0x6a09e667f3bcc908;
    private const ulong IndexKey = 0xbb67ae8584caa73b;
    private const ulong RedrawKey = 0x9e3779b97f4a7c15;

    /// <summary>Starts a stream of numbers.</summary>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="stream">Stream under the seed; prefer <see cref="Split(string)"/> over choosing one by hand.</param>
    /// <param name="position">Index of the next number.</param>
    public RandomSource(ulong seed, ulong stream = 0, ulong position = 0)
    {
        Seed = seed;
        Stream = stream;
        Position = position;
    }

    /// <summary>Seed of the run.</summary>
    public ulong Seed { get; }

    /// <summary>Stream under the seed.</summary>
    public ulong Stream { get; }

    /// <summary>Index of the next number; each number drawn adds one. Set it to return to any point.</summary>
    public ulong Position { get; set; }

    /// <summary>An independent stream that depends on the seed, this stream and the name, not on the position.</summary>
    /// <param name="name">What the numbers are for, for example "dropout.3".</param>
    public RandomSource Split(string name)
    {
        ArgumentNullException.ThrowIfNull(name);

        // FNV-1a of the UTF-8 bytes, then one Philox block to spread it.
        var hash = 14695981039346656037UL;
        foreach (var value in Encoding.UTF8.GetBytes(name)) hash = (hash ^ value) * 1099511628211UL;
        return new(Seed, Philox.Block(hash, Stream, Seed ^ NameKey).Low);
    }

    /// <summary>An independent stream that depends on the seed, this stream and the index, not on the position.</summary>
    /// <param name="index">For example the layer, the epoch or the rank.</param>
    public RandomSource Split(long index) => new(Seed, Philox.Block((ulong)index, Stream, Seed ^ IndexKey).Low);

    /// <summary>64 random bits.</summary>
    public ulong NextBits() => RandomKernels.Bits(Seed, Stream, Position++);

    /// <summary>Uniform on [0, 1), a multiple of 2^−52.</summary>
    public double NextUniform() => (NextBits() >> 12) * 2.2204460492503131e-16;

    /// <summary>Standard normal.</summary>
    public double NextNormal()
    {
        Span<double> z = stackalloc double[1];
        FillNormal(z);
        return z[0];
    }

    /// <summary>Uniform on {0, …, <paramref name="exclusive"/> − 1}, without bias.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="exclusive"/> is less than 1.</exception>
    public long NextInteger(long exclusive)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(exclusive, 1);
        var bits = NextBits();
        return (long)Integer((ulong)exclusive, Position - 1, bits);
    }

    /// <summary>Fills with uniform numbers low + (high − low)·u, u in [0, 1) a multiple of 2^−24; rounding may give high itself.</summary>
    /// <param name="destination">Numbers to overwrite.</param>
    /// <param name="low">Lower end.</param>
    /// <param name="high">Upper end.</param>
    public unsafe void FillUniform(Span<float> destination, float low = 0, float high = 1)
    {
        fixed (float* y = destination) FillUniform(y, destination.Length, low, high);
    }

    /// <summary>Fills with uniform numbers low + (high − low)·u, u in [0, 1) a multiple of 2^−52; rounding may give high itself.</summary>
    /// <param name="destination">Numbers to overwrite.</param>
    /// <param name="low">Lower end.</param>
    /// <param name="high">Upper end.</param>
    public unsafe void FillUniform(Span<double> destination, double low = 0, double high = 1)
    {
        fixed (double* y = destination) FillUniform(y, destination.Length, low, high);
    }

    /// <summary>Fills with normal numbers.</summary>
    /// <param name="destination">Numbers to overwrite.</param>
    /// <param name="mean">Mean.</param>
    /// <param name="deviation">Standard deviation.</param>
    public unsafe void FillNormal(Span<float> destination, float mean = 0, float deviation = 1)
    {
        fixed (float* y = destination) FillNormal(y, destination.Length, mean, deviation);
    }

    /// <summary>Fills with normal numbers.</summary>
    /// <param name="destination">Numbers to overwrite.</param>
    /// <param name="mean">Mean.</param>
    /// <param name="deviation">Standard deviation.</param>
    public unsafe void FillNormal(Span<double> destination, double mean = 0, double deviation = 1)
    {
        fixed (double* y = destination) FillNormal(y, destination.Length, mean, deviation);
    }

    /// <summary>Fills with integers, uniform on {0, …, <paramref name="exclusive"/> − 1}, without bias.</summary>
    /// <param name="destination">Numbers to overwrite.</param>
    /// <param name="exclusive">Number of values, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="exclusive"/> is less than 1.</exception>
    public unsafe void FillIntegers(Span<int> destination, int exclusive)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(exclusive, 1);
        fixed (int* y = destination)
        {
            var bits = stackalloc ulong[RandomKernels.Group];
            for (var i = 0; i < destination.Length;)
            {
                RandomKernels.GroupBits(Seed, Stream, Position, bits);
                for (var j = (int)(Position % RandomKernels.Group); j < RandomKernels.Group && i < destination.Length; j++) y[i++] = (int)Integer((ulong)exclusive, Position++, bits[j]);
            }
        }
    }

    /// <summary>Fills with integers, uniform on {0, …, <paramref name="exclusive"/> − 1}, without bias.</summary>
    /// <param name="destination">Numbers to overwrite.</param>
    /// <param name="exclusive">Number of values, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="exclusive"/> is less than 1.</exception>
    public unsafe void FillIntegers(Span<long> destination, long exclusive)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(exclusive, 1);
        fixed (long* y = destination)
        {
            var bits = stackalloc ulong[RandomKernels.Group];
            for (var i = 0; i < destination.Length;)
            {
                RandomKernels.GroupBits(Seed, Stream, Position, bits);
                for (var j = (int)(Position % RandomKernels.Group); j < RandomKernels.Group && i < destination.Length; j++) y[i++] = (long)Integer((ulong)exclusive, Position++, bits[j]);
            }
        }
    }

    /// <summary>A random order of 0 … <paramref name="count"/> − 1; draws <paramref name="count"/> numbers.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    public int[] Permutation(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var order = new int[count];
        for (var i = 0; i < count; i++) order[i] = i;
        Shuffle<int>(order);
        return order;
    }

    /// <summary>Puts the items into random order (Fisher and Yates); draws one number per item.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i >= 0; i--)
        {
            var j = (int)NextInteger(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    internal unsafe void FillUniform(float* y, long n, float low = 0, float high = 1)
    {
        RandomKernels.Fill<UniformDistribution>(Seed, Stream, Position, y, n, low, high - low);
        Position += (ulong)n;
    }

    internal unsafe void FillUniform(double* y, long n, double low = 0, double high = 1)
    {
        RandomKernels.Fill<UniformDistribution>(Seed, Stream, Position, y, n, low, high - low);
        Position += (ulong)n;
    }

    internal unsafe void FillNormal(float* y, long n, float mean = 0, float deviation = 1)
    {
        RandomKernels.Fill<NormalDistribution>(Seed, Stream, Position, y, n, mean, deviation);
        Position += (ulong)n;
    }

    internal unsafe void FillNormal(double* y, long n, double mean = 0, double deviation = 1)
    {
        RandomKernels.Fill<NormalDistribution>(Seed, Stream, Position, y, n, mean, deviation);
        Position += (ulong)n;
    }

    // Multiply and reject (Lemire, "Fast random integer generation in an interval", 2019). A rejected element is drawn again under
    // another key, not from the next position, so that every other element keeps its bits.
    private ulong Integer(ulong exclusive, ulong position, ulong bits)
    {
        var key = Seed;
        while (true)
        {
            var high = Math.BigMul(bits, exclusive, out var low);
            if (low >= exclusive || low >= unchecked(0 - exclusive) % exclusive) return high;
            key += RedrawKey;
            bits = RandomKernels.Bits(key, Stream, position);
        }
    }
}
