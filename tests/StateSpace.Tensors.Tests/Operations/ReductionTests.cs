using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Tests.Operations;

public sealed class ReductionTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(17)]
    [InlineData(63)]
    [InlineData(257)]
    public void The_first_of_equal_maxima_is_found_and_gets_the_gradient(int length)
    {
        using var scope = new TensorScope();
        for (var first = 0; first < length; first++)
        {
            // Rows are the axis in one tensor and columns in the other; equals follow the first.
            var values = Enumerable.Range(0, length).Select(i => i < first ? -1f : 5f).ToArray();
            var row = Tensor.From<float>(values, [1, length]).WithGradient();
            var column = Tensor.From<float>(values, [length, 1]).BroadcastTo([length, 3]).Clone().WithGradient();
            Assert.Equal(first, row.ArgMax(1).Item());
            Assert.Equal([first, first, first], column.ArgMax(0).ToArray<long>());
            using var tape = new Tape();
            tape.Backward(row.Max(1).Sum() + column.Max(0).Sum());
            Assert.Equal(Enumerable.Range(0, length).Select(i => i == first ? 1f : 0f), row.Gradient!.ToArray<float>());
            Assert.Equal(Enumerable.Range(0, 3 * length).Select(i => i / 3 == first ? 1f : 0f), column.Gradient!.ToArray<float>());
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(40)]
    [InlineData(69)]
    public void The_first_NaN_is_the_largest(int position)
    {
        using var scope = new TensorScope();
        var x = Tensor.Range(70, DType.Float64);
        x.SetValue(position, double.NaN);
        x.SetValue(69, double.NaN);
        Assert.Equal(position, x.ArgMax(0).Item());
        Assert.Equal(position, x.Unsqueeze(1).BroadcastTo([70, 2]).ArgMax(0).GetValue(1));
        Assert.True(double.IsNaN(x.Max(0).Item()));
    }

    [Fact]
    public void An_empty_axis_has_no_maximum()
    {
        using var scope = new TensorScope();
        Assert.Equal("Max: axis 1 of (2, 0) must have 1 … 2^31 − 1 elements", Assert.Throws<ShapeException>(() => Tensor.Zeros([2, 0]).Max(1)).Message);
    }

    [Fact]
    public void The_variance_of_a_sample_divides_by_one_less()
    {
        using var scope = new TensorScope();
        var x = Tensor.From(1.0, 2.0, 6.0);
        Assert.Equal(14.0 / 3, x.Variance(0).Item(), 14);
        Assert.Equal(7, x.Variance(0, correction: 1).Item(), 14);
    }

    [Fact]
    public void A_long_cumulative_sum_in_single_precision_rounds_each_element_once()
    {
        using var scope = new TensorScope();
        var sums = Tensor.Full([100_000, 2], 0.1).CumulativeSum(0);
        for (var i = 0; i < 100_000; i += 999) Assert.Equal((float)((i + 1) * (double)0.1f), (float)sums.GetValue(2 * i));
    }
}
