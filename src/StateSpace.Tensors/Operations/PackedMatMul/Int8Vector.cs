using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using StateSpace.Tensors.Cpu.Gemm;

namespace StateSpace.Tensors.Operations.PackedMatMul;

/// <summary>The vector operations of the int8 kernel.</summary>
/// <typeparam name="V">Vector of float32.</typeparam>
internal unsafe interface IInt8Vector<V>
    where V : struct
{
    /// <summary>Sums of products of up to 64 numbers (a multiple of 16) with those of four lines, spread over the lanes, as float32, rounded once.</summary>
    static abstract void AddBlock(nint length, short* x, sbyte* y0, sbyte* y1, sbyte* y2, sbyte* y3, out V sum0, out V sum1, out V sum2, out V sum3);

    /// <summary>sum · scale + total.</summary>
    static abstract V AddScaled(V sum, float scale, V total);

    static abstract float Sum(V value);

    static abstract void Fetch(sbyte* address);
}

/// <summary>512-bit vectors, for processors with AVX-512BW.</summary>
internal readonly unsafe struct Int8Vector512 : IInt8Vector<Vector512<float>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddBlock(
        nint length, short* x, sbyte* y0, sbyte* y1, sbyte* y2, sbyte* y3,
        out Vector512<float> sum0, out Vector512<float> sum1, out Vector512<float> sum2, out Vector512<float> sum3)
    {
        Vector512<int> s0 = default, s1 = default, s2 = default, s3 = default;
        nint i = 0;
        for (; i <= length - 32; i += 32)
        {
            var v = Vector512.Load(x + i);
            s0 += Products(v, Vector256.Load(y0 + i));
            s1 += Products(v, Vector256.Load(y1 + i));
            s2 += Products(v, Vector256.Load(y2 + i));
            s3 += Products(v, Vector256.Load(y3 + i));
        }

        if (i < length)
        {
            var v = Vector256.Load(x + i).ToVector512();
            s0 += Products(v, Vector128.Load(y0 + i).ToVector256());
            s1 += Products(v, Vector128.Load(y1 + i).ToVector256());
            s2 += Products(v, Vector128.Load(y2 + i).ToVector256());
            s3 += Products(v, Vector128.Load(y3 + i).ToVector256());
        }

        sum0 = Avx512F.ConvertToVector512Single(s0);
        sum1 = Avx512F.ConvertToVector512Single(s1);
        sum2 = Avx512F.ConvertToVector512Single(s2);
        sum3 = Avx512F.ConvertToVector512Single(s3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AddScaled(Vector512<float> sum, float scale, Vector512<float> total) => Avx512F.FusedMultiplyAdd(sum, Vector512.Create(scale), total);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> value) => Simd512<float>.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fetch(sbyte* address) => Sse.Prefetch0(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Products(Vector512<short> x, Vector256<sbyte> y) => Avx512BW.MultiplyAddAdjacent(x, Avx512BW.ConvertToVector512Int16(y));
}

/// <summary>256-bit vectors: AVX2, and through the portable operations every other processor.</summary>
internal readonly unsafe struct Int8Vector256 : IInt8Vector<Vector256<float>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddBlock(
        nint length, short* x, sbyte* y0, sbyte* y1, sbyte* y2, sbyte* y3,
        out Vector256<float> sum0, out Vector256<float> sum1, out Vector256<float> sum2, out Vector256<float> sum3)
    {
        Vector256<int> s0 = default, s1 = default, s2 = default, s3 = default;
        if (length == Int8Blocks.Length)
        {
            AddSixteen(0, x, y0, y1, y2, y3, ref s0, ref s1, ref s2, ref s3);
            AddSixteen(16, x, y0, y1, y2, y3, ref s0, ref s1, ref s2, ref s3);
            AddSixteen(32, x, y0, y1, y2, y3, ref s0, ref s1, ref s2, ref s3);
            AddSixteen(48, x, y0, y1, y2, y3, ref s0, ref s1, ref s2, ref s3);
        }
        else
        {
            for (nint i = 0; i < length; i += 16) AddSixteen(i, x, y0, y1, y2, y3, ref s0, ref s1, ref s2, ref s3);
        }

        sum0 = Vector256.ConvertToSingle(s0);
        sum1 = Vector256.ConvertToSingle(s1);
        sum2 = Vector256.ConvertToSingle(s2);
        sum3 = Vector256.ConvertToSingle(s3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> AddScaled(Vector256<float> sum, float scale, Vector256<float> total) => Simd256<float>.MultiplyAdd(sum, Vector256.Create(scale), total);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> value) => Simd256<float>.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fetch(sbyte* address)
    {
        if (Sse.IsSupported) Sse.Prefetch0(address);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddSixteen(
        nint i, short* x, sbyte* y0, sbyte* y1, sbyte* y2, sbyte* y3, ref Vector256<int> s0, ref Vector256<int> s1, ref Vector256<int> s2, ref Vector256<int> s3)
    {
        var v = Vector256.Load(x + i);
        s0 += Products(v, y0 + i);
        s1 += Products(v, y1 + i);
        s2 += Products(v, y2 + i);
        s3 += Products(v, y3 + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Products(Vector256<short> x, sbyte* y)
    {
        if (Avx2.IsSupported) return Avx2.MultiplyAddAdjacent(x, Avx2.ConvertToVector256Int16(y));
        var (low, high) = Vector128.Widen(Vector128.Load(y));
        var (x0, x1) = Vector256.Widen(x);
        var (y0, y1) = Vector256.Widen(Vector256.Create(low, high));
        return (x0 * y0) + (x1 * y1);
    }
}
