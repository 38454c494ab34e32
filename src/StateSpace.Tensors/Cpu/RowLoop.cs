namespace StateSpace.Tensors.Cpu;

/// <summary>Loops over rows that also sum over them, channel by channel: the gradients of a normalization's weight and bias.</summary>
internal static unsafe class RowLoop
{
    /// <summary>Rows of a parallel piece; also the rows that one partial sum covers.</summary>
    public const long RowsPerBlock = 64;

    /// <summary>Handles rows start … end − 1 and adds to the piece's own sums, one row of channels after another for each total.</summary>
    public delegate void Body<T>(long start, long end, T* sums)
        where T : unmanaged;

    /// <summary>Runs <paramref name="body"/> over blocks of rows, each with sums that begin at zero, and adds up the blocks' sums in order.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="totals">Receive the sums; each has the size of a row.</param>
    /// <param name="body">Work of one block.</param>
    public static void WithSums<T>(long rows, ReadOnlySpan<Tensor> totals, Body<T> body)
        where T : unmanaged
    {
        var (count, channels) = (totals.Length, totals[0].Count);
        using var partial = Tensor.Zeros([Math.Max(1, (rows + RowsPerBlock - 1) / RowsPerBlock), count, channels], totals[0].DType);
        var sums = partial.Pointer<T>();
        CpuTeam.ForBlocks(rows, RowsPerBlock, (start, end) => body(start, end, sums + (start / RowsPerBlock * count * channels)));
        using var total = partial.Sum(0);
        for (var i = 0; i < count; i++)
        {
            using var row = total.Alias(totals[i].Shape, i * channels);
            totals[i].CopyFrom(row);
        }
    }
}
