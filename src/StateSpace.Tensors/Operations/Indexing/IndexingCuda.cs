using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.Operations.Layout;
using StateSpace.Tensors.Operations.Reduction;

namespace StateSpace.Tensors.Operations.Indexing;

/// <summary>Launches of <c>Indexing.cu</c>. Numbers out of range are found on the device and thrown when the host next waits for it.</summary>
internal static class IndexingCuda
{
    /// <summary>Lines from which a thread has one; fewer of them, if long, have a warp each.</summary>
    private const long ManyLines = 1 << 15;

    private const int Warp = 32;

    public static void Gather(string operation, Tensor x, int axis, Tensor index, Tensor y)
    {
        if (y.Count == 0) return;
        var (_, length, inner) = ReductionLayout.Over(x.Shape, axis, axis + 1);
        var check = CudaDevice.Of(x.Device).Check;
        CudaKernel.For(x, "Indexing", "gather", Integer(index))
            .Launch(Packs.Blocks(y.Count), Packs.Block, x, index, y, y.Count, index.Shape[axis], length, inner, check.Record, check.Site(operation, "index", index.Shape, length));
    }

    /// <summary>y = x, then the sources are added in order; BFloat16 in Float32, rounded at the end.</summary>
    public static void ScatterAdd(string operation, Tensor x, int axis, Tensor index, Tensor source, Tensor y)
    {
        if (y.Count == 0) return;
        if (y.DType != y.DType.Accurate())
        {
            using var wide = Tensor.Empty(y.Shape, y.DType.Accurate(), y.Device);
            LayoutCuda.Convert(x, wide);
            Add(operation, axis, index, source, wide);
            LayoutCuda.Convert(wide, y);
            return;
        }

        y.CopyFrom(x);
        Add(operation, axis, index, source, y);
    }

    private static void Add(string operation, int axis, Tensor index, Tensor source, Tensor y)
    {
        if (index.Count == 0) return;
        var (outer, length, inner) = ReductionLayout.Over(y.Shape, axis, axis + 1);
        var (lines, picks) = (outer * inner, index.Shape[axis]);
        var byWarp = lines < ManyLines && picks >= Warp;
        var check = CudaDevice.Of(y.Device).Check;
        CudaKernel.For(source, "Indexing", byWarp ? "scatter_add_warp" : "scatter_add", Integer(index), y.DType == DType.Float64 ? "SUM=double" : "SUM=float").Launch(
            Grid.Cover(lines, byWarp ? Packs.Block / Warp : Packs.Block),
            Packs.Block,
            index,
            source,
            y,
            lines,
            picks,
            length,
            inner,
            check.Record,
            check.Site(operation, "index", index.Shape, length));
    }

    private static string Integer(Tensor index) => index.DType == DType.Int32 ? "INDEX=int" : "INDEX=i64";
}
