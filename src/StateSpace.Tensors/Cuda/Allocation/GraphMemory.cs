namespace StateSpace.Tensors.Cuda.Allocation;

/// <summary>The memory that a captured graph's replays use: nobody else gets it until the graph is disposed.</summary>
internal sealed unsafe class GraphMemory
{
    private readonly List<(nint Start, nint End)> _touched = [];

    /// <summary>Stretches that are held back.</summary>
    internal List<HeapBlock> Held { get; } = [];

    /// <summary>Whether the graph is gone; what tensors still hold of its memory is theirs alone.</summary>
    internal bool IsDisposed { get; set; }

    /// <summary>Bytes held back.</summary>
    public long HeldBytes => Held.Sum(block => block.Size);

    /// <summary>Notes that the graph uses a stretch.</summary>
    internal void Touch(HeapBlock block) => _touched.Add(((nint)block.Start, (nint)block.End));

    /// <summary>The parts of a free stretch that the graph uses, in order, each as large as can be.</summary>
    internal List<(nint Start, nint End)> PartsOf(HeapBlock free)
    {
        var parts = new List<(nint Start, nint End)>();
        foreach (var (start, end) in Joined())
        {
            var (from, to) = (Math.Max(start, (nint)free.Start), Math.Min(end, (nint)free.End));
            if (from < to) parts.Add((from, to));
        }

        return parts;
    }

    private List<(nint Start, nint End)> Joined()
    {
        _touched.Sort();
        var joined = new List<(nint Start, nint End)>();
        foreach (var range in _touched)
        {
            if (joined.Count > 0 && range.Start <= joined[^1].End) joined[^1] = (joined[^1].Start, Math.Max(joined[^1].End, range.End));
            else joined.Add(range);
        }

        _touched.Clear();
        _touched.AddRange(joined);
        return joined;
    }
}
