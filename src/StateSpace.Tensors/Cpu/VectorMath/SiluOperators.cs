using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static StateSpace.Tensors.Cpu.VectorMath.FloatBits;

namespace StateSpace.Tensors.Cpu.VectorMath;

/// <summary>SiLU (swish), x·σ(x); −0 at −∞. Below −87 (−708) the factor e^x is subnormal and the result loses relative accuracy.</summary>
internal readonly struct SiluOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x)
    {
        var finite = AtLeast(x, -1000f);
        var e = Exponential.Exp(-Vector512.Abs(finite));
        var numerator = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), e, Vector512<float>.One);
        return finite * numerator / (Vector512<float>.One + e);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x)
    {
        var finite = AtLeast(x, -1000.0);
        var e = Exponential.Exp(-Vector512.Abs(finite));
        var numerator = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<double>.Zero), e, Vector512<double>.One);
        return finite * numerator / (Vector512<double>.One + e);
    }
}

/// <summary>SiLU′(x) = σ(x)·(1 + x·(1 − σ(x))); relative accuracy except beside its zero at −1.278.</summary>
internal readonly struct SiluDerivative : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x)
    {
        var finite = Clamp(x, -1000f, 1000f);
        var e = Exponential.Exp(-Vector512.Abs(finite));
        var right = Vector512<float>.One / (Vector512<float>.One + e);
        var left = e * right;
        var negative = Vector512.LessThan(x, Vector512<float>.Zero);
        var sigma = Vector512.ConditionalSelect(negative, left, right);
        var complement = Vector512.ConditionalSelect(negative, right, left);
        return sigma * Fma(finite, complement, Vector512<float>.One);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x)
    {
        var finite = Clamp(x, -1000.0, 1000.0);
        var e = Exponential.Exp(-Vector512.Abs(finite));
        var right = Vector512<double>.One / (Vector512<double>.One + e);
        var left = e * right;
        var negative = Vector512.LessThan(x, Vector512<double>.Zero);
        var sigma = Vector512.ConditionalSelect(negative, left, right);
        var complement = Vector512.ConditionalSelect(negative, right, left);
        return sigma * Fma(finite, complement, Vector512<double>.One);
    }
}
