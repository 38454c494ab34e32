using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.RandomNumbers;

/// <summary>
/// Fills arrays with random numbers. Element p of a stream owns 64 bits: with g = p / 16 and j = p mod 16, they are words 0, 1
/// (j &lt; 8) or 2, 3 (j ≥ 8) of the Philox block with key = seed and counter (8g + j mod 8, stream), the first word on top.
/// So a fill may be cut anywhere and run in any order, here or on another device.
/// </summary>
internal static unsafe class RandomKernels
{
    /// <summary>Elements that are drawn at a time, with positions from a multiple of it on.</summary>
    public const int Group = 16;

    private const long Block = 1 << 14;

    /// <summary>The 64 bits of element <paramref name="position"/>.</summary>
    public static ulong Bits(ulong seed, ulong stream, ulong position)
    {
        var (low, high) = Philox.Block(((position >> 4) << 3) | (position & 7), stream, seed);
        return ulong.RotateLeft((position & 8) == 0 ? low : high, 32);
    }

    /// <summary>The 64 bits of each of the sixteen elements among which <paramref name="position"/> is, from the next lower multiple of 16 on.</summary>
    public static void GroupBits(ulong seed, ulong stream, ulong position, ulong* bits)
    {
        var (first, second) = Philox.EightBlocks((position >> 4) << 3, stream, seed);
        Vector512.Store(first, bits);
        Vector512.Store(second, bits + 8);
    }

    /// <summary>y[i] = shift + scale · z of element position + i, for i in [0, n).</summary>
    public static void Fill<TDistribution>(ulong seed, ulong stream, ulong position, float* y, long n, float shift, float scale)
        where TDistribution : struct, IDistribution
    {
        if (n <= Block) Range<TDistribution>(seed, stream, position, y, n, shift, scale);
        else OnTeam<TDistribution>(seed, stream, position, y, n, shift, scale);
    }

    /// <summary>y[i] = shift + scale · z of element position + i, for i in [0, n).</summary>
    public static void Fill<TDistribution>(ulong seed, ulong stream, ulong position, double* y, long n, double shift, double scale)
        where TDistribution : struct, IDistribution
    {
        if (n <= Block) Range<TDistribution>(seed, stream, position, y, n, shift, scale);
        else OnTeam<TDistribution>(seed, stream, position, y, n, shift, scale);
    }

    private static void Range<TDistribution>(ulong seed, ulong stream, ulong position, float* y, long n, float shift, float scale)
        where TDistribution : struct, IDistribution
    {
        var partial = stackalloc float[Group];
        for (long i = 0; i < n;)
        {
            var skip = (int)((position + (ulong)i) % Group);
            var count = Math.Min(Group - skip, n - i);
            var (first, second) = Philox.EightBlocks(((position + (ulong)i) >> 4) << 3, stream, seed);
            var z = Vector512.FusedMultiplyAdd(TDistribution.Single(first, second), Vector512.Create(scale), Vector512.Create(shift));
            if (count == Group)
            {
                Vector512.Store(z, y + i);
            }
            else
            {
                Vector512.Store(z, partial);
                Unsafe.CopyBlockUnaligned(y + i, partial + skip, (uint)(count * sizeof(float)));
            }

            i += count;
        }
    }

    private static void Range<TDistribution>(ulong seed, ulong stream, ulong position, double* y, long n, double shift, double scale)
        where TDistribution : struct, IDistribution
    {
        var partial = stackalloc double[Group];
        for (long i = 0; i < n;)
        {
            var skip = (int)((position + (ulong)i) % Group);
            var count = Math.Min(Group - skip, n - i);
            var (first, second) = Philox.EightBlocks(((position + (ulong)i) >> 4) << 3, stream, seed);
            var z = count == Group ? y + i : partial;
            Vector512.Store(Vector512.FusedMultiplyAdd(TDistribution.Double(first), Vector512.Create(scale), Vector512.Create(shift)), z);
            Vector512.Store(Vector512.FusedMultiplyAdd(TDistribution.Double(second), Vector512.Create(scale), Vector512.Create(shift)), z + 8);
            if (z == partial) Unsafe.CopyBlockUnaligned(y + i, partial + skip, (uint)(count * sizeof(double)));
            i += count;
        }
    }

    private static void OnTeam<TDistribution>(ulong seed, ulong stream, ulong position, float* y, long n, float shift, float scale)
        where TDistribution : struct, IDistribution =>
        CpuTeam.ForBlocks(n, Block, (start, end) =>
            Range<TDistribution>(seed, stream, position + (ulong)start, y + start, end - start, shift, scale));

    private static void OnTeam<TDistribution>(ulong seed, ulong stream, ulong position, double* y, long n, double shift, double scale)
        where TDistribution : struct, IDistribution =>
        CpuTeam.ForBlocks(n, Block, (start, end) =>
            Range<TDistribution>(seed, stream, position + (ulong)start, y + start, end - start, shift, scale));
}
