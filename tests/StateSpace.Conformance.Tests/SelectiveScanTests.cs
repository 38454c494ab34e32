using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Memory;
using StateSpace.Tensors.Operations.DiagonalRecurrence;
using StateSpace.Tensors.Operations.SelectiveScan;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Tensors.Conformance.Tests;

/// <summary>What the selective scan promises beyond its equations: one call and many, resets, decay, and errors.</summary>
public sealed class SelectiveScanTests
{
    public SelectiveScanTests() => MemoryPool.Poison = true;

    [Theory]
    [InlineData(false, 3, DType.Float64, 1e-12)]
    [InlineData(true, 3, DType.Float64, 1e-12)]
    [InlineData(false, 3, DType.Float32, 1e-5)]
    [InlineData(true, 3, DType.Float32, 1e-5)]
    [InlineData(false, 4, DType.Float64, 1e-12)]
    [InlineData(true, 4, DType.Float64, 1e-12)]
    [InlineData(false, 16, DType.Float32, 1e-5)]
    [InlineData(true, 8, DType.Float32, 1e-5)]
    public void Scan_equals_step_at_every_length_up_to_70(bool complex, long stateSize, DType dtype, double tolerance)
    {
        const int Longest = 70;
        using var scope = new TensorScope();
        var model = new Model(2, Longest, 17, stateSize, complex, dtype);
        List<double[]> stepwise = [], states = [];
        var state = model.Initial;
        for (var t = 0; t < Longest; t++)
        {
            (var y, state) = model.Run(t, t + 1, state);
            stepwise.Add(y.ToArray<double>());
            states.Add([.. state.SelectMany(part => part.ToArray<double>())]);
        }

        for (var length = 1; length <= Longest; length++)
        {
            using var inner = new TensorScope();
            var (y, final) = model.Run(0, length, model.Initial);
            var row = (int)(y.Shape[1] * y.Shape[2]);
            var expected = Enumerable.Range(0, 2).SelectMany(b => stepwise.Take(length).SelectMany(step => step.Skip(b * 17).Take(17)));
            AssertClose(expected, y.ToArray<double>(), tolerance, $"outputs of length {length}");
            AssertClose(states[length - 1], final.SelectMany(part => part.ToArray<double>()), tolerance, $"state of length {length}");
            Assert.Equal(length * 17, row);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_of_chunks_of_any_size_equal_those_of_one_call(bool complex)
    {
        const int Length = 70;
        using var scope = new TensorScope();
        var whole = Gradients(Length);
        foreach (var chunk in new[] { 1, 7, 31, 32, 33, 64 })
        {
            foreach (var (name, values) in Gradients(chunk)) AssertClose(whole[name], values, 1e-10, $"{name} in chunks of {chunk}");
        }

        Dictionary<string, double[]> Gradients(int chunk)
        {
            using var inner = new TensorScope();
            var model = new Model(2, Length, 5, 3, complex, DType.Float64);
            var leaves = model.Parameters.Concat(model.Initial).ToArray();
            foreach (var leaf in leaves) leaf.RequiresGradient = true;
            using var tape = new Tape();
            List<Tensor> outputs = [];
            var state = model.Initial;
            for (var start = 0; start < Length; start += chunk)
            {
                (var y, state) = model.Run(start, Math.Min(Length, start + chunk), state);
                outputs.Add(y);
            }

            // The gradient of an output is a function of its time alone, so that chunks see what one call does.
            var time = 0L;
            var cotangents = outputs.ConvertAll(y => Model.Cotangent(y, ref time));
            tape.Backward([.. outputs, .. state], [.. cotangents, .. state.Select((part, i) => Tensor.Uniform(part.Shape, new RandomSource(9, (ulong)i), dtype: DType.Float64))]);
            return leaves.Select((leaf, i) => (Name: $"gradient {i}", Values: leaf.Gradient!.ToArray<double>())).ToDictionary(entry => entry.Name, entry => entry.Values, StringComparer.Ordinal);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nothing_of_what_comes_before_a_reset_reaches_past_it(bool complex)
    {
        const int Length = 70, Border = 41;
        using var scope = new TensorScope();
        var model = new Model(1, Length, 19, 5, complex, DType.Float32);
        var (alone, _) = model.Run(Border, Length, model.Initial.Select(part => part.ZerosLike()).ToArray());
        var resets = Tensor.Zeros([1, Length], DType.Int32);
        resets.SetValue(Border, 3);

        // A first sequence that has become NaN shows any leak.
        model.U.SetValue(5, double.NaN);
        var (y, final) = model.Run(0, Length, model.Initial, resets);
        AssertClose(alone.ToArray<double>(), y.ToArray<double>().Skip(Border * 19), 1e-6, "outputs after the reset");
        Assert.All(final, part => Assert.DoesNotContain(part.ToArray<double>(), double.IsNaN));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_step_with_a_reset_begins_anew(bool complex)
    {
        using var scope = new TensorScope();
        var model = new Model(2, 1, 17, 8, complex, DType.Float32);
        var resets = Tensor.From<int>([0, 1], [2, 1]);
        var (y, final) = model.Run(0, 1, model.Initial, resets);
        var (kept, keptFinal) = model.Run(0, 1, model.Initial);
        var (anew, anewFinal) = model.Run(0, 1, model.Initial.Select(part => part.ZerosLike()).ToArray());
        AssertClose([.. kept.ToArray<double>().Take(17), .. anew.ToArray<double>().Skip(17)], y.ToArray<double>(), 0, "outputs");
        for (var part = 0; part < final.Length; part++)
        {
            AssertClose([.. keptFinal[part].ToArray<double>().Take(17 * 8), .. anewFinal[part].ToArray<double>().Skip(17 * 8)], final[part].ToArray<double>(), 0, "states");
        }
    }

    [Theory]
    [InlineData(DType.Float32, 4000)]
    [InlineData(DType.Float64, 20000)]
    public void A_state_without_input_decays_to_zero_and_not_to_subnormal_numbers(DType dtype, int length)
    {
        using var scope = new TensorScope();
        Tensor zeros = Tensor.Zeros([1, length, 1], dtype), delta = Tensor.Full([1, length, 1], 0.05, dtype), coefficients = Tensor.Ones([1, 2], dtype);
        var (_, final) = SelectiveScan.Apply(zeros, delta, Tensor.Full([1, 2], -1, dtype), coefficients, coefficients, softplus: false, initial: Tensor.Ones([1, 1, 2], dtype));
        Assert.Equal([0.0, 0.0], final.ToArray<double>());
    }

    [Fact]
    public void With_constant_steps_it_is_the_diagonal_recurrence()
    {
        const double Delta = 0.3;
        using var scope = new TensorScope();
        var random = new RandomSource(4);
        Tensor u = Tensor.Uniform([2, 67, 19], random, -1, 1, DType.Float64), a = Tensor.Uniform([19, 5], random, -2, 0, DType.Float64);
        Tensor b = Tensor.Uniform([19, 5], random, -1, 1, DType.Float64), c = Tensor.Uniform([19, 5], random, -1, 1, DType.Float64);
        var (y, _) = SelectiveScan.Apply(u, Tensor.Full(u.Shape, Delta, DType.Float64), a, b, c, softplus: false);
        var (expected, _) = DiagonalRecurrence.Apply(u, (a * Delta).Exp(), b * c * Delta);
        AssertClose(expected.ToArray<double>(), y.ToArray<double>(), 1e-12, "outputs");
    }

    [Fact]
    public void Operands_that_do_not_fit_are_named_with_their_shapes()
    {
        using var scope = new TensorScope();
        Tensor u = Tensor.Zeros([2, 5, 3]), a = Tensor.Zeros([3, 4]), b = Tensor.Zeros([2, 5, 4]);
        AssertRefused("delta is Float32 (2, 5, 4)", () => SelectiveScan.Apply(u, Tensor.Zeros([2, 5, 4]), a, b, b));
        AssertRefused("a is Float32 (4, 4)", () => SelectiveScan.Apply(u, u, Tensor.Zeros([4, 4]), b, b));
        AssertRefused("b is Float32 (2, 4, 5)", () => SelectiveScan.Apply(u, u, a, Tensor.Zeros([2, 4, 5]), b));
        AssertRefused("c is Float64 (3, 4)", () => SelectiveScan.Apply(u, u, a, b, Tensor.Zeros([3, 4], DType.Float64)));
        AssertRefused("b is Float32 (3, 4)", () => SelectiveScan.Apply(u, u, (a, a), (b, a), (b, b)));
        AssertRefused("initial is Float32 (2, 4, 3)", () => SelectiveScan.Apply(u, u, a, b, b, initial: Tensor.Zeros([2, 4, 3])));
        AssertRefused("resets is Float32 (2, 5)", () => SelectiveScan.Apply(u, u, a, b, b, resets: Tensor.Zeros([2, 5])));

        static void AssertRefused(string part, Action action)
        {
            var message = Assert.Throws<ShapeException>(action).Message;
            Assert.StartsWith("SelectiveScan: ", message, StringComparison.Ordinal);
            Assert.Contains(part, message, StringComparison.Ordinal);
        }
    }

    private static void AssertClose(IEnumerable<double> expected, IEnumerable<double> actual, double tolerance, string what)
    {
        double[] left = [.. expected], right = [.. actual];
        Assert.Equal(left.Length, right.Length);
        var scale = Math.Max(1, left.Select(Math.Abs).DefaultIfEmpty(0).Max());
        var error = left.Zip(right, (x, y) => Math.Abs(x - y)).Aggregate(0.0, (worst, next) => next <= worst ? worst : next);
        Assert.True(error <= tolerance * scale, $"{what}: error {error:G3} at scale {scale:G3}, tolerance {tolerance:G3}");
    }

    /// <summary>A scan with every input, cut into pieces of time.</summary>
    private sealed class Model
    {
        private readonly bool _complex;
        private readonly Tensor _delta;
        private readonly Tensor _gate;
        private readonly Tensor[] _b;
        private readonly Tensor[] _c;

        public Model(long batch, long length, long channels, long states, bool complex, DType dtype)
        {
            ulong stream = 0;
            _complex = complex;
            (U, _delta, _gate) = (Draw([batch, length, channels]), Draw([batch, length, channels]), Draw([batch, length, channels]));
            (_b, _c) = (Pair([batch, length, states]), Pair([batch, length, states]));
            Initial = Pair([batch, channels, states]);
            Parameters = [.. Pair([channels, states], -2, 0), Draw([channels]), Draw([channels])];

            Tensor Draw(Shape shape, double low = -1, double high = 1) => Tensor.Uniform(shape, new RandomSource(5, stream++), low, high, dtype);

            Tensor[] Pair(Shape shape, double low = -1, double high = 1) => complex ? [Draw(shape, low, high), Draw(shape, -3, 3)] : [Draw(shape, low, high)];
        }

        public Tensor U { get; }

        public Tensor[] Initial { get; }

        /// <summary>A (re, im), skip, bias.</summary>
        public Tensor[] Parameters { get; }

        /// <summary>Numbers in [−1, 1] for steps that begin at <paramref name="time"/>, which moves on.</summary>
        public static Tensor Cotangent(Tensor y, ref long time)
        {
            var result = y.ZerosLike();
            var (length, channels) = (y.Shape[1], y.Shape[2]);
            for (long i = 0; i < y.Count; i++)
            {
                var (b, t, d) = (i / (length * channels), i / channels % length, i % channels);
                result.SetValue(i, Math.Sin((b * 7.1) + ((time + t) * 1.3) + (d * 2.9)));
            }

            time += length;
            return result;
        }

        public (Tensor Y, Tensor[] Final) Run(long start, long end, Tensor[] initial, Tensor? resets = null)
        {
            Tensor u = Cut(U), delta = Cut(_delta), gate = Cut(_gate), skip = Parameters[^2], bias = Parameters[^1];
            if (!_complex)
            {
                var (y, final) = SelectiveScan.Apply(u, delta, Parameters[0], Cut(_b[0]), Cut(_c[0]), skip, gate, bias, softplus: true, initial[0], resets);
                return (y, [final]);
            }

            var (output, (re, im)) = SelectiveScan.Apply(
                u, delta, (Parameters[0], Parameters[1]), (Cut(_b[0]), Cut(_b[1])), (Cut(_c[0]), Cut(_c[1])), skip, gate, bias, softplus: true, (initial[0], initial[1]), resets);
            return (output, [re, im]);

            Tensor Cut(Tensor x) => x.Slice(1, start, end - start);
        }
    }
}
