using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu.VectorMath;

namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>e^(2πik/n) to the last bits, with the same bits on every machine.</summary>
internal static class RootOfUnity
{
    /// <summary>Cosine and sine of 2πk/n, reduced in integers to an angle of at most π/4.</summary>
    public static (double Cos, double Sin) Of(long k, long n)
    {
        k %= n;
        var quadrant = 4 * k / n;
        var r = (4 * k) - (quadrant * n);
        var mirrored = 2 * r > n;
        if (mirrored) r = n - r;
        var (sines, cosines) = Trigonometry.SinCos(Vector512.Create(r * (Math.PI / 2) / n));
        var (cos, sin) = (cosines.ToScalar(), sines.ToScalar());
        if (mirrored) (cos, sin) = (sin, cos);
        return quadrant switch
        {
            0 => (cos, sin),
            1 => (-sin, cos),
            2 => (-cos, -sin),
            _ => (sin, -cos),
        };
    }
}
