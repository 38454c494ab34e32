using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>
/// How N states of a channel lie in the kernels' memory: by quads of vectors that a kernel works on at a time, four real states, or two complex
/// ones as re, re, im, im. States past N are zeros, and stay so. A vector holds one number for each channel of a block.
/// </summary>
internal readonly unsafe struct ScanQuads<T>(long states, bool complex)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Vectors of a quad.</summary>
    public const int Size = 4;

    private static int Lanes => Vector512<T>.Count;

    /// <summary>States of a quad.</summary>
    private readonly int _width = complex ? 2 : Size;

    public long States => states;

    public bool IsComplex => complex;

    /// <summary>Quads of N states.</summary>
    public long Count => (states + _width - 1) / _width;

    /// <summary>Vectors of N states.</summary>
    public long Vectors => Count * Size;

    /// <summary>Which vector holds the real (0) or imaginary (1) part of state n.</summary>
    public long Vector(long n, int part) => (n / _width * Size) + (part * _width) + (n % _width);

    /// <summary>Rows of (D, N), one for each channel of a block, times a factor, to vectors.</summary>
    public void LoadRows(T* re, T* im, int channels, T reFactor, T imFactor, T* packed)
    {
        if (channels < Lanes || re == null || Count * _width > states) new Span<T>(packed, checked((int)(Vectors * Lanes))).Clear();
        if (re == null) return;
        if (complex)
        {
            for (long n = 0; n < states; n++)
            {
                Spread(re + n, channels, reFactor, packed + (Vector(n, 0) * Lanes));
                Spread(im + n, channels, imFactor, packed + (Vector(n, 1) * Lanes));
            }

            return;
        }

        for (long n = 0; n < states; n += TileTranspose.Strip)
        {
            TileTranspose.Run(re + n, states, packed + (n * Lanes), Lanes, (int)Math.Min(TileTranspose.Strip, states - n), channels);
        }

        if (reFactor == T.One) return;
        var factor = Vector512.Create(reFactor);
        for (long n = 0; n < states; n++) Vector512.Store(Vector512.Load(packed + (n * Lanes)) * factor, packed + (n * Lanes));
    }

    /// <summary>The reverse of <see cref="LoadRows"/>; nothing where there is no array.</summary>
    public void StoreRows(T* packed, T* re, T* im, int channels)
    {
        if (re == null) return;
        if (!complex)
        {
            TileTranspose.Run(packed, Lanes, re, states, channels, states);
            return;
        }

        for (long n = 0; n < states; n++)
        {
            Gather(packed + (Vector(n, 0) * Lanes), channels, re + n);
            Gather(packed + (Vector(n, 1) * Lanes), channels, im + n);
        }
    }

    /// <summary>Rows of (L, N), one for each step, to (quads, stride, 4).</summary>
    public void LoadSteps(T* re, T* im, long steps, T* packed, long stride)
    {
        for (long quad = 0; quad < Count; quad++)
        {
            var to = packed + (quad * stride * Size);
            var first = quad * _width;
            var width = Math.Min(_width, states - first);
            for (long t = 0; t < steps; t++, to += Size)
            {
                var from = (t * states) + first;
                if (!complex && width == Size)
                {
                    (to[0], to[1], to[2], to[3]) = (re[from], re[from + 1], re[from + 2], re[from + 3]);
                    continue;
                }

                (to[0], to[1], to[2], to[3]) = (T.Zero, T.Zero, T.Zero, T.Zero);
                for (long k = 0; k < width; k++)
                {
                    to[k] = re[from + k];
                    if (complex) to[_width + k] = im[from + k];
                }
            }
        }
    }

    private void Spread(T* source, int channels, T factor, T* packed)
    {
        for (var lane = 0; lane < channels; lane++) packed[lane] = source[lane * states] * factor;
    }

    private void Gather(T* packed, int channels, T* target)
    {
        for (var lane = 0; lane < channels; lane++) target[lane * states] = packed[lane];
    }
}
