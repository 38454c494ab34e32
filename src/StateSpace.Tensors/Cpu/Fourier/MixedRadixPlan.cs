using System.Numerics;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>
/// Stockham passes of radices 2, 3, 4, 5, 7, 11 and 13 between two buffers; the first reads the source, the last writes the result.
/// </summary>
internal sealed unsafe class MixedRadixPlan<T> : FftPlan<T>
    where T : unmanaged, INumber<T>
{
    private readonly PassShape[] _shapes;
    private readonly T[][] _twiddles;
    private readonly T[][] _roots;

    public MixedRadixPlan(int n, int[] radices)
    {
        Length = n;
        _shapes = new PassShape[radices.Length];
        _twiddles = new T[radices.Length][];
        _roots = new T[radices.Length][];
        var (left, s) = (n, 1);
        for (var i = 0; i < radices.Length; i++)
        {
            var radix = radices[i];
            _shapes[i] = new(radix, left / radix, s);
            _twiddles[i] = Twiddles(radix, left);
            _roots[i] = radix > 5 ? Roots(radix) : [];
            TableSize += _twiddles[i].Length + _roots[i].Length;
            left /= radix;
            s *= radix;
        }
    }

    public override int Length { get; }

    public override long WorkRows => _shapes.Length switch { <= 1 => 0, 2 => 2L * Length, _ => 4L * Length };

    public override long TableSize { get; }

    public override void Run(SplitRows<T> x, SplitRows<T> y, int vectors, T* work, T scale, bool stream)
    {
        long width = vectors * Vector512<T>.Count;
        var (even, odd) = (SplitRows<T>.In(work, Length, vectors), SplitRows<T>.In(work + (2 * Length * width), Length, vectors));
        if (_shapes.Length == 0) Copy(x, y, width, scale);
        for (var i = 0; i < _shapes.Length; i++)
        {
            var last = i == _shapes.Length - 1;
            var from = i == 0 ? x : i % 2 == 1 ? even : odd;
            var to = last ? y : i % 2 == 0 ? even : odd;
            var data = new PassData<T>
            {
                InRe = from.Re,
                InIm = from.Im,
                InStride = from.Stride,
                OutRe = to.Re,
                OutIm = to.Im,
                OutStride = to.Stride,
                Vectors = vectors,
            };
            fixed (T* twiddles = _twiddles[i], roots = _roots[i])
                RadixPasses.Run(_shapes[i], data, twiddles, roots, last ? scale : T.One, last && stream);
        }
    }

    // Length 1.
    private static void Copy(SplitRows<T> x, SplitRows<T> y, long width, T scale)
    {
        for (var i = 0; i < width; i++)
        {
            y.Re[i] = x.Re[i] * scale;
            y.Im[i] = x.Im[i] * scale;
        }
    }

    private static T[] Twiddles(int radix, int n)
    {
        var m = n / radix;
        var table = new T[2 * (m - 1) * (radix - 1)];
        var i = 0;
        for (var p = 1; p < m; p++)
        {
            for (var k = 1; k < radix; k++)
            {
                var (cos, sin) = RootOfUnity.Of((long)p * k, n);
                table[i++] = T.CreateTruncating(cos);
                table[i++] = T.CreateTruncating(-sin);
            }
        }

        return table;
    }

    private static T[] Roots(int radix)
    {
        var table = new T[2 * radix];
        for (var k = 0; k < radix; k++)
        {
            var (cos, sin) = RootOfUnity.Of(k, radix);
            table[2 * k] = T.CreateTruncating(cos);
            table[(2 * k) + 1] = T.CreateTruncating(sin);
        }

        return table;
    }
}
