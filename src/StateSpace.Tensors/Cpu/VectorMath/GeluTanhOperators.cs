using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static StateSpace.Tensors.Cpu.VectorMath.FloatBits;

namespace StateSpace.Tensors.Cpu.VectorMath;

/// <summary>
/// The exponential inside GELU's tanh form: ½(1 + tanh u) = σ(2u), 2u = √(8/π)·(x + 0.044715 x³). The cubic carries its
/// rounding errors along (twice the working precision), because the exponential multiplies them by 2u.
/// </summary>
internal static class GeluTanh
{
    public const float SingleLimit = 15f;
    public const double DoubleLimit = 40.0;

    /// <summary>e^(−2u(a)) for 0 ≤ a ≤ the limit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Decay(Vector512<float> a)
    {
        var (one, oneLow) = (Vector512.Create(1.59576917f), Vector512.Create(-4.53406805e-08f));
        var (three, threeLow) = (Vector512.Create(0.0713548139f), Vector512.Create(2.39883247e-09f));
        var square = a * a;
        var squareLow = Fma(a, a, -square);
        var product = square * three;
        var productLow = Fma(square, three, -product) + Fma(squareLow, three, square * threeLow);
        var sum = product + one;
        var b = sum - product;
        var sumLow = (product - (sum - b)) + (one - b) + (productLow + oneLow);
        var high = a * sum;
        var low = Fma(a, sum, -high) + (a * sumLow);
        return Exponential.Exp(-high, -low);
    }

    /// <summary>d(2u)/dx = √(8/π)·(1 + 3·0.044715 x²).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Slope(Vector512<float> x) => Fma(x * x, Vector512.Create(0.214064449f), 1.59576917f);

    /// <summary>e^(−2u(a)) for 0 ≤ a ≤ the limit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Decay(Vector512<double> a)
    {
        var (one, oneLow) = (Vector512.Create(1.5957691216057308), Vector512.Create(-9.9693088091109202e-17));
        var (three, threeLow) = (Vector512.Create(0.071354816272600249), Vector512.Create(-6.175149918155315e-19));
        var square = a * a;
        var squareLow = Fma(a, a, -square);
        var product = square * three;
        var productLow = Fma(square, three, -product) + Fma(squareLow, three, square * threeLow);
        var sum = product + one;
        var b = sum - product;
        var sumLow = (product - (sum - b)) + (one - b) + (productLow + oneLow);
        var high = a * sum;
        var low = Fma(a, sum, -high) + (a * sumLow);
        return Exponential.Exp(-high, -low);
    }

    /// <summary>d(2u)/dx = √(8/π)·(1 + 3·0.044715 x²).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Slope(Vector512<double> x) => Fma(x * x, Vector512.Create(0.21406444881780073), 1.5957691216057308);
}

/// <summary>GELU in its tanh form, ½x(1 + tanh(√(2/π)·(x + 0.044715 x³))); −0 at −∞.</summary>
internal readonly struct GeluTanhOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x)
    {
        var e = GeluTanh.Decay(Vector512.Abs(Clamp(x, -GeluTanh.SingleLimit, GeluTanh.SingleLimit)));
        var numerator = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), e, Vector512<float>.One);
        return AtLeast(x, -GeluTanh.SingleLimit) * numerator / (Vector512<float>.One + e);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x)
    {
        var e = GeluTanh.Decay(Vector512.Abs(Clamp(x, -GeluTanh.DoubleLimit, GeluTanh.DoubleLimit)));
        var numerator = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<double>.Zero), e, Vector512<double>.One);
        return AtLeast(x, -GeluTanh.DoubleLimit) * numerator / (Vector512<double>.One + e);
    }
}

/// <summary>Derivative of <see cref="GeluTanhOperator"/>: σ(2u)·(1 + x·(1 − σ(2u))·(2u)′).</summary>
internal readonly struct GeluTanhDerivative : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x)
    {
        var finite = Clamp(x, -GeluTanh.SingleLimit, GeluTanh.SingleLimit);
        var e = GeluTanh.Decay(Vector512.Abs(finite));
        var right = Vector512<float>.One / (Vector512<float>.One + e);
        var left = e * right;
        var negative = Vector512.LessThan(x, Vector512<float>.Zero);
        var sigma = Vector512.ConditionalSelect(negative, left, right);
        var complement = Vector512.ConditionalSelect(negative, right, left);
        return sigma * Fma(finite * complement, GeluTanh.Slope(finite), Vector512<float>.One);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x)
    {
        var finite = Clamp(x, -GeluTanh.DoubleLimit, GeluTanh.DoubleLimit);
        var e = GeluTanh.Decay(Vector512.Abs(finite));
        var right = Vector512<double>.One / (Vector512<double>.One + e);
        var left = e * right;
        var negative = Vector512.LessThan(x, Vector512<double>.Zero);
        var sigma = Vector512.ConditionalSelect(negative, left, right);
        var complement = Vector512.ConditionalSelect(negative, right, left);
        return sigma * Fma(finite * complement, GeluTanh.Slope(finite), Vector512<double>.One);
    }
}
