using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Cpu.VectorMath;

/// <summary>e^x. Overflows to infinity, underflows gradually.</summary>
internal readonly struct ExpOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => Exponential.Exp(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => Exponential.Exp(x);
}

/// <summary>2^x. Overflows to infinity, underflows gradually.</summary>
internal readonly struct Exp2Operator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => Exponential.Exp2(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => Exponential.Exp2(x);
}

/// <summary>e^x − 1, accurate near 0.</summary>
internal readonly struct Expm1Operator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => Exponential.Expm1(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => Exponential.Expm1(x);
}

/// <summary>Natural logarithm; −∞ at ±0, NaN below 0; covers the subnormals.</summary>
internal readonly struct LogOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => Logarithm.Log(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => Logarithm.Log(x);
}

/// <summary>log(1 + x), accurate near 0; −∞ at −1, NaN below.</summary>
internal readonly struct Log1pOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => Logarithm.Log1p(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => Logarithm.Log1p(x);
}

/// <summary>sin x; see <see cref="Trigonometry"/> for the range. The zero of sin(−0) is positive.</summary>
internal readonly struct SinOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => Trigonometry.SinCos(x).Sin;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => Trigonometry.SinCos(x).Sin;
}

/// <summary>cos x; see <see cref="Trigonometry"/> for the range.</summary>
internal readonly struct CosOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => Trigonometry.SinCos(x).Cos;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => Trigonometry.SinCos(x).Cos;
}

/// <summary>√x, correctly rounded; NaN below 0.</summary>
internal readonly struct SqrtOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => Vector512.Sqrt(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => Vector512.Sqrt(x);
}

/// <summary>1/√x as a rounded quotient of the rounded root (the approximate instructions differ between processors).</summary>
internal readonly struct RsqrtOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => Vector512<float>.One / Vector512.Sqrt(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => Vector512<double>.One / Vector512.Sqrt(x);
}
