using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static StateSpace.Tensors.Cpu.VectorMath.FloatBits;

namespace StateSpace.Tensors.Cpu.VectorMath;

/// <summary>
/// sine and cosine: x = n·π/2 + r with |r| ≤ π/4 (π/2 in three parts, exact products by fused multiply-add), then minimax
/// polynomials. Beyond |x| = <see cref="SingleLimit"/> (<see cref="DoubleLimit"/>) a vector goes lane by lane through
/// <see cref="Math.SinCos(double)"/>, whose bits are the platform's; everything below has the same bits on every machine.
/// </summary>
internal static class Trigonometry
{
    public const float SingleLimit = 1e5f;
    public const double DoubleLimit = 1e8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Sin, Vector512<float> Cos) SinCos(Vector512<float> x)
    {
        if (Vector512.GreaterThanAny(Vector512.Abs(x), Vector512.Create(SingleLimit))) return OfLarge(x);
        var shifted = Fma(x, Vector512.Create(0.636619747f), RoundSingle);
        var n = shifted - Vector512.Create(RoundSingle);
        var r = Fma(n, Vector512.Create(-1.57079637f), x);
        r = Fma(n, Vector512.Create(4.37113883e-08f), r);
        r = Fma(n, Vector512.Create(1.71512451e-15f), r);
        var z = r * r;

        // Relative error 2^-28 (sine), 2^-33 (cosine).
        var s = Fma(z, Vector512.Create(-0.000195163302f), 0.00833217148f);
        s = Fma(s, z, -0.166666552f);
        s = Fma(s, z * r, r);
        var c = Fma(z, Vector512.Create(2.44374041e-05f), -0.00138873584f);
        c = Fma(c, z, 0.0416666456f);
        c = Fma(c, z, -0.5f);
        c = Fma(c, z, Vector512<float>.One);

        // Quadrant n mod 4: odd ones exchange sine and cosine; the second bit of n (of n + 1) is the sign of the sine (cosine).
        var quadrant = shifted.AsInt32();
        var swap = Vector512.Equals(quadrant & Vector512<int>.One, Vector512<int>.One).AsSingle();
        var signOfSin = ((quadrant & Vector512.Create(2)) << 30).AsSingle();
        var signOfCos = (((quadrant + Vector512<int>.One) & Vector512.Create(2)) << 30).AsSingle();
        return (Vector512.ConditionalSelect(swap, c, s) ^ signOfSin, Vector512.ConditionalSelect(swap, s, c) ^ signOfCos);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<double> Sin, Vector512<double> Cos) SinCos(Vector512<double> x)
    {
        if (Vector512.GreaterThanAny(Vector512.Abs(x), Vector512.Create(DoubleLimit))) return OfLarge(x);
        var shifted = Fma(x, Vector512.Create(0.63661977236758138), RoundDouble);
        var n = shifted - Vector512.Create(RoundDouble);
        var r = Fma(n, Vector512.Create(-1.5707963267948966), x);
        r = Fma(n, Vector512.Create(-6.123233995736766e-17), r);
        r = Fma(n, Vector512.Create(1.4973849048591698e-33), r);
        var z = r * r;

        // Relative error 2^-58 (sine), 2^-64 (cosine).
        var s = Fma(z, Vector512.Create(1.5896343637001516e-10), -2.5050750569617408e-08);
        s = Fma(s, z, 2.7557313645448751e-06);
        s = Fma(s, z, -0.0001984126982967921);
        s = Fma(s, z, 0.0083333333333222605);
        s = Fma(s, z, -0.16666666666666632);
        s = Fma(s, z * r, r);
        var c = Fma(z, Vector512.Create(-1.1359339291146453e-11), 2.0875717533913568e-09);
        c = Fma(c, z, -2.755731431186421e-07);
        c = Fma(c, z, 2.4801587289348797e-05);
        c = Fma(c, z, -0.0013888888888873923);
        c = Fma(c, z, 0.041666666666666595);
        c = Fma(c, z, -0.5);
        c = Fma(c, z, Vector512<double>.One);

        var quadrant = shifted.AsInt64();
        var swap = Vector512.Equals(quadrant & Vector512<long>.One, Vector512<long>.One).AsDouble();
        var signOfSin = ((quadrant & Vector512.Create(2L)) << 62).AsDouble();
        var signOfCos = (((quadrant + Vector512<long>.One) & Vector512.Create(2L)) << 62).AsDouble();
        return (Vector512.ConditionalSelect(swap, c, s) ^ signOfSin, Vector512.ConditionalSelect(swap, s, c) ^ signOfCos);
    }

    // Lanes within the limit keep the bits of the fast path, so that a lane does not depend on its neighbours.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (Vector512<float> Sin, Vector512<float> Cos) OfLarge(Vector512<float> x)
    {
        var large = Vector512.GreaterThan(Vector512.Abs(x), Vector512.Create(SingleLimit));
        var (sin, cos) = SinCos(Vector512.ConditionalSelect(large, Vector512<float>.Zero, x));
        for (var i = 0; i < Vector512<float>.Count; i++)
        {
            if (MathF.Abs(x[i]) <= SingleLimit) continue;
            var (s, c) = Math.SinCos(x[i]);
            sin = sin.WithElement(i, (float)s);
            cos = cos.WithElement(i, (float)c);
        }

        return (sin, cos);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (Vector512<double> Sin, Vector512<double> Cos) OfLarge(Vector512<double> x)
    {
        var large = Vector512.GreaterThan(Vector512.Abs(x), Vector512.Create(DoubleLimit));
        var (sin, cos) = SinCos(Vector512.ConditionalSelect(large, Vector512<double>.Zero, x));
        for (var i = 0; i < Vector512<double>.Count; i++)
        {
            if (Math.Abs(x[i]) <= DoubleLimit) continue;
            var (s, c) = Math.SinCos(x[i]);
            sin = sin.WithElement(i, s);
            cos = cos.WithElement(i, c);
        }

        return (sin, cos);
    }
}
