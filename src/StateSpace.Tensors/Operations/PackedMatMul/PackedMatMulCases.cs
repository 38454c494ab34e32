using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.PackedMatMul;

internal static class PackedMatMulCases
{
    /// <summary>Rows of x, rows and columns of W: few rows and many, vectors, blocks and lines that are not full.</summary>
    private static readonly (Shape Rows, long N, long K)[] Sizes =
    [
        ([1], 1, 1), ([1], 2, 3), ([2], 3, 15), ([3], 17, 17), ([1], 15, 63), ([1, 1], 4, 64), ([2, 1], 63, 65), ([5], 65, 130), ([15], 17, 255), ([17], 255, 257), ([65], 63, 33),
        ([2, 63], 129, 130), ([], 5, 96), ([0], 3, 5),
    ];

    /// <summary>The int8 kernel rounds x to 2⁻¹⁶ of a block's largest: errors below 2⁻¹⁶ √(K / 3) for weights and inputs in ±1.</summary>
    private const double RoundedInputTolerance = 1e-4;

    public static IEnumerable<ConformanceCase> All =>
    [
        .. from storage in Enum.GetValues<WeightStorage>()
           from size in Sizes
           select new ConformanceCase(
               "PackedMatMul",
               $"{storage} {size.Rows} rows, W ({size.N}, {size.K})",
               [new Shape[] { [.. size.Rows.ToArray(), size.K] }[0], new CaseInput([size.N, size.K]) { IsParameter = true }],
               x => [Product(x[0], x[1], storage)],
               x => [PackedMatMulReference.Forward(x[0], PackedMatMulReference.Stored(x[1], storage))],
               Differentiable: false,
               Float32Tolerance: storage == WeightStorage.Int8 ? RoundedInputTolerance : 1e-5),
        .. from storage in Enum.GetValues<WeightStorage>()
           select new ConformanceCase(
               "PackedEmbedding",
               $"{storage} (17, 65)",
               [new CaseInput([17, 65]) { IsParameter = true }, new([3, 5], 0, 17, DType.Int32)],
               x => [Rows(x[0], x[1], storage)],
               x => [Embedding.EmbeddingReference.Forward(PackedMatMulReference.Stored(x[0], storage), x[1])],
               Differentiable: false),
    ];

    private static Tensor Product(Tensor x, Tensor weight, WeightStorage storage)
    {
        using var packed = PackedMatrix.From(weight, storage);
        return PackedMatMul.Apply(x, packed);
    }

    private static Tensor Rows(Tensor table, Tensor ids, WeightStorage storage)
    {
        using var packed = PackedMatrix.From(table, storage);
        return PackedEmbedding.Apply(packed, ids);
    }
}
