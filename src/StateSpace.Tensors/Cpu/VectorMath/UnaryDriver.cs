using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Cpu.VectorMath;

/// <summary>Applies an <see cref="IUnaryOperator"/> to an array: owns the loop, the tail and the threads.</summary>
internal static unsafe class UnaryDriver
{
    /// <summary>Elements of one parallel block; a border that depends on nothing, so that results do not depend on the threads.</summary>
    public const long Block = 1 << 15;

    /// <summary>y[i] = f(x[i]) for i in [0, n). The arrays may be the same but may not overlap otherwise.</summary>
    public static void Run<T, TOperator>(T* x, T* y, long n)
        where T : unmanaged
        where TOperator : struct, IUnaryOperator
    {
        if (n <= Block) Range<T, TOperator>(x, y, n);
        else OnTeam<T, TOperator>(x, y, n);
    }

    /// <summary>As <see cref="Run{T, TOperator}(T*, T*, long)"/> on the calling thread alone, for use inside a parallel kernel.</summary>
    public static void Range<T, TOperator>(T* x, T* y, long n)
        where T : unmanaged
        where TOperator : struct, IUnaryOperator
    {
        var width = Vector512<T>.Count;
        long i = 0;
        for (; i <= n - width; i += width) Vector512.Store(Invoke<T, TOperator>(Vector512.Load(x + i)), y + i);
        if (i < n)
        {
            var bytes = (uint)((n - i) * sizeof(T));
            var padded = Vector512<T>.Zero;
            Unsafe.CopyBlockUnaligned(&padded, x + i, bytes);
            padded = Invoke<T, TOperator>(padded);
            Unsafe.CopyBlockUnaligned(y + i, &padded, bytes);
        }
    }

    /// <summary>f of the lanes of a vector of <see cref="float"/> or <see cref="double"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Invoke<T, TOperator>(Vector512<T> x)
        where TOperator : struct, IUnaryOperator
    {
        if (typeof(T) == typeof(float)) return TOperator.Invoke(x.AsSingle()).As<float, T>();
        if (typeof(T) == typeof(double)) return TOperator.Invoke(x.AsDouble()).As<double, T>();
        throw Unsupported(typeof(T));
    }

    /// <summary>f of one number, with the bits that the array form gives.</summary>
    public static float Scalar<TOperator>(float x)
        where TOperator : struct, IUnaryOperator => TOperator.Invoke(Vector512.Create(x)).ToScalar();

    /// <summary>f of one number, with the bits that the array form gives.</summary>
    public static double Scalar<TOperator>(double x)
        where TOperator : struct, IUnaryOperator => TOperator.Invoke(Vector512.Create(x)).ToScalar();

    internal static NotSupportedException Unsupported(Type type) =>
        new($"Vector functions work on float and double, not on {type.Name}; convert the array first.");

    // Apart from Run, so that small arrays pay for no closure.
    private static void OnTeam<T, TOperator>(T* x, T* y, long n)
        where T : unmanaged
        where TOperator : struct, IUnaryOperator =>
        CpuTeam.ForBlocks(n, Block, (start, end) => Range<T, TOperator>(x + start, y + start, end - start));
}
