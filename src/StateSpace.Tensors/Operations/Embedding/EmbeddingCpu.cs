using System.Numerics;
using System.Numerics.Tensors;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.Embedding;

/// <summary>Copies rows; the gradient adds, for each row of the table, what arrived at its uses in their order.</summary>
internal static unsafe class EmbeddingCpu
{
    /// <summary>Elements of a parallel piece.</summary>
    private const long Grain = 1 << 15;

    /// <summary>Columns of a parallel piece of the gradient, so that a row with most of the uses is shared.</summary>
    private const long ColumnBlock = 1024;

    public static void Forward(Tensor table, Tensor ids, Tensor y)
    {
        var bytes = table.Shape[1] * table.DType.Size();
        byte* source = table.Bytes(), target = y.Bytes();
        var id = ids.Pointer<long>();
        CpuTeam.ForBlocks(ids.Count, Math.Max(1, Grain / Math.Max(1, table.Shape[1])), (start, end) =>
        {
            for (var i = start; i < end; i++) Buffer.MemoryCopy(source + (id[i] * bytes), target + (i * bytes), bytes, bytes);
        });
    }

    public static void Backward<T>(Tensor ids, Tensor gradient, Tensor dtable)
        where T : unmanaged, INumber<T>
    {
        long rows = dtable.Shape[0], columns = dtable.Shape[1];
        if (dtable.Count == 0) return;

        // Most rows of a language model's table have no use. Cleared as a whole, memory is written without being read first.
        dtable.Clear();
        using var starts = Tensor.Zeros([rows + 1], DType.Int64);
        using var uses = Tensor.Empty([ids.Count], DType.Int64);
        SortByRow(ids, starts.Pointer<long>(), uses.Pointer<long>(), rows);

        long* start = starts.Pointer<long>(), use = uses.Pointer<long>();
        T* source = gradient.Pointer<T>(), target = dtable.Pointer<T>();
        var blocks = (columns + ColumnBlock - 1) / ColumnBlock;
        var rowsPerPiece = Math.Max(1, Grain / Math.Min(columns, ColumnBlock));
        var pieces = (rows + rowsPerPiece - 1) / rowsPerPiece;
        CpuTeam.For(checked((int)(pieces * blocks)), index =>
        {
            var column = index % blocks * ColumnBlock;
            var width = (int)Math.Min(ColumnBlock, columns - column);
            var first = index / blocks * rowsPerPiece;
            for (var row = first; row < Math.Min(rows, first + rowsPerPiece); row++)
            {
                var sum = new Span<T>(target + (row * columns) + column, width);
                var (from, to) = (start[row], start[row + 1]);
                if (from < to) Use(from).CopyTo(sum);
                for (var i = from + 1; i < to; i++) TensorPrimitives.Add(sum, Use(i), sum);
            }

            ReadOnlySpan<T> Use(long i) => new(source + (use[i] * columns) + column, width);
        });
    }

    /// <summary>Counting sort: positions of the uses of row r, in order, are uses[starts[r]] … uses[starts[r + 1] − 1].</summary>
    private static void SortByRow(Tensor ids, long* starts, long* uses, long rows)
    {
        var id = ids.Pointer<long>();
        for (long i = 0; i < ids.Count; i++) starts[id[i]]++;
        long next = 0;
        for (long row = 0; row < rows; row++)
        {
            var count = starts[row];
            starts[row] = next;
            next += count;
        }

        // Filling moves each start to its end, which is the next row's start.
        for (long i = 0; i < ids.Count; i++) uses[starts[id[i]]++] = i;
        for (var row = rows; row > 0; row--) starts[row] = starts[row - 1];
        starts[0] = 0;
    }
}
