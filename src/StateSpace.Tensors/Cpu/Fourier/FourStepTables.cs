using System.Numerics;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>Factors n = n₁·n₂ and twiddle factors e^(−2πi·j₂k₁/n) of the four-step transform, stored by (k₁, j₂).</summary>
internal sealed unsafe class FourStepTables<T> : IFftTables
    where T : unmanaged, INumber<T>
{
    private const int Tile = 16;

    private readonly T[] _re;
    private readonly T[] _im;

    public FourStepTables(int n)
    {
        Rows = (int)Math.Sqrt(n);
        while (n % Rows != 0) Rows--;
        Columns = n / Rows;
        _re = new T[n];
        _im = new T[n];
        for (long k = 0; k < Rows; k++)
        {
            for (long j = 0; j < Columns; j++)
            {
                var (cos, sin) = RootOfUnity.Of(j * k, n);
                _re[(k * Columns) + j] = T.CreateTruncating(cos);
                _im[(k * Columns) + j] = T.CreateTruncating(-sin);
            }
        }
    }

    /// <summary>n₁, the largest divisor up to √n.</summary>
    public int Rows { get; }

    /// <summary>n₂ = n/n₁.</summary>
    public int Columns { get; }

    public long TableSize => _re.Length + _im.Length;

    /// <summary>y (n₂, n₁) = transpose of x (n₁, n₂), times the twiddle factors; x is overwritten.</summary>
    public void TwiddleAndTranspose(T* xRe, T* xIm, T* yRe, T* yIm)
    {
        Twiddle(xRe, xIm);
        Transpose(xRe, yRe);
        Transpose(xIm, yIm);
    }

    private void Twiddle(T* xRe, T* xIm)
    {
        fixed (T* wRe = _re, wIm = _im)
        {
            long i = 0;
            for (; i <= _re.Length - Vector512<T>.Count; i += Vector512<T>.Count)
            {
                var (re, im) = (Vector512.Load(xRe + i), Vector512.Load(xIm + i));
                var (wr, wi) = (Vector512.Load(wRe + i), Vector512.Load(wIm + i));
                Vector512.Store(Lanes.Fma(re, wr, -(im * wi)), xRe + i);
                Vector512.Store(Lanes.Fma(re, wi, im * wr), xIm + i);
            }

            for (; i < _re.Length; i++)
            {
                var (re, im) = (xRe[i], xIm[i]);
                xRe[i] = (re * wRe[i]) - (im * wIm[i]);
                xIm[i] = (re * wIm[i]) + (im * wRe[i]);
            }
        }
    }

    private void Transpose(T* x, T* y)
    {
        for (var jTile = 0; jTile < Columns; jTile += Tile)
        {
            var jEnd = Math.Min(jTile + Tile, Columns);
            for (var kTile = 0; kTile < Rows; kTile += Tile)
            {
                var kEnd = Math.Min(kTile + Tile, Rows);
                for (var j = jTile; j < jEnd; j++)
                {
                    var from = x + ((long)kTile * Columns) + j;
                    var to = y + ((long)j * Rows);
                    for (var k = kTile; k < kEnd; k++, from += Columns) to[k] = *from;
                }
            }
        }
    }
}
