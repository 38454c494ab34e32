using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.PackedMatMul;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Tensors.Tests;

public sealed class PackedMatrixTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 15)]
    [InlineData(17, 65)]
    [InlineData(5, 257)]
    public void Stored_numbers_are_those_of_the_definition(long rows, long columns)
    {
        using var scope = new TensorScope();
        var weight = Tensor.Normal([rows, columns], new RandomSource(1));
        foreach (var storage in Enum.GetValues<WeightStorage>())
        {
            using var packed = PackedMatrix.From(weight, storage);
            var expected = PackedMatMulReference.Stored(new(weight.Shape, weight.ToArray<double>()), storage);
            Assert.Equal(expected.Values, packed.ToTensor().ToArray<double>());
        }
    }

    [Fact]
    public void Int8_errs_by_at_most_half_a_step_of_the_block()
    {
        using var scope = new TensorScope();
        var weight = Tensor.Normal([9, 130], new RandomSource(2));
        using var packed = PackedMatrix.From(weight, WeightStorage.Int8);
        float[] exact = weight.ToArray<float>(), stored = packed.ToTensor().ToArray<float>();
        for (var i = 0; i < exact.Length; i++)
        {
            var (row, block) = (i / 130, i % 130 / 64);
            var largest = exact[((row * 130) + (block * 64))..((row * 130) + Math.Min(130, (block + 1) * 64))].Max(Math.Abs);
            Assert.InRange(Math.Abs(exact[i] - stored[i]), 0, largest / 127 * (1 + (1 / 128f)) / 2 * 1.0001f);
        }
    }

    [Fact]
    public void Bytes_count_what_a_product_reads()
    {
        using var scope = new TensorScope();
        var weight = Tensor.Zeros([10, 65]);
        Assert.Equal(2600, Bytes(WeightStorage.Float32));
        Assert.Equal(1300, Bytes(WeightStorage.BFloat16));
        Assert.Equal(650 + (10 * 2 * 2), Bytes(WeightStorage.Int8));

        long Bytes(WeightStorage storage)
        {
            using var packed = PackedMatrix.From(weight, storage);
            return packed.Bytes;
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Int8_refuses_a_number_that_is_not_finite_and_says_where(float number)
    {
        using var weight = Tensor.Zeros([3, 70]);
        weight.SetValue(70 + 66, number);
        var error = Assert.Throws<ArgumentException>(() => PackedMatrix.From(weight, WeightStorage.Int8));
        Assert.Equal($"the weight at (1, 66) is {number}, which int8 cannot hold; use bf16 or fp32", error.Message);
    }

    [Theory]
    [InlineData(WeightStorage.BFloat16)]
    [InlineData(WeightStorage.Int8)]
    public void A_row_of_a_batch_has_the_bits_it_has_alone(WeightStorage storage)
    {
        using var scope = new TensorScope();
        using var packed = PackedMatrix.From(Tensor.Normal([67, 130], new RandomSource(3)), storage);
        var x = Tensor.Normal([5, 130], new RandomSource(4));
        var together = PackedMatMul.Apply(x, packed);
        for (var row = 0; row < 5; row++)
        {
            Assert.Equal(together.Slice(0, row, 1).ToArray<float>(), PackedMatMul.Apply(x.Slice(0, row, 1), packed).ToArray<float>());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    public void Some_rows_give_some_of_the_outputs(long tokens)
    {
        using var scope = new TensorScope();
        foreach (var storage in Enum.GetValues<WeightStorage>())
        {
            using var packed = PackedMatrix.From(Tensor.Normal([48, 96], new RandomSource(5)), storage);
            var x = Tensor.Normal([tokens, 96], new RandomSource(6));
            float[] part = PackedMatMul.Apply(x, packed, 7, 9).ToArray<float>(), expected = PackedMatMul.Apply(x, packed).Slice(1, 7, 9).ToArray<float>();
            for (var i = 0; i < part.Length; i++) Assert.Equal(expected[i], part[i], 1e-4f);
        }
    }

    [Fact]
    public unsafe void Numbers_that_lie_elsewhere_are_read_in_place_and_released_with_the_matrix()
    {
        ushort[] numbers = [0x3F80, 0x4000, 0x4040, 0xBF80, 0x0000, 0x3F00];
        using var owner = new MemoryStream();
        fixed (ushort* first = numbers)
        {
            using var packed = PackedMatrix.OverBFloat16(2, 3, first, owner);
            using var row = PackedEmbedding.Apply(packed, Tensor.From<int>([1], [1]));
            Assert.Equal([-1, 0, 0.5f], row.ToArray<float>());
            numbers[5] = 0x4080;
            using var again = PackedEmbedding.Apply(packed, Tensor.From<int>([1], [1]));
            Assert.Equal([-1, 0, 4], again.ToArray<float>());
        }

        Assert.False(owner.CanRead);
    }

    [Fact]
    public void A_gradient_is_refused_by_name()
    {
        using var scope = new TensorScope();
        using var packed = PackedMatrix.From(Tensor.Ones([2, 3]), WeightStorage.BFloat16);
        var x = Tensor.Ones([1, 3]);
        x.RequiresGradient = true;
        using var tape = new Tape();
        var loss = PackedMatMul.Apply(x, packed).Sum();
        var error = Assert.Throws<MissingGradientException>(() => tape.Backward(loss));
        Assert.Contains("PackedMatMul has no gradient", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_input_that_does_not_fit_is_named_with_the_weight()
    {
        using var packed = PackedMatrix.From(Tensor.Ones([2, 3]), WeightStorage.Int8);
        using var x = Tensor.Ones([1, 4]);
        var error = Assert.Throws<ShapeException>(() => PackedMatMul.Apply(x, packed));
        Assert.Contains("x is Float32 (1, 4) on cpu but the weight is Int8 (2, 3)", error.Message, StringComparison.Ordinal);
    }
}
