namespace StateSpace.Tensors.Tests.Operations;

public sealed class LayoutTests
{
    [Fact]
    public void Slices_and_parts_of_the_first_axis_share_memory()
    {
        using var scope = new TensorScope();
        var x = Tensor.Range(12).Reshape(4, 3);
        var slice = x.Slice(0, 1, 2);
        var part = x.Split(0, 3, 1)[1];
        x.Fill(7);
        Assert.Equal(Enumerable.Repeat(7f, 6), slice.ToArray<float>());
        Assert.Equal([7f, 7, 7], part.ToArray<float>());
    }

    [Fact]
    public void A_permutation_that_moves_nothing_shares_memory_and_others_do_not()
    {
        using var scope = new TensorScope();
        var x = Tensor.Range(6).Reshape(1, 2, 3);
        Assert.Same(x.Storage, x.Permute(1, 0, 2).Storage);
        Assert.NotSame(x.Storage, x.Permute(0, 2, 1).Storage);
    }

    [Fact]
    public void Errors_name_the_operation_and_the_shapes()
    {
        using var scope = new TensorScope();
        var x = Tensor.Zeros([2, 3]);
        Assert.Equal("Slice: 2 elements from 2 do not lie in axis 1 of (2, 3)", Message(() => x.Slice(1, 2, 2)));
        Assert.Equal("Slice: 1 elements from -1 do not lie in axis 0 of (2, 3)", Message(() => x.Slice(0, -1, 1)));
        Assert.Equal("Split: parts of (1, 1) do not fill axis 1 of (2, 3)", Message(() => x.Split(1, 1, 1)));
        Assert.Equal("Permute: x is (2, 3) but axes are (0, 0); name each axis once", Message(() => x.Permute(0, 0)));
        Assert.Contains("part 1 is Float64 (2, 3) on cpu", Message(() => Tensor.Concatenate(0, x, x.Convert(DType.Float64))), StringComparison.Ordinal);
        Assert.Contains("at least 0", Message(() => x.Pad(0, -1, 1)), StringComparison.Ordinal);
        Assert.Equal("Squeeze: axis 1 of (2, 3) has size 3, not 1", Message(() => x.Squeeze(1)));

        static string Message(Action action) => Assert.Throws<ShapeException>(action).Message;
    }
}
