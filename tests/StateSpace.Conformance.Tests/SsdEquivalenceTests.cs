using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Memory;
using StateSpace.Tensors.Operations.LinearAttention;
using StateSpace.Tensors.Operations.Ssd;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Tensors.Conformance.Tests;

/// <summary>The state space dual in every way that the library computes it: the same outputs, states and gradients.</summary>
public sealed class SsdEquivalenceTests
{
    private const double Tolerance = 1e-11;

    public SsdEquivalenceTests() => MemoryPool.Poison = true;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Chunked_form_equals_recurrence_at_every_length_up_to_70(bool resets)
    {
        for (var length = 0; length <= 70; length++)
        {
            using var scope = new TensorScope();
            var model = Draw(2, length, 4, 2, 5, 7, resets ? 6 : 0, DType.Float64);
            foreach (var chunk in new[] { 1, 16, 64 })
            {
                var tensors = new SsdTensors(
                    model.X[0], model.X[1], model.X[2], model.X[3], model.X[4], model.X[5], model.X[6], model.Resets, chunk);
                Tensor y = tensors.X.EmptyLike(), final = model.X[6].EmptyLike(), yOfSteps = y.EmptyLike(), finalOfSteps = final.EmptyLike();
                SsdChunkedCpu.Forward<double>(tensors, y, final);
                SsdRecurrentCpu.Forward<double>(tensors, yOfSteps, finalOfSteps);
                SequenceGolden.AssertClose(yOfSteps, y, Tolerance, $"y of {length} steps in chunks of {chunk}");
                SequenceGolden.AssertClose(finalOfSteps, final, Tolerance, $"state after {length} steps in chunks of {chunk}");
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(24)]
    [InlineData(65)]
    [InlineData(10_000)]
    public void Chunk_length_changes_neither_outputs_nor_gradients(int chunk)
    {
        using var scope = new TensorScope();
        var model = Draw(1, 130, 6, 2, 33, 3, 40, DType.Float64);
        AssertEqual(Gradients(model, 64), Gradients(model, chunk), $"chunks of 64 and {chunk}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(64)]
    public void Calls_that_hand_the_state_on_equal_one_call(int part)
    {
        using var scope = new TensorScope();
        var model = Draw(1, 77, 4, 1, 6, 9, 30, DType.Float64);
        var (whole, end) = model.Run(64);
        var state = model.X[6];
        List<double> rows = [];
        for (var start = 0; start < 77; start += part)
        {
            (var y, state) = model.Part(start, Math.Min(77, start + part), state).Run(64);
            rows.AddRange(y.ToArray<double>());
        }

        SequenceGolden.AssertClose(whole, Tensor.From<double>(rows.ToArray(), whole.Shape), Tolerance, $"y in calls of {part}");
        SequenceGolden.AssertClose(end, state, Tolerance, $"state after calls of {part}");
    }

    [Fact]
    public void Packed_sequences_equal_each_alone()
    {
        using var scope = new TensorScope();
        var drawn = Draw(1, 140, 2, 1, 5, 3, 0, DType.Float64);
        int[] starts = [0, 1, 30, 64, 99, 140];
        var model = drawn with { Resets = Tensor.From<int>([.. Enumerable.Range(0, 140).Select(t => starts.Contains(t) ? 7 : 0)], [1, 140]) };
        var (packed, end) = model.Run(64);
        List<double> rows = [];
        Tensor? state = null;
        foreach (var (start, stop) in starts.Zip(starts.Skip(1)))
        {
            (var y, state) = drawn.Part(start, stop, Tensor.Zeros(drawn.X[6].Shape, DType.Float64)).Run(64);
            rows.AddRange(y.ToArray<double>());
        }

        SequenceGolden.AssertClose(packed, Tensor.From<double>(rows.ToArray(), packed.Shape), Tolerance, "packed y");
        SequenceGolden.AssertClose(end, state!, Tolerance, "final state of the last");
    }

    [Theory]
    [InlineData(DType.Float32)]
    [InlineData(DType.Float64)]
    public void Decays_of_any_strength_give_finite_outputs_and_gradients(DType dtype)
    {
        using var scope = new TensorScope();
        foreach (var strength in new[] { 1e-6, 1e2, 1e4, 1e30 })
        {
            var model = Draw(1, 100, 2, 1, 5, 3, 0, dtype);
            model.X[2] = Tensor.Full([2], -strength, dtype);
            Assert.All(Gradients(model, 64), entry => Assert.All(entry.Value, value => Assert.True(double.IsFinite(value), $"{entry.Key} at A {-strength:G3}")));
        }
    }

    [Theory]
    [InlineData(4000, 64)]
    [InlineData(4000, 1)]
    public void A_state_without_input_decays_to_zero_and_not_to_subnormal_numbers(int length, int part)
    {
        using var scope = new TensorScope();
        var state = Tensor.Ones([1, 2, 3, 5]);
        for (var start = 0; start < length; start += part)
        {
            Tensor zeros = Tensor.Zeros([1, part, 2, 3]), delta = Tensor.Full([1, part, 2], 0.05, DType.Float32), b = Tensor.Ones([1, part, 1, 5]);
            state = Ssd.Apply(zeros, delta, Tensor.Full([2], -1, DType.Float32), b, b, initial: state).Final;
        }

        Assert.All(state.ToArray<double>(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Linear_attention_is_the_dual_without_decay()
    {
        using var scope = new TensorScope();
        Tensor q = Uniform([2, 70, 3, 9], 1), k = Uniform([2, 70, 3, 9], 2), v = Uniform([2, 70, 3, 17], 3), initial = Uniform([2, 3, 17, 9], 4);
        var (y, final) = LinearAttention.Apply(q, k, v, initial);
        var (expected, expectedFinal) = Ssd.Apply(v, Tensor.Ones([2, 70, 3], DType.Float64), Tensor.Zeros([3], DType.Float64), k, q, initial: initial);
        SequenceGolden.AssertClose(expected, y, Tolerance, "y");
        SequenceGolden.AssertClose(expectedFinal, final, Tolerance, "final state");
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        using var scope = new TensorScope();
        Tensor x = Tensor.Zeros([2, 8, 6, 4]), delta = Tensor.Zeros([2, 8, 6]), a = Tensor.Zeros([6]), b = Tensor.Zeros([2, 8, 4, 3]);
        var error = Assert.Throws<ShapeException>(() => Ssd.Apply(x, delta, a, b, b));
        Assert.Contains("its 4 groups must divide the 6 heads", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<ShapeException>(() => Ssd.Apply(x, Tensor.Zeros([2, 7, 6]), a, b, b));
        Assert.Contains("delta is", error.Message, StringComparison.Ordinal);
        var c = Tensor.Zeros([2, 8, 2, 3]);
        error = Assert.Throws<ShapeException>(() => Ssd.Apply(x, delta, a, c, c, chunk: 0));
        Assert.Contains("chunk is 0", error.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, double[]> Gradients(Model model, long chunk)
    {
        var leaves = model with { X = [.. model.X.Select(tensor => tensor.Clone().WithGradient())] };
        using var tape = new Tape();
        var (y, final) = leaves.Run(chunk);
        tape.Backward([y, final], [Uniform(y.Shape, 21).Convert(y.DType), Uniform(final.Shape, 22).Convert(y.DType)]);
        var results = new Dictionary<string, double[]>(StringComparer.Ordinal) { ["y"] = y.ToArray<double>(), ["final"] = final.ToArray<double>() };
        for (var i = 0; i < leaves.X.Length; i++) results[$"gradient {i}"] = leaves.X[i].Gradient!.ToArray<double>();
        return results;
    }

    private static void AssertEqual(Dictionary<string, double[]> expected, Dictionary<string, double[]> actual, string what)
    {
        foreach (var (name, values) in expected)
        {
            var scale = Math.Max(1, values.Max(Math.Abs));
            var error = values.Zip(actual[name], (a, b) => Math.Abs(a - b)).Max();
            Assert.True(error <= Tolerance * scale, $"{what}: {name} differs by {error:G3} at scale {scale:G3}");
        }
    }

    private static Tensor Uniform(Shape shape, ulong seed) => Tensor.Uniform(shape, new RandomSource(31, seed), -1, 1, DType.Float64);

    private static Model Draw(long batch, long length, long heads, long groups, long size, long states, int resetEvery, DType dtype)
    {
        Tensor[] x =
        [
            Uniform([batch, length, heads, size], 1),
            Tensor.Uniform([batch, length, heads], new RandomSource(31, 2), 0.01, 0.5, DType.Float64),
            Tensor.Uniform([heads], new RandomSource(31, 3), -2, -0.1, DType.Float64),
            Uniform([batch, length, groups, states], 4),
            Uniform([batch, length, groups, states], 5),
            Uniform([heads], 6),
            Uniform([batch, heads, size, states], 7),
        ];
        var random = new Random(8);
        int[] drawn = [.. Enumerable.Range(0, (int)(batch * length)).Select(_ => resetEvery > 0 && random.Next(resetEvery) == 0 ? 1 : 0)];
        var resets = resetEvery == 0 ? null : Tensor.From<int>(drawn, [batch, length]);
        return new([.. x.Select(tensor => dtype == DType.Float64 ? tensor : tensor.Convert(dtype))], resets);
    }

    /// <summary>x, Δ, A, B, C, skip and initial state; resets or null.</summary>
    private sealed record Model(Tensor[] X, Tensor? Resets)
    {
        public (Tensor Y, Tensor Final) Run(long chunk) => Ssd.Apply(X[0], X[1], X[2], X[3], X[4], X[5], X[6], Resets, chunk);

        /// <summary>Steps <paramref name="start"/> … <paramref name="end"/> − 1 of a batch of one, from a state.</summary>
        public Model Part(int start, int end, Tensor state)
        {
            return new([Steps(X[0]), Steps(X[1]), X[2], Steps(X[3]), Steps(X[4]), X[5], state], Resets is null ? null : Steps(Resets));

            Tensor Steps(Tensor tensor) => tensor.Slice(1, start, end - start);
        }
    }
}
