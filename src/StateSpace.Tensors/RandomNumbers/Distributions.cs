using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu.VectorMath;

namespace StateSpace.Tensors.RandomNumbers;

/// <summary>Makes 16 numbers of a distribution from 16 times 64 random bits.</summary>
internal interface IDistribution
{
    static abstract Vector512<float> Single(Vector512<ulong> first, Vector512<ulong> second);

    static abstract Vector512<double> Double(Vector512<ulong> bits);
}

/// <summary>Uniform on [0, 1): the upper 24 bits times 2^−24 (float), the upper 52 bits times 2^−52 (double).</summary>
internal readonly struct UniformDistribution : IDistribution
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Single(Vector512<ulong> first, Vector512<ulong> second)
    {
        var bits = Vector512.Narrow(first >>> 40, second >>> 40).AsInt32();
        return Vector512.ConvertToSingle(bits) * Vector512.Create(5.9604644775390625e-08f);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Double(Vector512<ulong> bits) =>
        ((bits >>> 12) | Vector512.Create(0x3ff0000000000000ul)).AsDouble() - Vector512<double>.One;
}

/// <summary>
/// Standard normal by Box and Muller: √(−2 ln u)·cos θ, u = (upper word + ½)·2^−32, θ = (lower word, signed)·2^−31·π. The
/// cosine alone is used, so that a number depends on its own 64 bits only. |z| is at most 6.77.
/// </summary>
internal readonly struct NormalDistribution : IDistribution
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Single(Vector512<ulong> first, Vector512<ulong> second)
    {
        var upper = Vector512.Narrow(first >>> 32, second >>> 32).AsInt32();
        var lower = Vector512.Narrow(first & Vector512.Create(0xfffffffful), second & Vector512.Create(0xfffffffful)).AsInt32();

        // In halves of 16 bits, both exact, so that the word is rounded once.
        var high = Vector512.ConvertToSingle(upper >>> 16);
        var low = Vector512.ConvertToSingle(upper & Vector512.Create(0xffff)) + Vector512.Create(0.5f);
        var u = FloatBits.Fma(high, Vector512.Create(65536f), low) * Vector512.Create(2.3283064365386963e-10f);
        var theta = Vector512.ConvertToSingle(lower) * Vector512.Create((float)(Math.PI / 2147483648.0));
        return Vector512.Sqrt(Vector512.Create(-2f) * Logarithm.Log(u)) * Trigonometry.SinCos(theta).Cos;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Double(Vector512<ulong> bits)
    {
        // A word in the low bits of 2^52 reads as 2^52 + word.
        var magic = Vector512.Create(0x4330000000000000ul);
        var upper = ((bits >>> 32) | magic).AsDouble() - Vector512.Create(4503599627370496.0);
        var lower = (((bits & Vector512.Create(0xfffffffful)) ^ Vector512.Create(0x80000000ul)) | magic).AsDouble()
            - Vector512.Create(4503599627370496.0 + 2147483648.0);
        var u = (upper + Vector512.Create(0.5)) * Vector512.Create(2.3283064365386963e-10);
        var theta = lower * Vector512.Create(Math.PI / 2147483648.0);
        return Vector512.Sqrt(Vector512.Create(-2.0) * Logarithm.Log(u)) * Trigonometry.SinCos(theta).Cos;
    }
}
