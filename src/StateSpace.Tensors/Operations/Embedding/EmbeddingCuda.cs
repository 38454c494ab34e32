using System.Numerics;
using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.Embedding;

/// <summary>
/// Rows are copied by a warp each. The gradient sorts the positions by row, sums chunks of sorted positions, and puts rows that cross chunks
/// together in order: no atomic additions, no order that depends on timing.
/// </summary>
internal static class EmbeddingCuda
{
    private const string Source = "Embedding";
    private const int Threads = 256;
    private const int Warp = 32;
    private const int Digits = 256;
    private const int DigitBits = 8;
    private const int Tile = 2048;
    private const int Chunk = 32;
    private const int OffsetThreads = 1024;

    public static void Forward(string operation, Tensor table, Tensor ids, Tensor y)
    {
        if (ids.Count == 0) return;
        var check = CudaDevice.Of(table.Device).Check;
        CudaKernel.For(table.Device, Source, "embedding_forward", Defines(table, ids)).Launch(
            Grid.Cover(ids.Count, Threads / Warp), Threads, table, ids, y, ids.Count, table.Shape[0], table.Shape[1], check.Record, check.Site(operation, "id", ids.Shape, table.Shape[0]));
    }

    public static void Backward(Tensor ids, Tensor gradient, Tensor dtable)
    {
        dtable.Clear();
        var (count, rows, columns) = (ids.Count, dtable.Shape[0], dtable.Shape[1]);
        if (count == 0 || dtable.Count == 0) return;
        if (Math.Max(count, rows) > int.MaxValue) throw new NotSupportedException($"the gradient of {rows} rows by {count} ids needs more than 31 bits");
        var defines = Defines(dtable, ids);
        var (tiles, chunks, device) = (Grid.Cover(count, Tile), Grid.Cover(count, Chunk), ids.Device);
        using var arrays = Tensor.Empty([4, count], DType.Int32, device);
        using var counts = Tensor.Empty([Digits, tiles], DType.Int32, device);
        using var edges = Tensor.Empty([chunks, 2, columns], dtable.DType.Accurate(), device);
        var (keys, positions, otherKeys, otherPositions) = (Array(0), Array(1), Array(2), Array(3));
        Find("embedding_keys").Launch(Grid.Cover(count, Threads), Threads, ids, keys, positions, count, rows);

        // Least digit first; each pass keeps the order of equal digits.
        for (var shift = 0; shift < BitOperations.Log2((ulong)rows) + 1; shift += DigitBits)
        {
            Find("sort_count").Launch(tiles, Digits, keys, counts, count, shift);
            Find("sort_offsets").Launch(1, OffsetThreads, counts, counts.Count);
            Find("sort_move").Launch(tiles, Digits, keys, positions, counts, otherKeys, otherPositions, count, shift);
            (keys, positions, otherKeys, otherPositions) = (otherKeys, otherPositions, keys, positions);
        }

        var accesses = columns / Vector(dtable);
        var threads = (int)Math.Min(Threads, Grid.Cover(accesses, Warp) * Warp);
        Grid grid = (chunks, Grid.Cover(accesses, threads));
        Find("embedding_sum").Launch(grid, threads, keys, positions, gradient, dtable, edges, count, rows, columns);
        Find("embedding_join").Launch(grid, threads, keys, edges, dtable, count, rows, columns);

        CudaKernel Find(string function) => CudaKernel.For(device, Source, function, defines);

        KernelArgument Array(int index) => arrays.Address() + (ulong)(index * count * DType.Int32.Size());
    }

    private static int Vector(Tensor table)
    {
        var vector = table.DType == DType.Float64 ? 2 : 4;
        while (table.Shape[1] % vector != 0) vector /= 2;
        return vector;
    }

    private static string[] Defines(Tensor table, Tensor ids) =>
        [$"TABLE={CudaKernel.Element(table.DType)}", $"VEC={Vector(table)}", ids.DType == DType.Int32 ? "INDEX=int" : "INDEX=i64"];
}
