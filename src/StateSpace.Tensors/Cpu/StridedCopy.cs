using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Cpu;

/// <summary>
/// Copies a box of elements between two arrays whose axes have any strides: permutations, slices, concatenations, padding. Axes
/// that lie together in both arrays are merged first; then either runs are copied or, where the innermost axes differ, tiles transposed.
/// </summary>
internal sealed unsafe class StridedCopy
{
    /// <summary>Elements of a parallel piece.</summary>
    private const long Grain = 1 << 15;

    // Innermost last. The target's innermost axis is contiguous.
    private readonly List<Axis> _axes = [];

    /// <summary>A copy of <paramref name="sizes"/> elements along axes in the target's order.</summary>
    public StridedCopy(ReadOnlySpan<long> sizes, ReadOnlySpan<long> sourceStrides, ReadOnlySpan<long> targetStrides)
    {
        for (var i = 0; i < sizes.Length; i++)
        {
            if (sizes[i] == 1) continue;
            var axis = new Axis(sizes[i], sourceStrides[i], targetStrides[i]);
            if (_axes.Count > 0 && _axes[^1].Source == axis.Source * axis.Size && _axes[^1].Target == axis.Target * axis.Size)
            {
                _axes[^1] = axis with { Size = axis.Size * _axes[^1].Size };
            }
            else
            {
                _axes.Add(axis);
            }
        }

        if (_axes.Count == 0) _axes.Add(new(1, 1, 1));
    }

    /// <summary>Whether the elements lie in the same order in both arrays, without gaps.</summary>
    public bool IsIdentity => _axes.Count == 1 && _axes[0].Source == 1 && _axes[0].Target == 1;

    /// <summary>The merged axes, innermost first, with the source as left and the target as right array. At least one.</summary>
    public StridedAxis[] Axes => [.. Enumerable.Reverse(_axes).Select(axis => new StridedAxis(axis.Size, axis.Source, axis.Target))];

    /// <summary>Strides of a contiguous row-major array.</summary>
    public static long[] RowMajor(Shape shape)
    {
        var strides = new long[shape.Rank];
        var stride = 1L;
        for (var i = strides.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= shape[i];
        }

        return strides;
    }

    /// <summary>Copies <paramref name="box"/> from one contiguous tensor into another of the same rank, each at an offset in elements.</summary>
    public static void Box(Shape box, Tensor source, long sourceOffset, Tensor target, long targetOffset) =>
        new StridedCopy(box.ToArray(), RowMajor(source.Shape), RowMajor(target.Shape)).Run(source, sourceOffset, target, targetOffset);

    public void Run(Tensor source, long sourceOffset, Tensor target, long targetOffset)
    {
        if (source.DType.Size() == 4) Run((uint*)source.Bytes() + sourceOffset, (uint*)target.Bytes() + targetOffset);
        else Run((ulong*)source.Bytes() + sourceOffset, (ulong*)target.Bytes() + targetOffset);
    }

    private void Run<T>(T* source, T* target)
        where T : unmanaged
    {
        if (_axes.Exists(axis => axis.Size == 0)) return;
        var inner = _axes[^1];
        var across = _axes.FindIndex(axis => axis.Source == 1);
        if (inner is { Source: 1, Target: 1 })
        {
            if (_axes.Count == 1) CopyRun(source, target, inner.Size);
            else CopyRuns(source, target, inner.Size);
        }
        else
        {
            // Without a contiguous axis of the source any other axis serves.
            Transpose(source, target, across >= 0 && across < _axes.Count - 1 ? across : _axes.Count - 2);
        }
    }

    private static void CopyRun<T>(T* source, T* target, long length)
        where T : unmanaged =>
        CpuTeam.ForBlocks(length, Grain, (start, end) => Copy(source + start, target + start, end - start));

    /// <summary>
    /// The innermost axis is a run. The one before it is stepped through, and where another axis has a smaller stride in the
    /// source, some steps at a time along both, so that the source's pages are read whole.
    /// </summary>
    private void CopyRuns<T>(T* source, T* target, long run)
        where T : unmanaged
    {
        var inner = _axes.Count - 2;
        var rows = _axes[inner];
        var across = -1;
        for (var i = 0; i < inner; i++)
        {
            if (_axes[i].Source < (across < 0 ? rows : _axes[across]).Source) across = i;
        }

        var other = across < 0 ? new(1, 0, 0) : _axes[across];
        var rowsPerPiece = Math.Min(rows.Size, across < 0 ? Math.Max(1, Grain / run) : TileTranspose.Strip);
        var piecesPerPlane = (rows.Size + rowsPerPiece - 1) / rowsPerPiece;
        CpuTeam.ForBlocks(Planes(inner, across) * piecesPerPlane, Math.Max(1, Grain / (rowsPerPiece * other.Size * run)), (start, end) =>
        {
            for (var piece = start; piece < end; piece++)
            {
                var (from, to) = Offsets(piece / piecesPerPlane, inner, across);
                var first = piece % piecesPerPlane * rowsPerPiece;
                var last = Math.Min(rows.Size, first + rowsPerPiece);
                for (long i = 0; i < other.Size; i++)
                {
                    T* plane = source + from + (i * other.Source), copy = target + to + (i * other.Target);
                    for (var row = first; row < last; row++) Copy(plane + (row * rows.Source), copy + (row * rows.Target), run);
                }
            }
        });
    }

    /// <summary>Planes of two axes: the innermost, contiguous in the target, and <paramref name="across"/>, contiguous in the source.</summary>
    private void Transpose<T>(T* source, T* target, int across)
        where T : unmanaged
    {
        if (across < 0)
        {
            var only = _axes[0];
            for (long i = 0; i < only.Size; i++) target[i * only.Target] = source[i * only.Source];
            return;
        }

        Axis inner = _axes[^1], outer = _axes[across];
        var strips = (outer.Size + TileTranspose.Strip - 1) / TileTranspose.Strip;
        var planes = Planes(_axes.Count - 1, across);
        CpuTeam.ForBlocks(planes * strips, Math.Max(1, Grain / (TileTranspose.Strip * inner.Size)), (start, end) =>
        {
            for (var piece = start; piece < end; piece++)
            {
                var (from, to) = Offsets(piece / strips, _axes.Count - 1, across);
                var first = piece % strips * TileTranspose.Strip;
                var width = (int)Math.Min(TileTranspose.Strip, outer.Size - first);
                from += first * outer.Source;
                to += first * outer.Target;
                if (outer.Source == 1 && inner.Target == 1) TileTranspose.Run(source + from, inner.Source, target + to, outer.Target, width, inner.Size);
                else CopyElements(source + from, target + to, outer with { Size = width }, inner);
            }
        });
    }

    private static void CopyElements<T>(T* source, T* target, Axis outer, Axis inner)
        where T : unmanaged
    {
        for (long i = 0; i < outer.Size; i++)
        {
            for (long j = 0; j < inner.Size; j++)
            {
                target[(i * outer.Target) + (j * inner.Target)] = source[(i * outer.Source) + (j * inner.Source)];
            }
        }
    }

    /// <summary>Number of positions along the first <paramref name="count"/> axes but one.</summary>
    private long Planes(int count, int except)
    {
        var planes = 1L;
        for (var i = 0; i < count; i++)
        {
            if (i != except) planes *= _axes[i].Size;
        }

        return planes;
    }

    private (long Source, long Target) Offsets(long plane, int count, int except)
    {
        long source = 0, target = 0;
        for (var i = count - 1; i >= 0; i--)
        {
            if (i == except) continue;
            var index = plane % _axes[i].Size;
            plane /= _axes[i].Size;
            source += index * _axes[i].Source;
            target += index * _axes[i].Target;
        }

        return (source, target);
    }

    private static void Copy<T>(T* source, T* target, long count)
        where T : unmanaged =>
        Buffer.MemoryCopy(source, target, count * sizeof(T), count * sizeof(T));

    private readonly record struct Axis(long Size, long Source, long Target);
}
