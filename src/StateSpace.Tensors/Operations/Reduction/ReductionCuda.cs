using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.Reduction;

/// <summary>Launches of <c>Sum.cu</c> and <c>Ordered.cu</c>. What is added to what depends on the shape alone.</summary>
internal static class ReductionCuda
{
    /// <summary>Elements of a row beyond which few rows are cut into pieces, and elements of a piece.</summary>
    private const long LongRow = 16384;
    private const long Piece = 8192;

    /// <summary>Blocks that fill any device several times.</summary>
    private const long ManyBlocks = 1024;

    /// <summary>Blocks below which columns are spread over more of them.</summary>
    private const long FewBlocks = 264;

    /// <summary>Rows that a thread adds up at a time (<c>ROWS</c> of <c>Sum.cu</c>).</summary>
    private const int Rows = 4;

    /// <summary>Elements of a line that a thread takes at a time (<c>RUN</c> of <c>Ordered.cu</c>).</summary>
    private const int Run = 8;

    private static readonly string[] Target = [.. Enum.GetValues<DType>().Select(dtype => "TARGET=" + CudaKernel.Element(dtype))];

    /// <summary>Sums over the middle of (outer, length, inner), in y's type.</summary>
    public static void Sum(Tensor x, ReductionLayout layout, Tensor y)
    {
        if (y.Count == 0) return;
        if (layout.Length == 0) y.Clear();
        else if (layout.Inner == 1) SumRows(x, layout, y);
        else SumColumns(x, layout, y);
    }

    /// <summary>Where the largest elements along the middle are (Int64), and the elements where <paramref name="value"/> is not null.</summary>
    public static void ArgMax(Tensor x, ReductionLayout layout, Tensor index, Tensor? value)
    {
        if (index.Count == 0) return;
        var lines = layout.Outer * layout.Inner;
        var packed = IsPacked(x, layout, x.DType.PerPack());
        var lanes = Packs.Lanes(layout.Length, packed ? x.DType.PerPack() : 4, lines, layout.Inner);
        CudaKernel.For(x, "Ordered", "arg_max").Launch(Blocks(lines, lanes), Packs.Block, x, index, value, lines, layout.Length, layout.Inner, lanes, packed ? 1 : 0);
    }

    /// <summary>Sums so far along the middle.</summary>
    public static void CumulativeSum(Tensor x, ReductionLayout layout, bool reverse, Tensor y)
    {
        if (y.Count == 0) return;
        var lines = layout.Outer * layout.Inner;
        var lanes = Packs.Lanes(layout.Length, Run, lines, layout.Inner);
        var packed = IsPacked(x, layout, Run) && Packs.IsAligned(y.Address());
        CudaKernel.For(x, "Ordered", "cumulative_sum")
            .Launch(Blocks(lines, lanes), Packs.Block, x, y, lines, layout.Length, layout.Inner, lanes, reverse ? 1 : 0, packed ? 1 : 0);
    }

    private static bool IsPacked(Tensor x, ReductionLayout layout, int elements) => layout.Inner == 1 && layout.Length % elements == 0 && Packs.IsAligned(x.Address());

    private static long Blocks(long lines, int lanes) => Grid.Cover(lines, Packs.Block / lanes);

    private static void SumRows(Tensor x, ReductionLayout layout, Tensor y)
    {
        var (rows, length) = (layout.Outer, layout.Length);
        var perPack = x.DType.PerPack();
        var packed = Packs.IsAligned(x.Address()) && length % perPack == 0;
        var pieces = length > LongRow && rows < ManyBlocks ? Math.Min(Grid.Cover(length, Piece), Math.Max(1, ManyBlocks / rows)) : 1;
        var pieceLength = pieces == 1 ? length : Grid.Cover(Grid.Cover(length, pieces), Packs.Block * perPack) * Packs.Block * perPack;
        pieces = Grid.Cover(length, pieceLength);
        var lanes = (int)Math.Min(Packs.Block, Packs.PowerOfTwo(Grid.Cover(pieceLength, (packed ? perPack : 1) * Rows)));
        using var partial = pieces == 1 ? null : Tensor.Empty([rows, pieces], DType.Float64, x.Device);
        var target = partial ?? y;
        CudaKernel.For(x, "Sum", "sum_rows", Target[(int)target.DType])
            .Launch(Blocks(rows * pieces, lanes), Packs.Block, x, target, rows, length, pieces, pieceLength, lanes, packed ? 1 : 0);
        if (partial is not null) SumRows(partial, new(rows, pieces, 1), y);
    }

    private static void SumColumns(Tensor x, ReductionLayout layout, Tensor y)
    {
        var (outer, length, inner) = layout;
        var perPack = x.DType.PerPack();
        var packed = Packs.IsAligned(x.Address()) && inner % perPack == 0;
        var columns = outer * (packed ? inner / perPack : inner);

        // Threads of a block: `width` columns side by side, `lanes` rows one below the other.
        var fours = Packs.PowerOfTwo(Grid.Cover(length, Rows));
        var lanes = Math.Min(Packs.Block / Math.Min(32, Packs.PowerOfTwo(columns)), fours);
        while (Packs.Block / lanes > 8 && lanes < fours && Grid.Cover(columns, Packs.Block / lanes) * Math.Max(1, length / (lanes * 16)) < FewBlocks) lanes *= 2;
        var blocks = Grid.Cover(columns, Packs.Block / lanes);
        var chunks = Math.Min(Math.Max(1, ManyBlocks / blocks), Math.Max(1, length / (lanes * 16)));
        var chunkLength = Grid.Cover(length, chunks);
        chunks = Grid.Cover(length, chunkLength);
        using var partial = chunks == 1 ? null : Tensor.Empty([outer, chunks, inner], DType.Float64, x.Device);
        var target = partial ?? y;
        CudaKernel.For(x, "Sum", "sum_columns", Target[(int)target.DType])
            .Launch(blocks * chunks, Packs.Block, x, target, outer, length, inner, chunks, chunkLength, (int)lanes, packed ? 1 : 0);
        if (partial is not null) SumColumns(partial, new(outer, chunks, inner), y);
    }
}
