using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static StateSpace.Tensors.Cpu.VectorMath.FloatBits;

namespace StateSpace.Tensors.Cpu.VectorMath;

/// <summary>Logistic function σ(x) = 1/(1 + e^−x), as e^−|x|/(1 + e^−|x|) below 0, so that the left tail keeps its relative accuracy.</summary>
internal readonly struct SigmoidOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x)
    {
        var e = Exponential.Exp(-Vector512.Abs(x));
        var numerator = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), e, Vector512<float>.One);
        return numerator / (Vector512<float>.One + e);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x)
    {
        var e = Exponential.Exp(-Vector512.Abs(x));
        var numerator = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<double>.Zero), e, Vector512<double>.One);
        return numerator / (Vector512<double>.One + e);
    }
}

/// <summary>σ′(x) = e/(1 + e)², e = e^−|x|; also the second derivative of softplus.</summary>
internal readonly struct SigmoidDerivative : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x)
    {
        var e = Exponential.Exp(-Vector512.Abs(x));
        return e / Fma(e, e + Vector512.Create(2f), Vector512<float>.One);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x)
    {
        var e = Exponential.Exp(-Vector512.Abs(x));
        return e / Fma(e, e + Vector512.Create(2.0), Vector512<double>.One);
    }
}

/// <summary>tanh x = −t/(2 + t), t = e^(−2|x|) − 1, with the sign of x.</summary>
internal readonly struct TanhOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x)
    {
        var a = Vector512.Abs(x);
        var t = Exponential.Expm1(-(a + a));
        return WithSign(-t / (t + Vector512.Create(2f)), x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x)
    {
        var a = Vector512.Abs(x);
        var t = Exponential.Expm1(-(a + a));
        return WithSign(-t / (t + Vector512.Create(2.0)), x);
    }
}

/// <summary>tanh′(x) = 4e/(1 + e)², e = e^(−2|x|).</summary>
internal readonly struct TanhDerivative : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x)
    {
        var a = Vector512.Abs(x);
        var e = Exponential.Exp(-(a + a));
        return (e * Vector512.Create(4f)) / Fma(e, e + Vector512.Create(2f), Vector512<float>.One);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x)
    {
        var a = Vector512.Abs(x);
        var e = Exponential.Exp(-(a + a));
        return (e * Vector512.Create(4.0)) / Fma(e, e + Vector512.Create(2.0), Vector512<double>.One);
    }
}

/// <summary>
/// log(1 + e^x) = max(x, 0) + log(1 + e^−|x|): e^x far to the left, x itself far to the right. Its derivative is
/// <see cref="SigmoidOperator"/>.
/// </summary>
internal readonly struct SoftplusOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x)
    {
        var e = Exponential.Exp(-Vector512.Abs(x));
        return AtLeast(x, 0f) + Logarithm.Log1pOfUnit(e);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x)
    {
        var e = Exponential.Exp(-Vector512.Abs(x));
        return AtLeast(x, 0.0) + Logarithm.Log1pOfUnit(e);
    }
}
