using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.Layout;

/// <summary>Launches of <c>Layout.cu</c> and <c>Convert.cu</c>.</summary>
internal static class LayoutCuda
{
    private const int Tile = 32;
    private const int CopyFixed = 6;
    private const int TransposeFixed = 8;

    private static readonly string[] Target = [.. Enum.GetValues<DType>().Select(dtype => "TARGET=" + CudaKernel.Element(dtype))];

    /// <summary>Copies a box from one contiguous tensor into another of the same rank, each at an offset in elements.</summary>
    public static void Box(Shape box, Tensor source, long sourceOffset, Tensor target, long targetOffset) =>
        Copy(new StridedCopy(box.ToArray(), StridedCopy.RowMajor(source.Shape), StridedCopy.RowMajor(target.Shape)), source, sourceOffset, target, targetOffset);

    /// <summary>Copies along axes with any strides.</summary>
    public static void Copy(StridedCopy copy, Tensor source, long sourceOffset, Tensor target, long targetOffset)
    {
        var axes = copy.Axes;
        if (Array.Exists(axes, axis => axis.Size == 0)) return;
        var bytes = source.DType.Size();
        var (from, to) = (source.Address() + (ulong)(sourceOffset * bytes), target.Address() + (ulong)(targetOffset * bytes));
        var across = Array.FindIndex(axes, axis => axis.Left == 1);
        if (axes[0] is { Left: 1, Right: 1 })
        {
            var unit = LargestUnit(axes, bytes, from | to);
            var scale = unit / bytes;
            for (var i = 1; i < axes.Length; i++) axes[i] = axes[i] with { Left = axes[i].Left / scale, Right = axes[i].Right / scale };
            axes[0] = axes[0] with { Size = axes[0].Size / scale };
            CopyBox(source.Device, unit, from, to, axes);
        }
        else if (across < 1)
        {
            CopyBox(source.Device, bytes, from, to, axes);
        }
        else
        {
            StridedAxis[] outer = [.. axes[1..across], .. axes[(across + 1)..]];
            Transpose(source.Device, bytes, from, to, axes[across], axes[0], outer);
        }
    }

    /// <summary>y = x, rounded to y's type.</summary>
    public static void Convert(Tensor x, Tensor y)
    {
        if (x.Count == 0) return;
        CudaKernel.For(x, "Convert", "convert", Target[(int)y.DType])
            .Launch(Packs.Blocks(x.Count / Math.Min(x.DType.PerPack(), y.DType.PerPack())), Packs.Block, x, y, x.Count, Packs.AreAligned(x, y) ? 1 : 0);
    }

    /// <summary>Sets every element to a value, rounded to y's type.</summary>
    public static void Fill(Tensor y, double value)
    {
        if (y.Count == 0) return;
        CudaKernel.For(y, "Convert", "fill", Target[(int)y.DType])
            .Launch(Packs.Blocks(y.Count / y.DType.PerPack()), Packs.Block, y, value, y.Count, Packs.IsAligned(y.Address()) ? 1 : 0);
    }

    /// <summary>The largest access that divides runs and strides.</summary>
    private static int LargestUnit(StridedAxis[] axes, int bytes, ulong addresses)
    {
        var together = addresses | (ulong)(axes[0].Size * bytes);
        for (var i = 1; i < axes.Length; i++) together |= (ulong)(axes[i].Left * bytes) | (ulong)(axes[i].Right * bytes);
        return (int)Math.Min(Packs.Bytes, together & (~together + 1));
    }

    private static void CopyBox(Device device, int unit, ulong from, ulong to, ReadOnlySpan<StridedAxis> axes)
    {
        var inner = axes[0];
        var outer = axes[1..];
        if (outer.Length > StridedAxis.MostOuter)
        {
            var last = outer[^1];
            for (var i = 0L; i < last.Size; i++) CopyBox(device, unit, from + (ulong)(i * last.Left * unit), to + (ulong)(i * last.Right * unit), axes[..^1]);
            return;
        }

        var count = StridedAxis.Count(axes);
        Span<KernelArgument> arguments = new KernelArgument[CopyFixed + StridedAxis.Arguments];
        arguments[0] = from;
        arguments[1] = to;
        arguments[2] = count;
        arguments[3] = inner.Size;
        arguments[4] = inner.Left;
        arguments[5] = inner.Right;
        StridedAxis.Write(outer, arguments[CopyFixed..]);
        CudaKernel.For(device, "Layout", "copy_box", Unit(unit)).Launch(Packs.Blocks(count), Packs.Block, arguments);
    }

    private static void Transpose(Device device, int unit, ulong from, ulong to, StridedAxis across, StridedAxis along, ReadOnlySpan<StridedAxis> outer)
    {
        if (outer.Length > StridedAxis.MostOuter)
        {
            var last = outer[^1];
            for (var i = 0L; i < last.Size; i++)
            {
                Transpose(device, unit, from + (ulong)(i * last.Left * unit), to + (ulong)(i * last.Right * unit), across, along, outer[..^1]);
            }

            return;
        }

        var inPairs = unit == 2 && AreEven(from, to, across, along, outer);
        var side = inPairs ? 2 * Tile : Tile;
        var tiles = StridedAxis.Count(outer) * Grid.Cover(across.Size, side) * Grid.Cover(along.Size, side);
        Span<KernelArgument> arguments = new KernelArgument[TransposeFixed + StridedAxis.Arguments];
        arguments[0] = from;
        arguments[1] = to;
        arguments[2] = across.Size;
        arguments[3] = along.Size;
        arguments[4] = along.Left;
        arguments[5] = across.Right;
        arguments[6] = along.Right;
        arguments[7] = tiles;
        StridedAxis.Write(outer, arguments[TransposeFixed..]);
        CudaKernel.For(device, "Layout", inPairs ? "transpose_pairs" : "transpose", Unit(unit)).Launch(Packs.Blocks(tiles, perBlock: 1), Packs.Block, arguments);
    }

    /// <summary>Whether elements of two bytes can be transposed in pairs.</summary>
    private static bool AreEven(ulong from, ulong to, StridedAxis across, StridedAxis along, ReadOnlySpan<StridedAxis> outer)
    {
        var together = across.Size | along.Size | along.Left | across.Right;
        foreach (var axis in outer) together |= axis.Left | axis.Right;
        return along.Right == 1 && together % 2 == 0 && (from | to) % 4 == 0;
    }

    private static string Unit(int bytes) => bytes switch
    {
        2 => "UNIT=2",
        4 => "UNIT=4",
        8 => "UNIT=8",
        _ => "UNIT=16",
    };
}
