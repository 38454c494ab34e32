using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>
/// Runs a transform over the columns of (batch, rows, columns) in blocks of one to four vectors with fixed borders. Whole vectors are
/// read and written in place, a stride apart; columns that do not fill their last vector, and rows of zero padding, go through
/// scratch memory. Large results are written past the caches: lines a stride apart are hardly ever still there when their
/// neighbours are written. All paths give the same bits.
/// </summary>
internal static unsafe class ColumnBlocks
{
    private const int Widest = 4;
    private const int FewestBlocks = 8;
    private const int CacheLine = 64;
    private const long SmallestForTeam = 1 << 14;

    // Two pairs of buffers should stay in half a second-level cache of 1 MiB, which a result larger than that leaves anyway.
    private const long LargestBuffers = 512 << 10;
    private const long SmallestForStreaming = 1 << 20;

    public static void Run<T>(ColumnTransform<T> transform, ColumnRows<T> source, ColumnRows<T> sink, int batch, int columns)
        where T : unmanaged, INumber<T>
    {
        if (batch <= 0 || columns <= 0) return;
        var vectors = Widest;
        while (vectors > 1 && 4 * transform.InRows * vectors * CacheLine > LargestBuffers) vectors /= 2;
        while (vectors > 1 && (long)batch * Blocks<T>(columns, vectors) < FewestBlocks) vectors /= 2;

        var blocks = Blocks<T>(columns, vectors);
        var stream = 2 * batch * transform.OutRows * columns * sizeof(T) >= SmallestForStreaming && IsAligned(sink);
        var count = checked(batch * blocks);
        if (batch * transform.InRows * columns >= SmallestForTeam) CpuTeam.For(count, Block);
        else for (var i = 0; i < count; i++) Block(i);

        void Block(int i)
        {
            var column = i % blocks * vectors * Vector512<T>.Count;
            var lanes = Math.Min(vectors * Vector512<T>.Count, columns - column);
            RunBlock(transform, source, sink, i / blocks, column, lanes, stream);
        }
    }

    private static void RunBlock<T>(
        ColumnTransform<T> transform, ColumnRows<T> source, ColumnRows<T> sink, int batch, int column, int lanes, bool stream)
        where T : unmanaged, INumber<T>
    {
        var vectors = (lanes + Vector512<T>.Count - 1) / Vector512<T>.Count;
        var width = (long)vectors * Vector512<T>.Count;
        var readInPlace = lanes == width && source.IsComplete(transform.InRows);
        var writeInPlace = lanes == width && sink.IsComplete(transform.OutRows);
        var (inSize, outSize) = (readInPlace ? 0 : 2 * transform.InRows * width, writeInPlace ? 0 : 2 * transform.OutRows * width);
        using var workspace = new FftWorkspace((inSize + outSize + (transform.WorkRows * width)) * sizeof(T));
        var work = (T*)workspace.Pointer;

        var (x, y) = (source.At(batch, column), sink.At(batch, column));
        var (from, to) = (x, y);
        if (!readInPlace)
        {
            from = SplitRows<T>.In(work, transform.InRows, vectors);
            Gather(x.Re, x.Stride, from.Re, width, source.RealRows, transform.InRows, lanes);
            Gather(x.Im, x.Stride, from.Im, width, source.ImaginaryRows, transform.InRows, lanes);
        }

        if (!writeInPlace) to = SplitRows<T>.In(work + inSize, transform.OutRows, vectors);
        transform.Run(from, to, vectors, work + inSize + outSize, stream && writeInPlace);
        if (writeInPlace)
        {
            if (stream && Sse.IsSupported) Sse.StoreFence();
            return;
        }

        Scatter(to.Re, width, y.Re, y.Stride, sink.RealRows, lanes);
        Scatter(to.Im, width, y.Im, y.Stride, sink.ImaginaryRows, lanes);
    }

    // Lanes of the given rows, with zeros in the other lanes and rows.
    private static void Gather<T>(T* x, long stride, T* copy, long width, long given, long rows, int lanes)
        where T : unmanaged
    {
        for (long row = 0; row < given; row++)
        {
            var to = new Span<T>(copy + (row * width), (int)width);
            new ReadOnlySpan<T>(x + (row * stride), lanes).CopyTo(to);
            to[lanes..].Clear();
        }

        NativeMemory.Clear(copy + (given * width), (nuint)((rows - given) * width * sizeof(T)));
    }

    private static void Scatter<T>(T* copy, long width, T* y, long stride, long wanted, int lanes)
        where T : unmanaged
    {
        for (long row = 0; row < wanted; row++)
            new ReadOnlySpan<T>(copy + (row * width), lanes).CopyTo(new Span<T>(y + (row * stride), lanes));
    }

    private static bool IsAligned<T>(ColumnRows<T> sink)
        where T : unmanaged =>
        (((nuint)sink.Re | (nuint)sink.Im | (nuint)(sink.Stride * sizeof(T)) | (nuint)(sink.BatchStride * sizeof(T))) & (CacheLine - 1)) == 0;

    private static int Blocks<T>(int columns, int vectors)
    {
        var lanes = vectors * Vector512<T>.Count;
        return (columns + lanes - 1) / lanes;
    }
}
