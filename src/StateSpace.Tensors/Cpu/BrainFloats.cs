using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Cpu;

/// <summary>bf16, the upper half of a float32: eight bits of exponent, seven of fraction.</summary>
internal static unsafe class BrainFloats
{
    private const uint Infinity = 0x7F80_0000;

    /// <summary>Rounds to nearest, ties to even. A number beyond the largest becomes infinite; NaN stays NaN.</summary>
    public static void Narrow(float* source, long count, ushort* target)
    {
        long i = 0;
        for (; i <= count - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
        {
            var low = Narrow(Vector512.Load((uint*)source + i));
            var high = Narrow(Vector512.Load((uint*)source + i + Vector512<uint>.Count));
            Vector512.Narrow(low, high).Store(target + i);
        }

        for (; i < count; i++) target[i] = (ushort)Narrow(Vector512.Create(((uint*)source)[i]))[0];
    }

    /// <summary>The same numbers in float32.</summary>
    public static void Widen(ushort* source, long count, float* target)
    {
        long i = 0;
        for (; i <= count - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
        {
            var (low, high) = Vector512.Widen(Vector512.Load(source + i));
            (low << 16).Store((uint*)target + i);
            (high << 16).Store((uint*)target + i + Vector512<uint>.Count);
        }

        for (; i < count; i++) target[i] = Widen(source[i]);
    }

    /// <summary>The same number in float32.</summary>
    public static float Widen(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>The smallest bf16 that is not less than a finite number ≥ 0.</summary>
    public static ushort RoundUp(float value) => (ushort)((BitConverter.SingleToUInt32Bits(value) + 0xFFFF) >> 16);

    // Half a unit of the last place kept, less one, plus that place's bit: a tie goes up where the bit is odd. The carry may run into the exponent,
    // as it should; a NaN's would run over, so it keeps its upper bits and is made quiet.
    private static Vector512<uint> Narrow(Vector512<uint> bits)
    {
        var rounded = (bits + Vector512.Create(0x7FFFu) + ((bits >> 16) & Vector512<uint>.One)) >> 16;
        var isNaN = Vector512.GreaterThan(bits & Vector512.Create(0x7FFF_FFFFu), Vector512.Create(Infinity));
        return Vector512.ConditionalSelect(isNaN, (bits >> 16) | Vector512.Create(0x40u), rounded);
    }
}
