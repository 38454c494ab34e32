namespace StateSpace.Tensors.Cuda;

/// <summary>Accesses of 16 bytes: what a thread reads or writes at a time where addresses and sizes allow it.</summary>
internal static class Packs
{
    public const int Bytes = 16;

    /// <summary>Threads of a block of the kernels that go over elements or lines.</summary>
    public const int Block = 256;

    private const long MostBlocks = int.MaxValue;

    /// <summary>Elements of a pack.</summary>
    public static int PerPack(this DType dtype) => Bytes / dtype.Size();

    /// <summary>Whether an address lies at a pack's border.</summary>
    public static bool IsAligned(ulong address) => address % Bytes == 0;

    public static bool AreAligned(Tensor x, Tensor y) => IsAligned(x.Address() | y.Address());

    public static bool AreAligned(Tensor x, Tensor y, Tensor z) => IsAligned(x.Address() | y.Address() | z.Address());

    /// <summary>Blocks for so many threads; the kernels' loops take what is beyond the largest grid.</summary>
    public static long Blocks(long threads, int perBlock = Block) => Math.Clamp((threads + perBlock - 1) / perBlock, 1, MostBlocks);

    /// <summary>The smallest power of two that is not less.</summary>
    public static long PowerOfTwo(long value) => (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)Math.Max(1, value));

    /// <summary>Threads that share a line (<c>lines.cuh</c>), so that each takes about <paramref name="perThread"/> of its elements.</summary>
    /// <param name="length">Elements of a line.</param>
    /// <param name="perThread">Elements for a thread.</param>
    /// <param name="lines">Number of lines.</param>
    /// <param name="inner">Distance of a line's elements; where it is not 1, a warp's threads lie across lines.</param>
    public static int Lanes(long length, int perThread, long lines, long inner)
    {
        var lanes = Math.Min(Block, PowerOfTwo((length + perThread - 1) / perThread));
        if (inner > 1) lanes = Math.Min(lanes, Block / Math.Min(32, PowerOfTwo(lines)));
        return (int)lanes;
    }
}
