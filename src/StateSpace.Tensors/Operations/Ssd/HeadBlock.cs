namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>Some heads of one group of one sequence: the unit of parallel work of the chunked form, which goes through time on its own.</summary>
/// <param name="Sequence">Index in the batch.</param>
/// <param name="Group">g.</param>
/// <param name="Index">Index of the block in its group.</param>
/// <param name="Head">First head.</param>
/// <param name="Heads">Number of heads.</param>
internal readonly record struct HeadBlock(long Sequence, long Group, long Index, long Head, int Heads)
{
    /// <summary>
    /// Columns H·P of a block: wide enough for its products with B and C, while its state (N, columns) and its rows of a chunk fit the L2
    /// cache and there are blocks for many threads.
    /// </summary>
    private const long Columns = 128;

    /// <summary>Blocks that share a group.</summary>
    public static long PerGroup(SsdTensors tensors)
    {
        var heads = tensors.X.Shape[2] / Math.Max(1, tensors.B.Shape[2]);
        var perBlock = Math.Clamp(Columns / Math.Max(1, tensors.X.Shape[3]), 1, Math.Max(1, heads));
        return (heads + perBlock - 1) / perBlock;
    }

    /// <summary>Block <paramref name="index"/> of all: the heads of a group are dealt out evenly to its blocks.</summary>
    public static HeadBlock At(long index, long groups, long headsPerGroup, long blocksPerGroup)
    {
        var (rest, block) = Math.DivRem(index, blocksPerGroup);
        var (sequence, group) = Math.DivRem(rest, groups);
        long start = block * headsPerGroup / blocksPerGroup, end = (block + 1) * headsPerGroup / blocksPerGroup;
        return new(sequence, group, block, (group * headsPerGroup) + start, (int)(end - start));
    }
}
