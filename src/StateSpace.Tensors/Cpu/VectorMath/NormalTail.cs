using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static StateSpace.Tensors.Cpu.VectorMath.FloatBits;

namespace StateSpace.Tensors.Cpu.VectorMath;

/// <summary>
/// The tail of the normal distribution, Φ(−a) = e^(−a²/2)·g(a) for a ≥ 0, where g(a) = w·Q(1 − 2kw), w = 1/(a + k), and Q is a
/// minimax polynomial on all of [0, ∞). Keeps its relative accuracy far into the tail, unlike ½(1 + erf).
/// </summary>
internal static class NormalTail
{
    /// <summary>e^(−a²/2), with the rounding error of a² carried along.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Gaussian(Vector512<float> a)
    {
        var p = a * a;
        var low = Fma(a, a, -p);
        return Exponential.Exp(p * Vector512.Create(-0.5f), low * Vector512.Create(-0.5f));
    }

    /// <summary>e^(−a²/2), with the rounding error of a² carried along.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Gaussian(Vector512<double> a)
    {
        var p = a * a;
        var low = Fma(a, a, -p);
        return Exponential.Exp(p * Vector512.Create(-0.5), low * Vector512.Create(-0.5));
    }

    /// <summary>g(a) = Φ(−a)·e^(a²/2) for a ≥ 0; k = 3, relative error of the polynomial 2^-30.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scaled(Vector512<float> a)
    {
        var (w, low) = Reciprocal(a, Vector512.Create(3f));
        var t = Fma(low, Vector512.Create(-6f), Fma(w, Vector512.Create(-6f), Vector512<float>.One));
        var q = Fma(t, Vector512.Create(5.44907016e-05f), 0.000131333218f);
        q = Fma(q, t, -0.000244730676f);
        q = Fma(q, t, -0.00103257678f);
        q = Fma(q, t, 0.00102475355f);
        q = Fma(q, t, 0.00696931267f);
        q = Fma(q, t, -0.0104625123f);
        q = Fma(q, t, -0.0472626872f);
        q = Fma(q, t, 0.230017707f);
        q = Fma(q, t, -0.509332001f);
        q = Fma(q, t, 0.729083717f);
        return Fma(q, low, q * w);
    }

    /// <summary>g(a) = Φ(−a)·e^(a²/2) for a ≥ 0; k = 4, relative error of the polynomial 2^-55.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Scaled(Vector512<double> a)
    {
        var (w, low) = Reciprocal(a, Vector512.Create(4.0));
        var t = Fma(low, Vector512.Create(-8.0), Fma(w, Vector512.Create(-8.0), Vector512<double>.One));
        var s = t * t;
        var even = Fma(s, Vector512.Create(-1.2251496704157764e-09), 1.4679872519637161e-08);
        var odd = Fma(s, Vector512.Create(-4.0161982281812776e-10), 1.6276803918935156e-08);
        even = Fma(even, s, -7.7233868442349152e-08);
        odd = Fma(odd, s, -1.5688724950104516e-07);
        even = Fma(even, s, 2.6410699655701015e-07);
        odd = Fma(odd, s, 1.0220924943344446e-06);
        even = Fma(even, s, -6.2516180502626247e-07);
        odd = Fma(odd, s, -5.9201266722327406e-06);
        even = Fma(even, s, 7.149365353289805e-07);
        odd = Fma(odd, s, 3.5144605629988191e-05);
        even = Fma(even, s, -1.9078313387034449e-06);
        odd = Fma(odd, s, -0.00023109491080370909);
        even = Fma(even, s, 0.00013334424615889831);
        odd = Fma(odd, s, 0.0016308184541304908);
        even = Fma(even, s, -0.0034796923613607321);
        odd = Fma(odd, s, -0.0075401889664922159);
        even = Fma(even, s, 0.06039657489065358);
        odd = Fma(odd, s, -0.18652185795966364);
        even = Fma(even, s, 0.38713740074221975);
        odd = Fma(odd, s, -0.60789664197189208);
        even = Fma(even, s, 0.75528513041575152);
        var q = Fma(odd, t, even);
        return Fma(q, low, q * w);
    }

    // 1/(a + k) as a rounded quotient and its error: g depends on it with a condition number above 2.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> W, Vector512<float> Low) Reciprocal(Vector512<float> a, Vector512<float> k)
    {
        var sum = a + k;
        var b = sum - k;
        var sumLow = (a - b) + (k - (sum - b));
        var w = Vector512<float>.One / sum;
        return (w, Fma(-sumLow, w, Fma(-sum, w, Vector512<float>.One)) * w);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<double> W, Vector512<double> Low) Reciprocal(Vector512<double> a, Vector512<double> k)
    {
        var sum = a + k;
        var b = sum - k;
        var sumLow = (a - b) + (k - (sum - b));
        var w = Vector512<double>.One / sum;
        return (w, Fma(-sumLow, w, Fma(-sum, w, Vector512<double>.One)) * w);
    }
}
