using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>Sums over the lanes of 16 vectors, always in the order ((l₀+l₈)+(l₄+l₁₂)) pairwise: the same bits with and without AVX-512.</summary>
internal static unsafe class LaneSums
{
    /// <summary>Lane k of the result is the sum over the 16 lanes of rows[k].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Transposed(Vector512<float>* rows)
    {
        if (!Avx512F.IsSupported) return Portable(rows);

        // Rows 4l … 4l+3 go to 128-bit lane l, so that the results come out in order.
        var x = Quarters(rows[0], rows[4], rows[8], rows[12]);
        var y = Quarters(rows[1], rows[5], rows[9], rows[13]);
        var z = Quarters(rows[2], rows[6], rows[10], rows[14]);
        var w = Quarters(rows[3], rows[7], rows[11], rows[15]);
        var xy = Avx512F.UnpackLow(x, y) + Avx512F.UnpackHigh(x, y);
        var zw = Avx512F.UnpackLow(z, w) + Avx512F.UnpackHigh(z, w);
        var even = Avx512F.UnpackLow(xy.AsDouble(), zw.AsDouble()).AsSingle();
        var odd = Avx512F.UnpackHigh(xy.AsDouble(), zw.AsDouble()).AsSingle();
        return even + odd;
    }

    /// <summary>The sum over the lanes of one vector, in the same order.</summary>
    public static float Sum(Vector512<float> row)
    {
        var half = row.GetLower() + row.GetUpper();
        var quarter = half.GetLower() + half.GetUpper();
        return quarter[0] + quarter[2] + (quarter[1] + quarter[3]);
    }

    /// <summary><see cref="Transposed"/> without AVX-512.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Vector512<float> Portable(Vector512<float>* rows)
    {
        Vector512<float> sums = default;
        for (var k = 0; k < 16; k++) ((float*)&sums)[k] = Sum(rows[k]);
        return sums;
    }

    // 128-bit lane i of the result: sum of the four 128-bit lanes of the i-th argument, (0+2)+(1+3).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Quarters(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        var ab = Avx512F.Shuffle4x128(a, b, 0x44) + Avx512F.Shuffle4x128(a, b, 0xEE);
        var cd = Avx512F.Shuffle4x128(c, d, 0x44) + Avx512F.Shuffle4x128(c, d, 0xEE);
        return Avx512F.Shuffle4x128(ab, cd, 0x88) + Avx512F.Shuffle4x128(ab, cd, 0xDD);
    }
}
