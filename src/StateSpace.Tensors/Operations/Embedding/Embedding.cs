using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.Indexing;

namespace StateSpace.Tensors.Operations.Embedding;

/// <summary>Rows of a table, looked up by number.</summary>
public sealed class Embedding : Operation
{
    private readonly long? _padding;

    /// <summary>The numbers, on the CPU as Int64; set by the forward pass.</summary>
    private Tensor? _ids;

    private Embedding(long? padding) => _padding = padding;

    /// <inheritdoc/>
    public override Saved Saves => Saved.Nothing;

    /// <summary>y[…, :] = table[ids[…], :].</summary>
    /// <param name="table">Rows to look up, (V, D).</param>
    /// <param name="ids">Numbers of rows, 0 … V − 1, of any shape (…), Int32 or Int64.</param>
    /// <param name="padding">Row whose uses give it no gradient, as <c>padding_idx</c> of PyTorch's <c>nn.Embedding</c>; null for none.</param>
    /// <returns>The rows, (…, D).</returns>
    /// <exception cref="ShapeException">The table is not (V, D), ids are not integers, or there is no row for padding.</exception>
    /// <exception cref="IndexValueException">There is no such row. A GPU is not waited for: it gives NaN, and the host throws when it next waits.</exception>
    public static Tensor Apply(Tensor table, Tensor ids, long? padding = null) => new Embedding(padding).RunOne(table, ids);

    /// <inheritdoc/>
    protected internal override void Backward(GradientStep step)
    {
        var dtable = Tensor.Empty(step.InputShape(0), step.InputDType(0), step.Device);
        if (!dtable.Device.IsCpu) EmbeddingCuda.Backward(_ids!, step.OutputGradient(0), dtable);
        else if (dtable.DType == DType.Float32) EmbeddingCpu.Backward<float>(_ids!, step.OutputGradient(0), dtable);
        else EmbeddingCpu.Backward<double>(_ids!, step.OutputGradient(0), dtable);
        if (_padding is { } row) dtable.Alias([dtable.Shape[1]], row * dtable.Shape[1]).Clear();
        step.Give(0, dtable);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var (table, ids) = (inputs[0], inputs[1]);
        Require(table.Rank == 2 && table.DType.IsFloating(), $"table must be (V, D) of floating-point numbers, not {table}");
        Require(ids.DType.IsInteger(), $"ids must be integers, not {ids}");
        Require(_padding is null || (_padding >= 0 && _padding < table.Shape[0]), $"table is {table} but the padding row is {_padding}");
        return [Tensor.Empty(ids.Shape.Insert(ids.Rank, table.Shape[1]), table.DType, table.Device)];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        using var ids = IndexInput.ToInt64(inputs[1]);
        IndexInput.Check(Name, "id", ids, inputs[0].Shape[0]);
        _ids = Keep(ids);
        EmbeddingCpu.Forward(inputs[0], ids, outputs[0]);
    }

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
        _ids = Keep(inputs[1]);
        EmbeddingCuda.Forward(Name, inputs[0], _ids, outputs[0]);
    }
}
