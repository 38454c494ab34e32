using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StateSpace.Tensors.RandomNumbers;

/// <summary>
/// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3"
/// (2011): a keyed bijection of 128-bit counters, so that any block can be had without its predecessors.
/// </summary>
internal static class Philox
{
    private const int Rounds = 10;
    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9;
    private const uint Weyl1 = 0xBB67AE85;

    /// <summary>The four words of one block, the first in the low half of Low.</summary>
    /// <param name="low">Counter words 0 and 1.</param>
    /// <param name="high">Counter words 2 and 3.</param>
    /// <param name="key">Key words 0 (low half) and 1.</param>
    public static (ulong Low, ulong High) Block(ulong low, ulong high, ulong key)
    {
        var (c0, c1, c2, c3) = ((uint)low, (uint)(low >> 32), (uint)high, (uint)(high >> 32));
        var (k0, k1) = ((uint)key, (uint)(key >> 32));
        for (var round = 0; round < Rounds; round++)
        {
            var p0 = (ulong)Multiplier0 * c0;
            var p1 = (ulong)Multiplier1 * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += Weyl0;
            k1 += Weyl1;
        }

        return (c0 | ((ulong)c1 << 32), c2 | ((ulong)c3 << 32));
    }

    /// <summary>
    /// Eight blocks at once, with the counters <paramref name="low"/> … <paramref name="low"/> + 7 (a multiple of 8) in the low half:
    /// First holds word 0 above word 1 of each block, Second word 2 above word 3.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<ulong> First, Vector512<ulong> Second) EightBlocks(ulong low, ulong high, ulong key)
    {
        // One 32-bit word a lane; the upper halves hold rubbish between rounds, which the multiplication ignores.
        var c0 = Vector512.Create((ulong)(uint)low) + Vector512.Create(0ul, 1, 2, 3, 4, 5, 6, 7);
        var c1 = Vector512.Create(low >> 32);
        var c2 = Vector512.Create((ulong)(uint)high);
        var c3 = Vector512.Create(high >> 32);
        var (k0, k1) = ((uint)key, (uint)(key >> 32));
        for (var round = 0; round < Rounds; round++)
        {
            var p0 = MultiplyLow(c0, Multiplier0);
            var p1 = MultiplyLow(c2, Multiplier1);
            c0 = (p1 >>> 32) ^ c1 ^ Vector512.Create((ulong)k0);
            c2 = (p0 >>> 32) ^ c3 ^ Vector512.Create((ulong)k1);
            c1 = p1;
            c3 = p0;
            k0 += Weyl0;
            k1 += Weyl1;
        }

        var word = Vector512.Create(0xfffffffful);
        return ((c0 << 32) | (c1 & word), (c2 << 32) | (c3 & word));
    }

    // The 64-bit product of the low halves.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> MultiplyLow(Vector512<ulong> a, uint b)
    {
        if (Avx512F.IsSupported) return Avx512F.Multiply(a.AsUInt32(), Vector512.Create((ulong)b).AsUInt32());
        if (Avx2.IsSupported)
        {
            var factor = Vector256.Create((ulong)b).AsUInt32();
            return Vector512.Create(Avx2.Multiply(a.GetLower().AsUInt32(), factor), Avx2.Multiply(a.GetUpper().AsUInt32(), factor));
        }

        return (a & Vector512.Create(0xfffffffful)) * Vector512.Create((ulong)b);
    }
}
