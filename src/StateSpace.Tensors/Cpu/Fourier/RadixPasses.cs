using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>
/// One pass of Stockham's self-sorting transform, decimation in frequency: with n = r·m the length left and s sub-transforms
/// side by side, y[q + s(rp + k)] = ω_n^(pk) · Σ_j ω_r^(jk) · x[q + s(p + jm)] for p &lt; m, q &lt; s, k &lt; r. The lanes of a row
/// are independent columns, so no lane ever moves. Twiddle factors: per p ≥ 1, ω_n^p … ω_n^((r−1)p) as (re, im). Rows of p = 0
/// need none and are multiplied by a scale instead, which is how the last pass (m = 1) normalizes an inverse.
/// </summary>
internal static unsafe partial class RadixPasses
{
    public static void Run<T>(in PassShape shape, in PassData<T> data, T* twiddles, T* roots, T scale, bool stream)
        where T : unmanaged
    {
        if (stream) RunLegs<T, Streamed>(shape, data, 0, 1, null, roots, scale);
        else RunLegs<T, Scaled>(shape, data, 0, 1, null, roots, scale);
        if (shape.M > 1) RunLegs<T, Twiddled>(shape, data, 1, shape.M, twiddles, roots, scale);
    }

    private static void RunLegs<T, TFactor>(in PassShape shape, in PassData<T> data, int from, int to, T* twiddles, T* roots, T scale)
        where T : unmanaged
        where TFactor : struct
    {
        var loop = new PassLoop(shape, data.Vectors, Vector512<T>.Count, data.InStride, data.OutStride);
        switch (shape.Radix)
        {
            case 2: Radix2<T, TFactor>(loop, data, from, to, twiddles, scale); break;
            case 3: Radix3<T, TFactor>(loop, data, from, to, twiddles, scale); break;
            case 4: Radix4<T, TFactor>(loop, data, from, to, twiddles, scale); break;
            case 5: Radix5<T, TFactor>(loop, data, from, to, twiddles, scale); break;
            default: OddRadix<T, TFactor>(shape.Radix, loop, data, from, to, twiddles, roots, scale); break;
        }
    }

    private static void Radix2<T, TFactor>(in PassLoop loop, in PassData<T> data, int first, int end, T* w, T scale)
        where T : unmanaged
        where TFactor : struct
    {
        var (inLeg, outLeg) = (loop.InLeg, loop.OutLeg);
        for (var p = first; p < end; p++, w += 2)
        {
            var (w1r, w1i) = Factor<T, TFactor>(w, 0, scale);
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
                    StoreFirst<T, TFactor>(ar + br, ai + bi, w1r, yr + v, yi + v);
                    Store<T, TFactor>(ar - br, ai - bi, w1r, w1i, yr + v + outLeg, yi + v + outLeg);
                }
            }
        }
    }

    private static void Radix3<T, TFactor>(in PassLoop loop, in PassData<T> data, int first, int end, T* w, T scale)
        where T : unmanaged
        where TFactor : struct
    {
        var (inLeg, outLeg) = (loop.InLeg, loop.OutLeg);
        var half = Lanes.Broadcast<T>(-0.5);
        var sine = Lanes.Broadcast<T>(0.86602540378443865);
        for (var p = first; p < end; p++, w += 4)
        {
            var (w1r, w1i) = Factor<T, TFactor>(w, 0, scale);
            var (w2r, w2i) = Factor<T, TFactor>(w, 1, scale);
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
                    var (sr, si) = (br + cr, bi + ci);
                    var (dr, di) = ((br - cr) * sine, (bi - ci) * sine);
                    var (mr, mi) = (Lanes.Fma(sr, half, ar), Lanes.Fma(si, half, ai));
                    StoreFirst<T, TFactor>(ar + sr, ai + si, w1r, yr + v, yi + v);
                    Store<T, TFactor>(mr + di, mi - dr, w1r, w1i, yr + v + outLeg, yi + v + outLeg);
                    Store<T, TFactor>(mr - di, mi + dr, w2r, w2i, yr + v + (2 * outLeg), yi + v + (2 * outLeg));
                }
            }
        }
    }

    private static void Radix4<T, TFactor>(in PassLoop loop, in PassData<T> data, int first, int end, T* w, T scale)
        where T : unmanaged
        where TFactor : struct
    {
        var (inLeg, outLeg) = (loop.InLeg, loop.OutLeg);
        for (var p = first; p < end; p++, w += 6)
        {
            var (w1r, w1i) = Factor<T, TFactor>(w, 0, scale);
            var (w2r, w2i) = Factor<T, TFactor>(w, 1, scale);
            var (w3r, w3i) = Factor<T, TFactor>(w, 2, scale);
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
                    var (er, ei) = (ar + cr, ai + ci);
                    var (fr, fi) = (ar - cr, ai - ci);
                    var (gr, gi) = (br + dr, bi + di);
                    var (hr, hi) = (bi - di, dr - br);
                    StoreFirst<T, TFactor>(er + gr, ei + gi, w1r, yr + v, yi + v);
                    Store<T, TFactor>(fr + hr, fi + hi, w1r, w1i, yr + v + outLeg, yi + v + outLeg);
                    Store<T, TFactor>(er - gr, ei - gi, w2r, w2i, yr + v + (2 * outLeg), yi + v + (2 * outLeg));
                    Store<T, TFactor>(fr - hr, fi - hi, w3r, w3i, yr + v + (3 * outLeg), yi + v + (3 * outLeg));
                }
            }
        }
    }

    // The factors of leg k + 1; without twiddle factors, the scale.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<T> Re, Vector512<T> Im) Factor<T, TFactor>(T* w, int k, T scale)
        where T : unmanaged =>
        typeof(TFactor) == typeof(Twiddled)
            ? (Vector512.Create(w[2 * k]), Vector512.Create(w[(2 * k) + 1]))
            : (Vector512.Create(scale), Vector512<T>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreFirst<T, TFactor>(Vector512<T> xr, Vector512<T> xi, Vector512<T> scale, T* yr, T* yi)
        where T : unmanaged
    {
        if (typeof(TFactor) == typeof(Twiddled))
        {
            Vector512.Store(xr, yr);
            Vector512.Store(xi, yi);
        }
        else
        {
            Store<T, TFactor>(xr, xi, scale, scale, yr, yi);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T, TFactor>(Vector512<T> xr, Vector512<T> xi, Vector512<T> wr, Vector512<T> wi, T* yr, T* yi)
        where T : unmanaged
    {
        if (typeof(TFactor) == typeof(Twiddled))
        {
            Vector512.Store(Lanes.Fma(xr, wr, -(xi * wi)), yr);
            Vector512.Store(Lanes.Fma(xr, wi, xi * wr), yi);
        }
        else if (typeof(TFactor) == typeof(Scaled))
        {
            Vector512.Store(xr * wr, yr);
            Vector512.Store(xi * wr, yi);
        }
        else
        {
            Vector512.StoreAlignedNonTemporal(xr * wr, yr);
            Vector512.StoreAlignedNonTemporal(xi * wr, yi);
        }
    }

    private readonly struct Twiddled;

    private readonly struct Scaled;

    private readonly struct Streamed;
}
