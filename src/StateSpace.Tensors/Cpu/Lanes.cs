using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using StateSpace.Tensors.Cpu.VectorMath;

namespace StateSpace.Tensors.Cpu;

/// <summary>What generic vector kernels need beyond <see cref="Vector512"/>.</summary>
internal static unsafe class Lanes
{
    /// <summary>x y + z with one rounding, for float and double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> MultiplyAdd<T>(Vector512<T> x, Vector512<T> y, Vector512<T> z) =>
        typeof(T) == typeof(float)
            ? FloatBits.Fma(x.AsSingle(), y.AsSingle(), z.AsSingle()).As<float, T>()
            : FloatBits.Fma(x.AsDouble(), y.AsDouble(), z.AsDouble()).As<double, T>();

    /// <summary>The next elements of a row of which <paramref name="left"/> remain; lanes past its end hold zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Load<T>(T* source, long left)
        where T : unmanaged => left >= Vector512<T>.Count ? Vector512.Load(source) : LoadPart(source, left, Vector512<T>.Zero);

    /// <summary>The next elements of a row of which <paramref name="left"/> remain; lanes past its end keep those of <paramref name="rest"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Load<T>(T* source, long left, Vector512<T> rest)
        where T : unmanaged => left >= Vector512<T>.Count ? Vector512.Load(source) : LoadPart(source, left, rest);

    /// <summary>Stores lanes to a row of which <paramref name="left"/> elements remain; lanes past its end are dropped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(Vector512<T> value, T* target, long left)
        where T : unmanaged
    {
        if (left >= Vector512<T>.Count) Vector512.Store(value, target);
        else StorePart(value, target, left);
    }

    /// <summary>Σ x. The order of the additions depends on the length alone.</summary>
    public static T Sum<T>(T* x, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> first = Vector512<T>.Zero, second = Vector512<T>.Zero;
        long lanes = Vector512<T>.Count, i = 0;
        for (; i <= length - (2 * lanes); i += 2 * lanes)
        {
            first += Vector512.Load(x + i);
            second += Vector512.Load(x + i + lanes);
        }

        var sum = Vector512.Sum(first + second);
        for (; i < length; i++) sum += x[i];
        return sum;
    }

    /// <summary>z − x y with one rounding, for float and double. The JIT does not fold a negation into <see cref="MultiplyAdd"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> SubtractProduct<T>(Vector512<T> x, Vector512<T> y, Vector512<T> z)
    {
        if (!Avx512F.IsSupported) return MultiplyAdd(-x, y, z);
        return typeof(T) == typeof(float)
            ? Avx512F.FusedMultiplyAddNegated(x.AsSingle(), y.AsSingle(), z.AsSingle()).As<float, T>()
            : Avx512F.FusedMultiplyAddNegated(x.AsDouble(), y.AsDouble(), z.AsDouble()).As<double, T>();
    }

    /// <summary>Σ x y. The order of the additions depends on the length alone.</summary>
    public static T Dot<T>(T* x, T* y, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> first = Vector512<T>.Zero, second = Vector512<T>.Zero;
        long lanes = Vector512<T>.Count, i = 0;
        for (; i <= length - (2 * lanes); i += 2 * lanes)
        {
            first = MultiplyAdd(Vector512.Load(x + i), Vector512.Load(y + i), first);
            second = MultiplyAdd(Vector512.Load(x + i + lanes), Vector512.Load(y + i + lanes), second);
        }

        var sum = Vector512.Sum(first + second);
        for (; i < length; i++) sum += x[i] * y[i];
        return sum;
    }

    // With AVX-512 a masked instruction and no call, which would make a loop spill its vectors.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> LoadPart<T>(T* source, long count, Vector512<T> rest)
        where T : unmanaged
    {
        if (!Avx512F.IsSupported) return CopyPart(source, count, rest);
        return sizeof(T) == 4
            ? Avx512F.MaskLoad((float*)source, FirstSingles(count), rest.AsSingle()).As<float, T>()
            : Avx512F.MaskLoad((double*)source, FirstDoubles(count), rest.AsDouble()).As<double, T>();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StorePart<T>(Vector512<T> value, T* target, long count)
        where T : unmanaged
    {
        if (!Avx512F.IsSupported) CopyPart(value, target, count);
        else if (sizeof(T) == 4) Avx512F.MaskStore((float*)target, FirstSingles(count), value.AsSingle());
        else Avx512F.MaskStore((double*)target, FirstDoubles(count), value.AsDouble());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> FirstSingles(long count) => Vector512.LessThan(Vector512<int>.Indices, Vector512.Create((int)count)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> FirstDoubles(long count) => Vector512.LessThan(Vector512<long>.Indices, Vector512.Create(count)).AsDouble();

    private static Vector512<T> CopyPart<T>(T* source, long count, Vector512<T> rest)
        where T : unmanaged
    {
        Unsafe.CopyBlockUnaligned(&rest, source, (uint)(count * sizeof(T)));
        return rest;
    }

    private static void CopyPart<T>(Vector512<T> value, T* target, long count)
        where T : unmanaged => Unsafe.CopyBlockUnaligned(target, &value, (uint)(count * sizeof(T)));
}
