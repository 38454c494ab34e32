using System.Numerics;

namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>Factors n = n₁·n₂ and twiddle factors e^(−2πi·j₂k₁/n) of the four-step transform, stored by (j₂, k₁).</summary>
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
        for (long j = 0; j < Columns; j++)
        {
            for (long k = 0; k < Rows; k++)
            {
                var (cos, sin) = RootOfUnity.Of(j * k, n);
                _re[(j * Rows) + k] = T.CreateTruncating(cos);
                _im[(j * Rows) + k] = T.CreateTruncating(-sin);
            }
        }
    }

    /// <summary>n₁, the largest divisor up to √n.</summary>
    public int Rows { get; }

    /// <summary>n₂ = n/n₁.</summary>
    public int Columns { get; }

    public long TableSize => _re.Length + _im.Length;

    /// <summary>y (n₂, n₁) = transpose of x (n₁, n₂), times the twiddle factors.</summary>
    public void TwiddleAndTranspose(T* xRe, T* xIm, T* yRe, T* yIm)
    {
        for (var jTile = 0; jTile < Columns; jTile += Tile)
        {
            for (var kTile = 0; kTile < Rows; kTile += Tile)
            {
                for (var j = jTile; j < Math.Min(jTile + Tile, Columns); j++)
                {
                    for (var k = kTile; k < Math.Min(kTile + Tile, Rows); k++)
                    {
                        var from = ((long)k * Columns) + j;
                        var to = ((long)j * Rows) + k;
                        var (re, im, wr, wi) = (xRe[from], xIm[from], _re[to], _im[to]);
                        yRe[to] = (re * wr) - (im * wi);
                        yIm[to] = (re * wi) + (im * wr);
                    }
                }
            }
        }
    }
}
