using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Memory;
using StateSpace.Tensors.Operations.Attention;
using StateSpace.Tensors.Operations.Indexing;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Tensors.Tests.Operations;

public sealed class AttentionTests
{
    [Theory]
    [InlineData(1, null)]
    [InlineData(1, 20L)]
    [InlineData(3, 7L)]
    [InlineData(60, null)]
    public void Queries_after_a_cache_equal_the_last_queries_of_the_whole(int length, long? window)
    {
        using var scope = new TensorScope();
        var (q, k, v) = Draw(1, 130, 6, 2, 9);
        var whole = Attention.Apply(q, k, v, window).Slice(1, 130 - length, length);
        AssertClose(whole, Attention.Apply(q.Slice(1, 130 - length, length), k, v, window));
    }

    [Fact]
    public void Packed_sequences_equal_separate_ones_and_so_do_their_gradients()
    {
        using var scope = new TensorScope();
        int[] starts = [0, 1, 41, 140, 200];
        var tensors = Draw(1, 200, 4, 2, 6);
        var first = Tensor.From<int>([.. Enumerable.Range(0, 200).Select(t => starts.Last(start => start <= t))], [1, 200]);
        var packed = OutputAndGradients(tensors, 0, 200, first);
        for (var i = 0; i + 1 < starts.Length; i++)
        {
            var (start, length) = (starts[i], starts[i + 1] - starts[i]);
            var separate = OutputAndGradients(tensors, start, length, null);
            for (var part = 0; part < packed.Length; part++) AssertClose(packed[part].Slice(1, start, length), separate[part]);
        }
    }

    [Fact]
    public void A_window_of_one_returns_the_values_and_a_window_of_all_changes_no_bit()
    {
        using var scope = new TensorScope();
        var (q, k, v) = Draw(2, 150, 3, 3, 8);
        AssertClose(v, Attention.Apply(q, k, v, 1));
        Assert.Equal(Attention.Apply(q, k, v).ToArray<double>(), Attention.Apply(q, k, v, 150).ToArray<double>());
    }

    [Fact]
    public void Memory_grows_with_the_length_and_not_with_its_square()
    {
        using var scope = new TensorScope();
        const long Length = 6000;
        var (q, k, v) = Draw(1, Length, 1, 1, 2);
        foreach (var tensor in new[] { q, k, v }) tensor.RequiresGradient = true;
        var (live, peak) = (MemoryPool.LiveBytes, MemoryPool.PeakBytes);
        using var tape = new Tape();
        tape.Backward(Attention.Apply(q, k, v, 50).Sum());
        Assert.True(MemoryPool.PeakBytes <= Math.Max(peak, live + (Length * Length * sizeof(double) / 20)), $"{MemoryPool.PeakBytes - live} bytes");
    }

    [Theory]
    [InlineData(4, "Attention: first at (0, 1) is 4; it must be 0 to 3, the query's own position among the keys")]
    [InlineData(-1, "Attention: first at (0, 1) is -1; it must be 0 to 3, the query's own position among the keys")]
    public void A_query_without_a_key_is_refused(int first, string message)
    {
        using var scope = new TensorScope();
        var (q, k, v) = Draw(1, 4, 2, 1, 3);
        var error = Assert.Throws<IndexValueException>(() => Attention.Apply(q.Slice(1, 0, 2), k, v, first: Tensor.From<int>([2, first], [1, 2])));
        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void Errors_name_what_was_given()
    {
        using var scope = new TensorScope();
        var (q, k, v) = Draw(1, 4, 4, 2, 3);
        AssertRefused("q has 4 positions but k has 3", () => Attention.Apply(q, k.Slice(1, 0, 3), v.Slice(1, 0, 3)));
        AssertRefused("q has 3 heads but k has 2", () => Attention.Apply(q.Slice(2, 0, 3), k, v));
        AssertRefused("the window is 0", () => Attention.Apply(q, k, v, 0));
        AssertRefused("the scale is NaN", () => Attention.Apply(q, k, v, scale: double.NaN));
        AssertRefused("but v is", () => Attention.Apply(q, k, q));
        AssertRefused("but first is", () => Attention.Apply(q, k, v, first: Tensor.Zeros([4, 1], DType.Int32)));
    }

    private static (Tensor Q, Tensor K, Tensor V) Draw(long batch, long length, long heads, long keyHeads, long size) =>
        (Normal(0, [batch, length, heads, size]), Normal(1, [batch, length, keyHeads, size]), Normal(2, [batch, length, keyHeads, size]));

    private static Tensor Normal(ulong stream, Shape shape) => Tensor.Normal(shape, new RandomSource(5, stream), dtype: DType.Float64);

    private static Tensor[] OutputAndGradients((Tensor Q, Tensor K, Tensor V) tensors, int start, int length, Tensor? first)
    {
        Tensor[] inputs = [.. new[] { tensors.Q, tensors.K, tensors.V }.Select(tensor => tensor.Slice(1, start, length).Clone().WithGradient())];
        using var tape = new Tape();
        var y = Attention.Apply(inputs[0], inputs[1], inputs[2], first: first);
        tape.Backward([y], [tensors.Q.Slice(1, start, length)]);
        return [y, .. inputs.Select(input => input.Gradient!)];
    }

    private static void AssertRefused(string problem, Action action) =>
        Assert.Contains(problem, Assert.Throws<ShapeException>(action).Message, StringComparison.Ordinal);

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.All(expected.ToArray<double>().Zip(actual.ToArray<double>()), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }
}
