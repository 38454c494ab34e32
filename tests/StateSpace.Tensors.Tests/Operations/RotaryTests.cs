using StateSpace.Tensors.Operations.Rotary;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Tensors.Tests.Operations;

public sealed class RotaryTests
{
    [Fact]
    public void Products_of_rotated_vectors_depend_on_the_distance_alone()
    {
        using var scope = new TensorScope();
        var q = Tensor.Normal([1, 1, 1, 64], new RandomSource(1), dtype: DType.Float64);
        var k = Tensor.Normal([1, 1, 1, 64], new RandomSource(2), dtype: DType.Float64);
        var near = Product(7, 2);
        Assert.Equal(near, Product(1007, 1002), 1e-9);
        Assert.NotEqual(near, Product(7, 3), 1e-3);

        double Product(long n, long m) => (Rotary.Apply(q, n) * Rotary.Apply(k, m)).Sum().Item();
    }

    [Fact]
    public void A_sequence_in_two_calls_has_the_bits_of_one_call_and_of_given_positions()
    {
        using var scope = new TensorScope();
        var x = Tensor.Normal([2, 9, 3, 10], new RandomSource(1));
        var whole = Rotary.Apply(x, 100);
        Assert.Equal(whole.Slice(1, 4, 5).ToArray<float>(), Rotary.Apply(x.Slice(1, 4, 5), 104).ToArray<float>());
        var positions = Tensor.From<int>([.. Enumerable.Range(0, 18).Select(i => 100 + (i % 9))], [2, 9]);
        Assert.Equal(whole.ToArray<float>(), Rotary.Apply(x, positions: positions).ToArray<float>());
    }

    [Fact]
    public void Errors_name_what_was_given()
    {
        using var scope = new TensorScope();
        AssertRefused("its last size must be even", () => Rotary.Apply(Tensor.Zeros([1, 2, 1, 3])));
        AssertRefused("theta is 0", () => Rotary.Apply(Tensor.Zeros([1, 2, 1, 4]), theta: 0));
        AssertRefused("but positions is", () => Rotary.Apply(Tensor.Zeros([1, 2, 1, 4]), positions: Tensor.Zeros([2], DType.Int32)));
    }

    private static void AssertRefused(string problem, Action action) =>
        Assert.Contains(problem, Assert.Throws<ShapeException>(action).Message, StringComparison.Ordinal);
}
