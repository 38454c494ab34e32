using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>Radix 5 and the general odd radix (7, 11, 13).</summary>
internal static unsafe partial class RadixPasses
{
    private static void Radix5<T, TFactor>(in PassLoop loop, in PassData<T> data, int first, int end, T* w, T scale)
        where T : unmanaged
        where TFactor : struct
    {
        var (inLeg, outLeg) = (loop.InLeg, loop.OutLeg);
        var cos1 = Lanes.Broadcast<T>(0.30901699437494745);
        var cos2 = Lanes.Broadcast<T>(-0.80901699437494745);
        var sin1 = Lanes.Broadcast<T>(0.95105651629515353);
        var sin2 = Lanes.Broadcast<T>(0.58778525229247314);
        for (var p = first; p < end; p++, w += 8)
        {
            for (var q = 0; q < loop.Rows; q++)
            {
                var xr = data.InRe + (p * loop.InBlock) + (q * loop.InStep);
                var xi = data.InIm + (p * loop.InBlock) + (q * loop.InStep);
                var yr = data.OutRe + (p * loop.OutBlock) + (q * loop.OutStep);
                var yi = data.OutIm + (p * loop.OutBlock) + (q * loop.OutStep);
                for (var v = 0; v < loop.Width; v += Vector512<T>.Count)
                {
                    var (ar, ai) = (Vector512.Load(xr + v), Vector512.Load(xi + v));
                    var (br, bi) = (Vector512.Load(xr + v + inLeg), Vector512.Load(xi + v + inLeg));
                    var (cr, ci) = (Vector512.Load(xr + v + (2 * inLeg)), Vector512.Load(xi + v + (2 * inLeg)));
                    var (dr, di) = (Vector512.Load(xr + v + (3 * inLeg)), Vector512.Load(xi + v + (3 * inLeg)));
                    var (er, ei) = (Vector512.Load(xr + v + (4 * inLeg)), Vector512.Load(xi + v + (4 * inLeg)));
                    var (s1r, s1i) = (br + er, bi + ei);
                    var (d1r, d1i) = (br - er, bi - ei);
                    var (s2r, s2i) = (cr + dr, ci + di);
                    var (d2r, d2i) = (cr - dr, ci - di);
                    var (m1r, m1i) = (Lanes.Fma(s2r, cos2, Lanes.Fma(s1r, cos1, ar)), Lanes.Fma(s2i, cos2, Lanes.Fma(s1i, cos1, ai)));
                    var (m2r, m2i) = (Lanes.Fma(s2r, cos1, Lanes.Fma(s1r, cos2, ar)), Lanes.Fma(s2i, cos1, Lanes.Fma(s1i, cos2, ai)));
                    var (n1r, n1i) = (Lanes.Fma(d2r, sin2, d1r * sin1), Lanes.Fma(d2i, sin2, d1i * sin1));
                    var (n2r, n2i) = (Lanes.Fma(-d2r, sin1, d1r * sin2), Lanes.Fma(-d2i, sin1, d1i * sin2));
                    var (w1r, w1i) = Factor<T, TFactor>(w, 0, scale);
                    var (w2r, w2i) = Factor<T, TFactor>(w, 1, scale);
                    var (w3r, w3i) = Factor<T, TFactor>(w, 2, scale);
                    var (w4r, w4i) = Factor<T, TFactor>(w, 3, scale);
                    StoreFirst<T, TFactor>(ar + (s1r + s2r), ai + (s1i + s2i), w1r, yr + v, yi + v);
                    Store<T, TFactor>(m1r + n1i, m1i - n1r, w1r, w1i, yr + v + outLeg, yi + v + outLeg);
                    Store<T, TFactor>(m2r + n2i, m2i - n2r, w2r, w2i, yr + v + (2 * outLeg), yi + v + (2 * outLeg));
                    Store<T, TFactor>(m2r - n2i, m2i + n2r, w3r, w3i, yr + v + (3 * outLeg), yi + v + (3 * outLeg));
                    Store<T, TFactor>(m1r - n1i, m1i + n1r, w4r, w4i, yr + v + (4 * outLeg), yi + v + (4 * outLeg));
                }
            }
        }
    }

    // Legs j and r − j together: with a = x_j + x_(r−j) and b = x_j − x_(r−j), outputs k and r − k share Σ a cos and Σ b sin.
    private static void OddRadix<T, TFactor>(
        int radix, in PassLoop loop, in PassData<T> data, int first, int end, T* w, T* roots, T scale)
        where T : unmanaged
        where TFactor : struct
    {
        var pairs = (radix - 1) / 2;
        var (inLeg, outLeg) = (loop.InLeg, loop.OutLeg);
        var sumRe = stackalloc Vector512<T>[4 * pairs];
        var sumIm = sumRe + pairs;
        var differenceRe = sumIm + pairs;
        var differenceIm = differenceRe + pairs;
        for (var p = first; p < end; p++, w += 2 * (radix - 1))
        {
            for (var q = 0; q < loop.Rows; q++)
            {
                var xr = data.InRe + (p * loop.InBlock) + (q * loop.InStep);
                var xi = data.InIm + (p * loop.InBlock) + (q * loop.InStep);
                var yr = data.OutRe + (p * loop.OutBlock) + (q * loop.OutStep);
                var yi = data.OutIm + (p * loop.OutBlock) + (q * loop.OutStep);
                for (var v = 0; v < loop.Width; v += Vector512<T>.Count)
                {
                    var (ar, ai) = (Vector512.Load(xr + v), Vector512.Load(xi + v));
                    var (totalRe, totalIm) = (ar, ai);
                    for (var j = 1; j <= pairs; j++)
                    {
                        var (br, bi) = (Vector512.Load(xr + v + (j * inLeg)), Vector512.Load(xi + v + (j * inLeg)));
                        var (cr, ci) = (Vector512.Load(xr + v + ((radix - j) * inLeg)), Vector512.Load(xi + v + ((radix - j) * inLeg)));
                        (sumRe[j - 1], sumIm[j - 1]) = (br + cr, bi + ci);
                        (differenceRe[j - 1], differenceIm[j - 1]) = (br - cr, bi - ci);
                        totalRe += sumRe[j - 1];
                        totalIm += sumIm[j - 1];
                    }

                    StoreFirst<T, TFactor>(totalRe, totalIm, Vector512.Create(scale), yr + v, yi + v);
                    for (var k = 1; k <= pairs; k++)
                    {
                        var (mr, mi) = (ar, ai);
                        var (nr, ni) = (Vector512<T>.Zero, Vector512<T>.Zero);
                        for (var j = 1; j <= pairs; j++)
                        {
                            var root = j * k % radix;
                            var (cos, sin) = (Vector512.Create(roots[2 * root]), Vector512.Create(roots[(2 * root) + 1]));
                            (mr, mi) = (Lanes.Fma(sumRe[j - 1], cos, mr), Lanes.Fma(sumIm[j - 1], cos, mi));
                            (nr, ni) = (Lanes.Fma(differenceRe[j - 1], sin, nr), Lanes.Fma(differenceIm[j - 1], sin, ni));
                        }

                        var (w1r, w1i) = Factor<T, TFactor>(w, k - 1, scale);
                        var (w2r, w2i) = Factor<T, TFactor>(w, radix - k - 1, scale);
                        Store<T, TFactor>(mr + ni, mi - nr, w1r, w1i, yr + v + (k * outLeg), yi + v + (k * outLeg));
                        Store<T, TFactor>(mr - ni, mi + nr, w2r, w2i, yr + v + ((radix - k) * outLeg), yi + v + ((radix - k) * outLeg));
                    }
                }
            }
        }
    }
}
