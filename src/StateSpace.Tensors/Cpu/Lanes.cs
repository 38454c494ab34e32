using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StateSpace.Tensors.Cpu;

/// <summary>What generic vector kernels need beyond <see cref="Vector512"/>.</summary>
internal static unsafe class Lanes
{
    /// <summary>x y + z with one rounding, for float and double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> MultiplyAdd<T>(Vector512<T> x, Vector512<T> y, Vector512<T> z) =>
        typeof(T) == typeof(float)
            ? Vector512.FusedMultiplyAdd(x.AsSingle(), y.AsSingle(), z.AsSingle()).As<float, T>()
            : Vector512.FusedMultiplyAdd(x.AsDouble(), y.AsDouble(), z.AsDouble()).As<double, T>();

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

    /// <summary>Σ x y z.</summary>
    public static T Dot<T>(T* x, T* y, T* z, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var total = Vector512<T>.Zero;
        long lanes = Vector512<T>.Count, i = 0;
        for (; i <= length - lanes; i += lanes)
        {
            total = MultiplyAdd(Vector512.Load(x + i) * Vector512.Load(y + i), Vector512.Load(z + i), total);
        }

        var sum = Vector512.Sum(total);
        for (; i < length; i++) sum += x[i] * y[i] * z[i];
        return sum;
    }
}
