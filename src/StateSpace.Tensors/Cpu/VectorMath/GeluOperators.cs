using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static StateSpace.Tensors.Cpu.VectorMath.FloatBits;

namespace StateSpace.Tensors.Cpu.VectorMath;

/// <summary>GELU, x·Φ(x) with the normal distribution function Φ (the erf form); −0 at −∞.</summary>
internal readonly struct GeluOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x)
    {
        var finite = AtLeast(x, -15f);
        var a = Vector512.Abs(Clamp(x, -15f, 15f));
        var tail = NormalTail.Gaussian(a) * NormalTail.Scaled(a);
        return finite * Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), tail, Vector512<float>.One - tail);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x)
    {
        var finite = AtLeast(x, -40.0);
        var a = Vector512.Abs(Clamp(x, -40.0, 40.0));
        var tail = NormalTail.Gaussian(a) * NormalTail.Scaled(a);
        return finite * Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<double>.Zero), tail, Vector512<double>.One - tail);
    }
}

/// <summary>GELU′(x) = Φ(x) + x·φ(x); relative accuracy except beside its zero at −0.752.</summary>
internal readonly struct GeluDerivative : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x)
    {
        var a = Vector512.Abs(Clamp(x, -15f, 15f));
        var left = NormalTail.Gaussian(a) * Fma(a, Vector512.Create(-0.398942292f), NormalTail.Scaled(a));
        return Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), left, Vector512<float>.One - left);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x)
    {
        var a = Vector512.Abs(Clamp(x, -40.0, 40.0));
        var left = NormalTail.Gaussian(a) * Fma(a, Vector512.Create(-0.3989422804014327), NormalTail.Scaled(a));
        return Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<double>.Zero), left, Vector512<double>.One - left);
    }
}

/// <summary>
/// Error function: x·(2/√π + x²·P(x²)) for |x| &lt; 1, else 1 − 2·Φ(−√2·|x|) with the sign of x.
/// </summary>
internal readonly struct ErfOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x)
    {
        var b = Clamp(x, -11f, 11f);
        var z = b * b;
        var low = Fma(b, b, -z);
        var p = Fma(z, Vector512.Create(7.89911210e-05f), -0.000802495400f);
        p = Fma(p, z, 0.00519017875f);
        p = Fma(p, z, -0.0268549249f);
        p = Fma(p, z, 0.112836175f);
        p = Fma(p, z, -0.376126289f);
        var small = b * Fma(p, z, 1.12837923f);

        var a = Vector512.Abs(b) * Vector512.Create(1.41421354f);
        var large = Fma(Exponential.Exp(-z, -low) * Vector512.Create(-2f), NormalTail.Scaled(a), Vector512<float>.One);
        var inside = Vector512.LessThan(z, Vector512<float>.One);
        return WithSign(Vector512.ConditionalSelect(inside, small, large), x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x)
    {
        var b = Clamp(x, -30.0, 30.0);
        var z = b * b;
        var low = Fma(b, b, -z);
        var p = Fma(z, Vector512.Create(-7.7952405841425351e-10), 1.3720082593190548e-08);
        p = Fma(p, z, -1.6208598120021887e-07);
        p = Fma(p, z, 1.6447458414191717e-06);
        p = Fma(p, z, -1.4924741668434693e-05);
        p = Fma(p, z, 0.00012055295297148267);
        p = Fma(p, z, -0.00085483259953502474);
        p = Fma(p, z, 0.005223977607745134);
        p = Fma(p, z, -0.026866170643355801);
        p = Fma(p, z, 0.11283791670946214);
        p = Fma(p, z, -0.37612638903183598);
        var small = b * Fma(p, z, 1.1283791670955126);

        var a = Vector512.Abs(b) * Vector512.Create(1.4142135623730951);
        var large = Fma(Exponential.Exp(-z, -low) * Vector512.Create(-2.0), NormalTail.Scaled(a), Vector512<double>.One);
        var inside = Vector512.LessThan(z, Vector512<double>.One);
        return WithSign(Vector512.ConditionalSelect(inside, small, large), x);
    }
}
