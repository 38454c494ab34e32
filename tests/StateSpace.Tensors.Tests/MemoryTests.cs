using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Tests;

public sealed class MemoryTests
{
    [Fact]
    public void A_scope_releases_all_but_what_it_keeps()
    {
        using var outer = new TensorScope();
        Tensor kept, lost;
        using (var inner = new TensorScope())
        {
            lost = Tensor.Ones([3]);
            kept = inner.Keep(lost + 1);
        }

        Assert.True(lost.IsDisposed);
        Assert.Equal([2f, 2f, 2f], kept.ToArray<float>());
        Assert.Contains("scope has ended", Assert.Throws<ObjectDisposedException>(() => lost.ToArray<float>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_view_keeps_the_memory_of_a_released_tensor()
    {
        using var scope = new TensorScope();
        var tensor = Tensor.Range(6);
        var view = tensor.Reshape(2, 3);
        tensor.Dispose();
        Assert.Equal([0f, 1, 2, 3, 4, 5], view.ToArray<float>());
    }

    [Fact]
    public void Buffers_are_aligned_and_reused()
    {
        var first = Tensor.Empty([1000]);
        var storage = first.Storage;
        first.Dispose();
        using var second = Tensor.Empty([1000]);
        Assert.Same(storage, second.Storage);
        unsafe
        {
            Assert.Equal(0, (long)second.Bytes() % 64);
        }
    }

    [Fact]
    public void Scopes_end_in_the_order_of_nesting()
    {
        var outer = new TensorScope();
        using (new TensorScope())
        {
            Assert.Throws<InvalidOperationException>(outer.Dispose);
        }

        outer.Dispose();
    }
}
