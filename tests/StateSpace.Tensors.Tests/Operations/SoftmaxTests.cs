using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Tensors.Operations.Softmax;

namespace StateSpace.Tensors.Tests.Operations;

public sealed class SoftmaxTests
{
    [Fact]
    public void A_masked_element_gets_nothing_and_a_masked_row_is_not_a_number()
    {
        using var scope = new TensorScope();
        var x = Tensor.From<float>([1, float.NegativeInfinity, 1, .. Enumerable.Repeat(float.NegativeInfinity, 3)], [2, 3]);
        Assert.Equal([0.5f, 0, 0.5f, float.NaN, float.NaN, float.NaN], Softmax.Apply(x).ToArray<float>());
        Assert.Equal(float.NegativeInfinity, LogSoftmax.Apply(x).ToArray<float>()[1]);
        Assert.Equal([1 + MathF.Log(2), float.NegativeInfinity], x.LogSumExp(-1).ToArray<float>());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(65)]
    public void A_NaN_spoils_its_row_alone(int length)
    {
        using var scope = new TensorScope();
        var x = Tensor.Zeros([2, length]);
        x.SetValue(length - 1, double.NaN);
        var y = Softmax.Apply(x).ToArray<float>();
        Assert.All(y[..length], value => Assert.True(float.IsNaN(value)));
        Assert.Equal(Softmax.Apply(Tensor.Zeros([length])).ToArray<float>(), y[length..]);
    }

    [Fact]
    public void Cross_entropy_of_a_long_row_counts_classes_after_masked_ones_and_passes_a_NaN_on()
    {
        using var scope = new TensorScope();
        var x = Tensor.From<float>([.. Enumerable.Repeat(float.NegativeInfinity, 5000), .. Enumerable.Repeat(-3f, 4000), 2f, 2f], [1, 9002]);
        var expected = Math.Log(2 + (4000 * Math.Exp(-5)));
        Assert.Equal(expected, CrossEntropy.Apply(x, Tensor.From(9001)).Item(), 1e-5);
        x.SetValue(17, double.NaN);
        Assert.True(double.IsNaN(CrossEntropy.Apply(x, Tensor.From(9001)).Item()));
    }

    [Fact]
    public void Cross_entropy_of_ignored_targets_alone_is_zero_with_zero_gradient()
    {
        using var scope = new TensorScope();
        var logits = Tensor.Ones([3, 5]).WithGradient();
        using var tape = new Tape();
        var loss = CrossEntropy.Apply(logits, Tensor.From(-100, -100, -100));
        Assert.Equal(0, loss.Item());
        tape.Backward(loss);
        Assert.Equal(new float[15], logits.Gradient!.ToArray<float>());
    }

    [Fact]
    public void A_target_out_of_range_is_named_with_its_position()
    {
        using var scope = new TensorScope();
        var logits = Tensor.Ones([2, 3, 5]);
        var targets = Tensor.From<long>([0, 1, -100, 4, 5, 0], [2, 3]);
        Assert.Equal(
            "CrossEntropy: target at (1, 1) is 5; it must be at least 0 and less than 5 or be -100, which is ignored",
            Assert.Throws<IndexValueException>(() => CrossEntropy.Apply(logits, targets)).Message);
        Assert.Contains("(2, 3)", Assert.Throws<ShapeException>(() => CrossEntropy.Apply(logits, Tensor.From(1, 2))).Message, StringComparison.Ordinal);
    }
}
