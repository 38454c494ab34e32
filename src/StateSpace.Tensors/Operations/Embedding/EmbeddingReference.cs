using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.Embedding;

/// <summary>The truth, in double: y[i, d] = table[ids[i], d].</summary>
internal static class EmbeddingReference
{
    public static ReferenceArray Forward(ReferenceArray table, ReferenceArray ids)
    {
        var columns = (int)table.Shape[1];
        var y = ReferenceArray.Zeros(ids.Shape.Insert(ids.Shape.Rank, columns));
        for (var i = 0; i < y.Values.Length; i++) y.Values[i] = table.Values[((int)ids.Values[i / columns] * columns) + (i % columns)];
        return y;
    }

    /// <summary>∂table[v, d] = Σ_{i: ids[i] = v} g[i, d], and 0 for the padding row.</summary>
    public static ReferenceArray?[] Backward(ReferenceArray table, ReferenceArray ids, ReferenceArray gradient, long? padding)
    {
        var columns = (int)table.Shape[1];
        var dtable = ReferenceArray.Zeros(table.Shape);
        for (var i = 0; i < gradient.Values.Length; i++)
        {
            var row = (int)ids.Values[i / columns];
            if (row != padding) dtable.Values[(row * columns) + (i % columns)] += gradient.Values[i];
        }

        return [dtable, null];
    }
}
