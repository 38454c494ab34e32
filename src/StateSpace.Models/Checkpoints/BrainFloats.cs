using System.Runtime.Intrinsics;

namespace StateSpace.Models.Checkpoints;

/// <summary>BF16, the upper half of a Float32 number: eight bits of exponent, seven of fraction.</summary>
internal static unsafe class BrainFloats
{
    private const uint Infinity = 0x7F80_0000;

    public static void Widen(ReadOnlySpan<ushort> source, float* target)
    {
        var i = 0;
        for (; i <= source.Length - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
        {
            var (low, high) = Vector512.Widen(Vector512.Create(source[i..]));
            Vector512.Store(low << 16, (uint*)target + i);
            Vector512.Store(high << 16, (uint*)target + i + Vector512<uint>.Count);
        }

        for (; i < source.Length; i++) ((uint*)target)[i] = (uint)source[i] << 16;
    }

    /// <summary>Rounds to nearest, ties to even. A number beyond the largest becomes infinite; NaN stays NaN.</summary>
    public static void Narrow(ReadOnlySpan<float> source, Span<ushort> target)
    {
        fixed (float* from = source)
        fixed (ushort* to = target)
        {
            var i = 0;
            for (; i <= source.Length - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
            {
                var low = Narrow(Vector512.Load((uint*)from + i));
                var high = Narrow(Vector512.Load((uint*)from + i + Vector512<uint>.Count));
                Vector512.Store(Vector512.Narrow(low, high), to + i);
            }

            for (; i < source.Length; i++) to[i] = (ushort)Narrow(Vector512.Create(((uint*)from)[i]))[0];
        }
    }

    // Half of a unit in the last place minus one, plus the last bit that stays: a tie rounds up where that bit is odd. The carry runs into the
    // exponent as it should. A NaN would run over; it keeps its upper bits, with the quiet bit set so that a fraction is left.
    private static Vector512<uint> Narrow(Vector512<uint> bits)
    {
        var rounded = (bits + Vector512.Create(0x7FFFu) + ((bits >> 16) & Vector512<uint>.One)) >> 16;
        var isNaN = Vector512.GreaterThan(bits & Vector512.Create(0x7FFF_FFFFu), Vector512.Create(Infinity));
        return Vector512.ConditionalSelect(isNaN, (bits >> 16) | Vector512.Create(0x40u), rounded);
    }
}
