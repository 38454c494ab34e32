using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Cpu.VectorMath;

/// <summary>Applies an <see cref="IBinaryOperator"/> to two arrays: owns the loop, the tail and the threads.</summary>
internal static unsafe class BinaryDriver
{
    /// <summary>y[i] = f(x[i], g[i]) for i in [0, n). Arrays may be the same but may not overlap otherwise.</summary>
    public static void Run<T, TOperator>(T* x, T* g, T* y, long n)
        where T : unmanaged
        where TOperator : struct, IBinaryOperator
    {
        if (n <= UnaryDriver.Block) Range<T, TOperator>(x, g, y, n);
        else OnTeam<T, TOperator>(x, g, y, n);
    }

    /// <summary>As <see cref="Run{T, TOperator}(T*, T*, T*, long)"/> on the calling thread alone, for use inside a parallel kernel.</summary>
    public static void Range<T, TOperator>(T* x, T* g, T* y, long n)
        where T : unmanaged
        where TOperator : struct, IBinaryOperator
    {
        var width = Vector512<T>.Count;
        long i = 0;
        for (; i <= n - width; i += width)
            Vector512.Store(Invoke<T, TOperator>(Vector512.Load(x + i), Vector512.Load(g + i)), y + i);
        if (i < n)
        {
            var bytes = (uint)((n - i) * sizeof(T));
            var paddedX = Vector512<T>.Zero;
            var paddedG = Vector512<T>.Zero;
            Unsafe.CopyBlockUnaligned(&paddedX, x + i, bytes);
            Unsafe.CopyBlockUnaligned(&paddedG, g + i, bytes);
            paddedX = Invoke<T, TOperator>(paddedX, paddedG);
            Unsafe.CopyBlockUnaligned(y + i, &paddedX, bytes);
        }
    }

    /// <summary>f of the lanes of two vectors of <see cref="float"/> or <see cref="double"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Invoke<T, TOperator>(Vector512<T> x, Vector512<T> g)
        where TOperator : struct, IBinaryOperator
    {
        if (typeof(T) == typeof(float)) return TOperator.Invoke(x.AsSingle(), g.AsSingle()).As<float, T>();
        if (typeof(T) == typeof(double)) return TOperator.Invoke(x.AsDouble(), g.AsDouble()).As<double, T>();
        throw UnaryDriver.Unsupported(typeof(T));
    }

    private static void OnTeam<T, TOperator>(T* x, T* g, T* y, long n)
        where T : unmanaged
        where TOperator : struct, IBinaryOperator =>
        CpuTeam.ForBlocks(n, UnaryDriver.Block, (start, end) => Range<T, TOperator>(x + start, g + start, y + start, end - start));
}
