using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>
/// Some neighbouring columns of one batch entry. Whole vectors are read and written in place, a stride apart; columns that do not
/// fill their last vector, and rows of zero padding, go through scratch memory, of which each method takes what it needs.
/// </summary>
internal readonly unsafe struct ColumnBlock<T>(int batch, int column, int lanes)
    where T : unmanaged, INumber<T>
{
    public readonly long Batch = batch;
    public readonly long Column = column;

    public int Vectors => (lanes + Vector512<T>.Count - 1) / Vector512<T>.Count;

    /// <summary>Lanes of a row of scratch memory.</summary>
    public long Width => (long)Vectors * Vector512<T>.Count;

    private bool Whole => lanes == Width;

    public SplitRows<T> Scratch(long rows, ref T* work)
    {
        var result = new SplitRows<T>(work, work + (rows * Width), Width);
        work += 2 * rows * Width;
        return result;
    }

    /// <summary>The rows of x, of which <paramref name="given"/> exist and the others are zero.</summary>
    public SplitRows<T> Read(SplitRows<T> x, long given, long rows, ref T* work)
    {
        if (Whole && given == rows) return x;
        var staged = Scratch(rows, ref work);
        Gather(x.Re, x.Stride, staged.Re, given, rows);
        Gather(x.Im, x.Stride, staged.Im, given, rows);
        return staged;
    }

    /// <summary>Rows 2j as real and rows 2j + 1 as imaginary parts, for j in [0, pairs).</summary>
    public SplitRows<T> ReadPairs(T* x, long stride, long given, long pairs, ref T* work)
    {
        if (Whole && given == 2 * pairs) return new(x, x + stride, 2 * stride);
        var staged = Scratch(pairs, ref work);
        Gather(x, 2 * stride, staged.Re, (given + 1) / 2, pairs);
        Gather(x + stride, 2 * stride, staged.Im, given / 2, pairs);
        return staged;
    }

    /// <summary>Real rows with a zero imaginary part, in scratch memory.</summary>
    public SplitRows<T> ReadReal(T* x, long stride, long given, long rows, ref T* work)
    {
        var staged = Scratch(rows, ref work);
        Gather(x, stride, staged.Re, given, rows);
        NativeMemory.Clear(staged.Im, (nuint)(rows * Width * sizeof(T)));
        return staged;
    }

    /// <summary>Where to write rows of y, of which the first <paramref name="wanted"/> will reach it by <see cref="EndWrite"/>.</summary>
    public SplitRows<T> BeginWrite(SplitRows<T> y, long rows, long wanted, ref T* work) =>
        Whole && wanted == rows ? y : Scratch(rows, ref work);

    public void EndWrite(SplitRows<T> staged, SplitRows<T> y, long wanted)
    {
        if (staged.Re == y.Re) return;
        Scatter(staged.Re, y.Re, y.Stride, wanted);
        Scatter(staged.Im, y.Im, y.Stride, wanted);
    }

    public SplitRows<T> BeginWritePairs(T* y, long stride, long wanted, long pairs, ref T* work) =>
        Whole && wanted == 2 * pairs ? new(y, y + stride, 2 * stride) : Scratch(pairs, ref work);

    public void EndWritePairs(SplitRows<T> staged, T* y, long stride, long wanted)
    {
        if (staged.Re == y) return;
        Scatter(staged.Re, y, 2 * stride, (wanted + 1) / 2);
        Scatter(staged.Im, y + stride, 2 * stride, wanted / 2);
    }

    public void WriteReal(SplitRows<T> staged, T* y, long stride, long wanted) => Scatter(staged.Re, y, stride, wanted);

    /// <summary>Rows first … end − 1 of y become those of x times scale.</summary>
    public void CopyScaled(SplitRows<T> x, SplitRows<T> y, long first, long end, T scale)
    {
        var s = Vector512.Create(scale);
        for (var row = first; row < end; row++)
        {
            for (long v = 0; v < Width; v += Vector512<T>.Count)
            {
                Vector512.Store(Vector512.Load(x.Re + (row * x.Stride) + v) * s, y.Re + (row * y.Stride) + v);
                Vector512.Store(Vector512.Load(x.Im + (row * x.Stride) + v) * s, y.Im + (row * y.Stride) + v);
            }
        }
    }

    /// <summary>All n rows of a spectrum from its first (n + 1)/2, n odd; the imaginary part of row 0 is ignored.</summary>
    public void ExtendHermitian(SplitRows<T> x, SplitRows<T> z, int n, T interior)
    {
        CopyScaled(x, z, 0, 1, T.One);
        NativeMemory.Clear(z.Im, (nuint)(Width * sizeof(T)));
        CopyScaled(x, z, 1, (n / 2) + 1, interior);
        for (long k = 1; k <= n / 2; k++)
        {
            for (long v = 0; v < Width; v += Vector512<T>.Count)
            {
                Vector512.Store(Vector512.Load(z.Re + (k * Width) + v), z.Re + ((n - k) * Width) + v);
                Vector512.Store(-Vector512.Load(z.Im + (k * Width) + v), z.Im + ((n - k) * Width) + v);
            }
        }
    }

    private void Gather(T* x, long stride, T* staged, long given, long rows)
    {
        for (long row = 0; row < given; row++)
        {
            var to = new Span<T>(staged + (row * Width), (int)Width);
            new ReadOnlySpan<T>(x + (row * stride), lanes).CopyTo(to);
            to[lanes..].Clear();
        }

        NativeMemory.Clear(staged + (given * Width), (nuint)((rows - given) * Width * sizeof(T)));
    }

    private void Scatter(T* staged, T* y, long stride, long wanted)
    {
        for (long row = 0; row < wanted; row++) new ReadOnlySpan<T>(staged + (row * Width), lanes).CopyTo(new(y + (row * stride), lanes));
    }
}
