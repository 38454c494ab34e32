namespace StateSpace.Studies.Selectivity.Training;

/// <summary>Which of B, C and Δ depend on the input.</summary>
/// <param name="B">B.</param>
/// <param name="C">C.</param>
/// <param name="Delta">Δ.</param>
internal readonly record struct Selection(bool B, bool C, bool Delta)
{
    /// <summary>All three: S6.</summary>
    public static Selection All { get; } = new(true, true, true);

    /// <summary>None: a time-invariant model.</summary>
    public static Selection None { get; }

    /// <summary>The eight subsets, from all to none.</summary>
    public static IReadOnlyList<Selection> Subsets { get; } =
        [.. Enumerable.Range(0, 8).Select(i => new Selection(i < 4, i % 4 < 2, i % 2 == 0)).OrderByDescending(subset => subset.Size)];

    /// <summary>Whether B and C are both selective, by which the paper tells its two cases.</summary>
    public bool IsSelectiveInBoth => B && C;

    /// <summary>As in "B, C"; "none" where nothing is.</summary>
    public string Title => Size == 0 ? "none" : string.Join(", ", Names("B", "C", "Δ"));

    /// <summary>As in "bc", for ids.</summary>
    public string Id => Size == 0 ? "none" : string.Concat(Names("b", "c", "d"));

    private int Size => (B ? 1 : 0) + (C ? 1 : 0) + (Delta ? 1 : 0);

    private IEnumerable<string> Names(string b, string c, string delta)
    {
        if (B) yield return b;
        if (C) yield return c;
        if (Delta) yield return delta;
    }
}
