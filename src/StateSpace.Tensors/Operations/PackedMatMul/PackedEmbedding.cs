using StateSpace.Tensors.Operations.Indexing;

namespace StateSpace.Tensors.Operations.PackedMatMul;

/// <summary>Rows of a packed table, looked up by number.</summary>
public sealed unsafe class PackedEmbedding : Operation
{
    private readonly PackedMatrix _table;

    private PackedEmbedding(PackedMatrix table) => _table = table;

    /// <summary>y[…, :] = table[ids[…], :], in Float32.</summary>
    /// <param name="table">Rows to look up, (V, D).</param>
    /// <param name="ids">Numbers of rows, 0 … V − 1, of any shape (…), Int32 or Int64.</param>
    /// <returns>The rows, (…, D) of Float32.</returns>
    /// <exception cref="ShapeException">ids are not integers.</exception>
    /// <exception cref="IndexValueException">There is no such row.</exception>
    public static Tensor Apply(PackedMatrix table, Tensor ids)
    {
        ArgumentNullException.ThrowIfNull(table);
        return new PackedEmbedding(table).RunOne(ids);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var ids = inputs[0];
        Require(ids.DType.IsInteger(), $"ids must be integers, not {ids}");
        return [Tensor.Empty(ids.Shape.Insert(ids.Rank, _table.Columns), DType.Float32, ids.Device)];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        using var ids = IndexInput.ToInt64(inputs[0]);
        IndexInput.Check(Name, "id", ids, _table.Rows);
        var id = ids.Pointer<long>();
        var y = outputs[0].Pointer<float>();
        for (long i = 0; i < ids.Count; i++) _table.UnpackRow(id[i], y + (i * _table.Columns));
    }

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
        using var ids = IndexInput.ToInt64(inputs[0]);
        PackedMatMulCuda.LookUp(Name, _table, ids, outputs[0]);
    }
}
