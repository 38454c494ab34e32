using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.CausalConvolution;

/// <summary>The unit of parallel work: a block of rows of one sequence, and a tile of channels that keeps those rows in the L2 cache.</summary>
internal readonly record struct ConvolutionPiece(long Sequence, long Block, long Start, long Rows, long Channel, long Channels)
{
    public const long RowsPerBlock = 64;

    private const long ChannelsPerTile = 512;

    /// <summary>Blocks of rows in a sequence; at least one, so that the state of an empty sequence is handled.</summary>
    public static long BlocksOf(long length) => Math.Max(1, (length + RowsPerBlock - 1) / RowsPerBlock);

    public static void ForAll(long batch, long length, long channels, Action<ConvolutionPiece> body)
    {
        var blocks = BlocksOf(length);
        var tiles = (channels + ChannelsPerTile - 1) / ChannelsPerTile;
        CpuTeam.For(checked((int)(batch * blocks * tiles)), index =>
        {
            var (rest, tile) = Math.DivRem(index, tiles);
            var (sequence, block) = Math.DivRem(rest, blocks);
            var (start, channel) = (block * RowsPerBlock, tile * ChannelsPerTile);
            body(new(sequence, block, start, Math.Min(RowsPerBlock, length - start), channel, Math.Min(ChannelsPerTile, channels - channel)));
        });
    }
}
