using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.Operations.MatMul;

namespace StateSpace.Tensors.Operations.PackedMatMul;

/// <summary>Products and look-ups with packed weights on a GPU, which get a copy of the packed bytes when they are first used there.</summary>
internal static class PackedMatMulCuda
{
    /// <summary>Up to this many rows of x each weight is widened in registers; from then on the rows of W are widened in memory, for the matrix multiply.</summary>
    private const int MostFewRows = 8;

    private const int Threads = 256;

    /// <summary>y = x Wᵀ with rows <paramref name="start"/> … of W.</summary>
    public static void Multiply(Tensor x, PackedMatrix weight, long start, long count, Tensor y)
    {
        if (y.Count == 0) return;
        var rows = x.Shape.Product(0, x.Rank - 1);
        var packed = weight.On(x.Device);
        if (rows <= MostFewRows)
        {
            Kernel(x, weight, "packed_few_rows", RowsOf(rows)).Launch(
                Grid.Cover(count, Threads / 32), Threads, x, packed.Address(), Scales(weight, packed), y, rows, start, count, weight.Columns);
            return;
        }

        using var lines = Tensor.Empty([count, weight.Columns], x.DType, x.Device);
        if (lines.Count > 0)
        {
            Kernel(x, weight, "packed_unpack", "ROWS=1").Launch(
                Grid.Cover(lines.Count, Threads), Threads, packed.Address(), Scales(weight, packed), lines, start, count, weight.Columns);
        }

        using var flat = x.Alias([rows, weight.Columns]);
        using var result = y.Alias([rows, count]);
        MatMulCuda.Multiply(flat, lines, result, transposeLeft: false, transposeRight: true);
    }

    /// <summary>y = rows of the table, in Float32.</summary>
    public static void LookUp(string operation, PackedMatrix table, Tensor ids, Tensor y)
    {
        if (y.Count == 0) return;
        var packed = table.On(ids.Device);
        var check = CudaDevice.Of(ids.Device).Check;
        Kernel(y, table, "packed_embedding", "ROWS=1").Launch(
            Grid.Cover(y.Count, Threads), Threads, ids, packed.Address(), Scales(table, packed), y, ids.Count, table.Rows, table.Columns,
            check.Record, check.Site(operation, "id", ids.Shape, table.Rows));
    }

    private static ulong Scales(PackedMatrix weight, Tensor packed) => weight.Storage == WeightStorage.Int8 ? packed.Address() + (ulong)weight.ScalesOffset : 0;

    private static string RowsOf(long rows) => rows switch
    {
        1 => "ROWS=1",
        2 => "ROWS=2",
        <= 4 => "ROWS=4",
        _ => "ROWS=8",
    };

    private static CudaKernel Kernel(Tensor like, PackedMatrix weight, string function, string rows) => CudaKernel.For(
        like,
        "PackedMatMul",
        function,
        weight.Storage switch
        {
            WeightStorage.Float32 => "STORAGE=0",
            WeightStorage.BFloat16 => "STORAGE=1",
            _ => "STORAGE=2",
        },
        rows);
}
