using System.Numerics;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>Work of one block of columns, with its scratch memory.</summary>
internal unsafe delegate void ColumnBlockBody<T>(ColumnBlock<T> block, T* work)
    where T : unmanaged, INumber<T>;

/// <summary>Cuts (batch, n, columns) into blocks of a few vectors of columns and runs them on the team.</summary>
internal static unsafe class ColumnBlocks
{
    // A block's buffers should stay in a second-level cache of 1 MiB; wider rows use lines, pages and prefetches better.
    private const long CacheBytes = 512 << 10;
    private const int WidestBlock = 4;
    private const int FewestBlocks = 16;
    private const long SmallestForTeam = 1 << 14;

    /// <summary>Runs <paramref name="body"/> for every block with room for <paramref name="workRows"/> rows of its width.</summary>
    public static void Run<T>(int batch, int n, int columns, long workRows, ColumnBlockBody<T> body)
        where T : unmanaged, INumber<T>
    {
        if (batch <= 0 || columns <= 0) return;
        var vectors = WidestBlock;
        while (vectors > 1 && (4L * n * vectors * Vector512<byte>.Count > CacheBytes || (long)batch * Blocks<T>(columns, vectors) < FewestBlocks)) vectors /= 2;
        var blocks = Blocks<T>(columns, vectors);
        var count = checked(batch * blocks);
        var lanes = vectors * Vector512<T>.Count;

        void One(int i)
        {
            var column = i % blocks * lanes;
            var block = new ColumnBlock<T>(i / blocks, column, Math.Min(lanes, columns - column));
            using var work = new FftWorkspace(workRows * block.Width * sizeof(T));
            body(block, (T*)work.Pointer);
        }

        if ((long)batch * n * columns >= SmallestForTeam) CpuTeam.For(count, One);
        else for (var i = 0; i < count; i++) One(i);
    }

    private static int Blocks<T>(int columns, int vectors) => (columns + (vectors * Vector512<T>.Count) - 1) / (vectors * Vector512<T>.Count);
}
