namespace StateSpace.Tensors.Operations.Attention;

/// <summary>
/// Operands and sizes of a call. The heads that share a key head are taken together: batch b and key head h make sequence b·Hkv + h,
/// whose rows are t·G + g, query t of head h·G + g, with G = H/Hkv.
/// </summary>
internal readonly unsafe struct AttentionCall
{
    private readonly long _window;
    private readonly int* _first;

    public AttentionCall(Tensor[] inputs, long? window, double? scale)
    {
        (Q, K, V, First) = (inputs[0], inputs[1], inputs[2], inputs.Length > 3 ? inputs[3] : null);
        (Batch, Length, Heads) = (Q.Shape[0], Q.Shape[1], Q.Shape[2]);
        (Keys, KeyHeads) = (K.Shape[1], K.Shape[2]);
        (KeySize, ValueSize) = (checked((int)Q.Shape[3]), checked((int)V.Shape[3]));
        Group = Heads / KeyHeads;
        Scale = scale ?? 1 / Math.Sqrt(KeySize);
        _window = window ?? long.MaxValue;
        _first = First is null ? null : First.Pointer<int>();
    }

    public Tensor Q { get; }

    public Tensor K { get; }

    public Tensor V { get; }

    public Tensor? First { get; }

    public double Scale { get; }

    /// <summary>B.</summary>
    public long Batch { get; }

    /// <summary>L.</summary>
    public long Length { get; }

    /// <summary>S.</summary>
    public long Keys { get; }

    /// <summary>H.</summary>
    public long Heads { get; }

    /// <summary>Hkv.</summary>
    public long KeyHeads { get; }

    /// <summary>P.</summary>
    public int KeySize { get; }

    /// <summary>Pv.</summary>
    public int ValueSize { get; }

    /// <summary>G, queries that share a key.</summary>
    public long Group { get; }

    /// <summary>Rows of a sequence.</summary>
    public long Rows => Length * Group;

    public long Sequences => Batch * KeyHeads;

    /// <summary>Keys from Low to High − 1 are those that a row sees: at least one.</summary>
    public (int Low, int High) KeysOf(long sequence, long row)
    {
        var t = row / Group;
        var position = Keys - Length + t;
        var low = position >= _window ? position - _window + 1 : 0;
        if (_first != null) low = Math.Max(low, _first[(sequence / KeyHeads * Length) + t]);
        return ((int)low, (int)position + 1);
    }

    /// <summary>Where a row begins in a (B, L, H, width) array.</summary>
    public long OffsetOfRow(long sequence, long row, long width)
    {
        var (b, head) = Math.DivRem(sequence, KeyHeads);
        var (t, g) = Math.DivRem(row, Group);
        return ((((b * Length) + t) * Heads) + (head * Group) + g) * width;
    }

    /// <summary>Where a key begins in a (B, S, Hkv, width) array.</summary>
    public long OffsetOfKey(long sequence, long key, long width)
    {
        var (b, head) = Math.DivRem(sequence, KeyHeads);
        return ((((b * Keys) + key) * KeyHeads) + head) * width;
    }
}
