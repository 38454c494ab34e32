using StateSpace.Tensors.Operations.Embedding;

namespace StateSpace.Tensors.Tests.Operations;

public sealed class IndexingTests
{
    [Fact]
    public void Numbers_out_of_range_are_named_with_their_position()
    {
        using var scope = new TensorScope();
        var table = Tensor.Zeros([4, 3]);
        Assert.Equal(
            "Embedding: id at (1, 0) is -1; it must be at least 0 and less than 4",
            Message(() => Embedding.Apply(table, Tensor.From<int>([0, 3, -1, 2], [2, 2]))));
        Assert.Equal(
            "Gather: index at (0, 2) is 3; it must be at least 0 and less than 3",
            Message(() => table.Gather(1, Tensor.From<long>([0, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0], [4, 3]))));
        Assert.Equal(
            "ScatterAdd: index at (0, 0) is 4; it must be at least 0 and less than 4",
            Message(() => table.ScatterAdd(0, Tensor.From<long>([4, 0, 0], [1, 3]), Tensor.Zeros([1, 3]))));

        static string Message(Action action) => Assert.Throws<IndexValueException>(action).Message;
    }

    [Fact]
    public void Ids_must_be_integers()
    {
        using var scope = new TensorScope();
        var error = Assert.Throws<ShapeException>(() => Embedding.Apply(Tensor.Zeros([4, 3]), Tensor.Zeros([2])));
        Assert.Equal("Embedding: ids must be integers, not Float32 (2) on cpu", error.Message);
    }
}
