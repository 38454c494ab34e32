using System.Numerics;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>
/// The step between a real transform of even length n and a complex one of length m = n/2: with z_j = x_2j + i·x_(2j+1),
/// Z = DFT z, E = (Z_k + Z̄_(m−k))/2, O = (Z_k − Z̄_(m−k))/2i and w = e^(−2πik/n): X_k = E + w·O, X_(m−k) = conj(E − w·O).
/// An odd length has no such step and runs as a complex transform of length n.
/// </summary>
internal sealed unsafe class RealFftTables<T> : IFftTables
    where T : unmanaged, INumber<T>
{
    private readonly T[] _roots;

    public RealFftTables(int n)
    {
        Length = n;
        Complex = FftPlans<T>.Get(n % 2 == 0 ? n / 2 : n);
        _roots = n % 2 == 0 ? new T[2 * ((n / 4) + 1)] : [];
        for (var k = 0; k < _roots.Length / 2; k++)
        {
            var (cos, sin) = RootOfUnity.Of(k, n);
            _roots[2 * k] = T.CreateTruncating(cos);
            _roots[(2 * k) + 1] = T.CreateTruncating(-sin);
        }
    }

    public int Length { get; }

    /// <summary>Transform of length n/2 (n even) or n (n odd).</summary>
    public FftPlan<T> Complex { get; }

    public long TableSize => _roots.Length;

    /// <summary>w^k, k ≤ n/4.</summary>
    public (T Re, T Im) Root(int k) => (_roots[2 * k], _roots[(2 * k) + 1]);

    /// <summary>Spectrum X of n/2 + 1 rows from Z of n/2 rows; row 0 and row n/2 times edge, the others times interior.</summary>
    public void Unpack(SplitRows<T> z, SplitRows<T> x, long width, T edge, T interior, bool stream)
    {
        var m = Length / 2;
        var e = Vector512.Create(edge);
        var h = Vector512.Create(interior) * Lanes.Broadcast<T>(0.5);
        for (long v = 0; v < width; v += Vector512<T>.Count)
        {
            var (zr, zi) = z.Load(0, v);
            x.Store(0, v, (zr + zi) * e, Vector512<T>.Zero);
            x.Store(m, v, (zr - zi) * e, Vector512<T>.Zero);
        }

        for (var k = 1; k < m - k; k++)
        {
            var (wr, wi) = (Vector512.Create(_roots[2 * k]), Vector512.Create(_roots[(2 * k) + 1]));
            for (long v = 0; v < width; v += Vector512<T>.Count)
            {
                var (ar, ai) = z.Load(k, v);
                var (br, bi) = z.Load(m - k, v);
                var (er, ei) = ((ar + br) * h, (ai - bi) * h);
                var (or, oi) = ((ai + bi) * h, (br - ar) * h);
                var (tr, ti) = (Lanes.Fma(or, wr, -(oi * wi)), Lanes.Fma(or, wi, oi * wr));
                if (stream)
                {
                    x.Stream(k, v, er + tr, ei + ti);
                    x.Stream(m - k, v, er - tr, ti - ei);
                }
                else
                {
                    x.Store(k, v, er + tr, ei + ti);
                    x.Store(m - k, v, er - tr, ti - ei);
                }
            }
        }

        if (m % 2 == 0) Conjugate(z, x, m / 2, width, interior);
    }

    /// <summary>
    /// Z of n/2 rows from a spectrum X of n/2 + 1 rows, whose imaginary parts in row 0 and row n/2 are ignored; other rows times interior.
    /// </summary>
    public void Pack(SplitRows<T> x, SplitRows<T> z, long width, T interior)
    {
        var m = Length / 2;
        var e = Lanes.Broadcast<T>(0.5);
        var h = Vector512.Create(interior) * Lanes.Broadcast<T>(0.5);
        for (long v = 0; v < width; v += Vector512<T>.Count)
        {
            var (first, last) = (x.Load(0, v).Re, x.Load(m, v).Re);
            z.Store(0, v, (first + last) * e, (first - last) * e);
        }

        for (var k = 1; k < m - k; k++)
        {
            var (wr, wi) = (Vector512.Create(_roots[2 * k]), Vector512.Create(_roots[(2 * k) + 1]));
            for (long v = 0; v < width; v += Vector512<T>.Count)
            {
                var (pr, pi) = x.Load(k, v);
                var (qr, qi) = x.Load(m - k, v);
                var (er, ei) = ((pr + qr) * h, (pi - qi) * h);
                var (dr, di) = ((pr - qr) * h, (pi + qi) * h);
                var (or, oi) = (Lanes.Fma(dr, wr, di * wi), Lanes.Fma(di, wr, -(dr * wi)));
                z.Store(k, v, er - oi, ei + or);
                z.Store(m - k, v, er + oi, or - ei);
            }
        }

        if (m % 2 == 0) Conjugate(x, z, m / 2, width, interior);
    }

    private static void Conjugate(SplitRows<T> from, SplitRows<T> to, int row, long width, T interior)
    {
        var s = Vector512.Create(interior);
        for (long v = 0; v < width; v += Vector512<T>.Count)
        {
            var (re, im) = from.Load(row, v);
            to.Store(row, v, re * s, -im * s);
        }
    }
}
