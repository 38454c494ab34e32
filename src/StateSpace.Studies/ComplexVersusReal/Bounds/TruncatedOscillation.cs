namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>
/// r^k q(k), q a polynomial of degree n − 1, near Re(A^k), A = r e^{iθ}: the counterexample to the constant of Theorem 1. Such a response
/// is the limit of real systems of dimension n whose eigenvalues run together at r, so every larger error is attained.
/// </summary>
/// <remarks>
/// With k = (t−1)(1+x)/2 and z = θ(t−1)/2, cos(kθ) = cos z cos(zx) − sin z sin(zx), and Jacobi's expansion cos(zx) = J₀ + 2 Σ (−1)^m
/// J_{2m}(z) T_{2m}(x), sin(zx) = 2 Σ (−1)^m J_{2m+1}(z) T_{2m+1}(x) is cut off at degree n − 1. The Bessel functions J_i(z) fall off
/// steeply once i exceeds z ≈ tθ/2.
/// </remarks>
internal static class TruncatedOscillation
{
    /// <summary>ℓ1 distance Σ_{k&lt;t} r^k |cos(kθ) − q(k)| with r = 0.5^{1/t}.</summary>
    /// <param name="t">Horizon.</param>
    /// <param name="angle">θ, in radians.</param>
    /// <param name="dimension">n, the number of terms kept.</param>
    public static double Error(int t, double angle, int dimension)
    {
        var z = angle * (t - 1) / 2;
        var bessel = BesselFunctions(z);
        var sum = 0.0;
        for (var k = 0; k < t; k++)
        {
            var position = Math.Acos(Math.Clamp((2.0 * k / (t - 1)) - 1, -1, 1));
            var tail = 0.0;
            for (var i = dimension; i < bessel.Length; i++)
            {
                var sign = i / 2 % 2 == 0 ? 2 : -2;
                tail += sign * bessel[i] * (i % 2 == 0 ? Math.Cos(z) : -Math.Sin(z)) * Math.Cos(i * position);
            }

            sum += Math.Pow(0.5, (double)k / t) * Math.Abs(tail);
        }

        return sum;
    }

    /// <summary>J_i(z), i from 0, up to where they vanish in double precision, by Miller's backward recurrence.</summary>
    internal static double[] BesselFunctions(double z)
    {
        // Beyond this order J_i(z) < 1e−30 for every z ≥ 0: the fall-off starts at z and has width z^{1/3}.
        var kept = (int)(z + (16 * Math.Cbrt(z)) + 40);
        var values = new double[kept];
        var start = (kept + 40) / 2 * 2;
        double next = 0, current = 1e-280, total = 0;
        for (var i = start; i >= 0; i--)
        {
            if (i < kept) values[i] = current;
            if (i % 2 == 0) total += i == 0 ? current : 2 * current;
            if (i == 0) break;
            (next, current) = (current, (2 * i / z * current) - next);
            if (Math.Abs(current) < 1e200) continue;
            (next, current, total) = (next * 1e-200, current * 1e-200, total * 1e-200);
            for (var j = i; j < kept; j++) values[j] *= 1e-200;
        }

        // J₀ + 2 Σ J_{2m} = 1.
        for (var i = 0; i < kept; i++) values[i] /= total;
        return values;
    }
}
