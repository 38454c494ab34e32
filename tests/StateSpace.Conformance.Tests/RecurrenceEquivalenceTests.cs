using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Memory;
using StateSpace.Tensors.Operations.CausalConvolution;
using StateSpace.Tensors.Operations.DiagonalRecurrence;
using StateSpace.Tensors.Operations.FftConvolution;
using StateSpace.Tensors.Operations.ImpulseResponse;

namespace StateSpace.Tensors.Conformance.Tests;

/// <summary>One time-invariant model, computed in every way that the library has: the same outputs, states and gradients.</summary>
public sealed class RecurrenceEquivalenceTests
{
    private const double Scale = 2;

    public RecurrenceEquivalenceTests() => MemoryPool.Poison = true;

    public static TheoryData<int, int, int, int, DType, double> Models
    {
        get
        {
            var data = new TheoryData<int, int, int, int, DType, double>();
            foreach (var (b, l, d, n) in new[] { (1, 1, 1, 1), (2, 2, 3, 2), (3, 15, 17, 3), (2, 63, 5, 16), (1, 65, 33, 2), (2, 255, 3, 4), (1, 257, 16, 5) })
            {
                data.Add(b, l, d, n, DType.Float64, 1e-10);
                data.Add(b, l, d, n, DType.Float32, 1e-5);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Complex_recurrence_equals_convolution_with_its_impulse_response(int batch, int length, int channels, int states, DType dtype, double tolerance)
    {
        using var scope = new TensorScope();
        var model = Model.Draw(batch, length, channels, states, dtype);
        var recurrence = model.Run((x, _) => DiagonalRecurrence.Apply(x[0], (x[1], x[2]), (x[3], x[4]), scale: Scale).Y);
        foreach (var method in Enum.GetValues<ConvolutionMethod>())
        {
            var convolution = model.Run((x, l) => FftConvolution.Apply(x[0], ImpulseResponse.Apply((x[1], x[2]), (x[3], x[4]), l, Scale), method));
            AssertClose(recurrence, convolution, tolerance, $"recurrence and {method} convolution");
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Real_recurrence_equals_convolution_with_its_impulse_response(int batch, int length, int channels, int states, DType dtype, double tolerance)
    {
        using var scope = new TensorScope();
        var model = Model.Draw(batch, length, channels, states, dtype).WithoutImaginaryParts();
        var recurrence = model.Run((x, _) => DiagonalRecurrence.Apply(x[0], x[1], x[2], scale: Scale).Y);
        foreach (var method in Enum.GetValues<ConvolutionMethod>())
        {
            var convolution = model.Run((x, l) => FftConvolution.Apply(x[0], ImpulseResponse.Apply(x[1], x[2], l, Scale), method));
            AssertClose(recurrence, convolution, tolerance, $"recurrence and {method} convolution");
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Steps_and_chunks_of_any_size_equal_one_call(int batch, int length, int channels, int states, DType dtype, double tolerance)
    {
        using var scope = new TensorScope();
        var model = Model.Draw(batch, length, channels, states, dtype);
        var whole = RunInChunks(model, length);
        foreach (var chunk in new[] { 1, 2, 3, 7, 63, 64, 65, 100 }.Where(chunk => chunk < length))
        {
            AssertClose(whole, RunInChunks(model, chunk), tolerance, $"one call and chunks of {chunk}");
        }
    }

    [Theory]
    [InlineData(4, 33, 17)]
    [InlineData(1, 5, 3)]
    [InlineData(7, 130, 5)]
    public void Causal_convolution_in_chunks_of_any_size_has_the_bits_of_one_call(int taps, int length, int channels)
    {
        using var scope = new TensorScope();
        Tensor x = Model.Uniform([1, length, channels], 1, DType.Float32), weight = Model.Uniform([channels, taps], 2, DType.Float32);
        var (whole, wholeState) = CausalConvolution.Apply(x, weight, activation: ConvolutionActivation.Silu);
        foreach (var chunk in new[] { 1, 2, 3, 4, 64 })
        {
            List<float> rows = [];
            Tensor? state = null;
            for (var start = 0; start < length; start += chunk)
            {
                var part = Model.Rows(x, start, Math.Min(length, start + chunk));
                (var y, state) = CausalConvolution.Apply(part, weight, null, state, ConvolutionActivation.Silu);
                rows.AddRange(y.ToArray<float>());
            }

            Assert.Equal(whole.ToArray<float>(), rows);
            Assert.Equal(wholeState.ToArray<float>(), state!.ToArray<float>());
        }
    }

    [Theory]
    [InlineData(4, 33, 17)]
    [InlineData(7, 130, 5)]
    [InlineData(2, 70, 19)]
    public void Causal_convolution_of_packed_sequences_has_the_bits_of_each_alone(int taps, int length, int channels)
    {
        using var scope = new TensorScope();
        Tensor x = Model.Uniform([1, length, channels], 1, DType.Float32), weight = Model.Uniform([channels, taps], 2, DType.Float32);
        int[] starts = [0, 1, 3, 20, 31, length];
        var resets = Tensor.From<int>([.. Enumerable.Range(0, length).Select(t => starts.Contains(t) ? 1 : 0)], [1, length]);
        var (packed, packedState) = CausalConvolution.Apply(x, weight, activation: ConvolutionActivation.Silu, resets: resets);
        List<float> rows = [];
        Tensor? state = null;
        foreach (var (start, end) in starts.Zip(starts.Skip(1)))
        {
            (var y, state) = CausalConvolution.Apply(Model.Rows(x, start, end), weight, activation: ConvolutionActivation.Silu);
            rows.AddRange(y.ToArray<float>());
        }

        Assert.Equal(rows, packed.ToArray<float>());
        Assert.Equal(state!.ToArray<float>(), packedState.ToArray<float>());
    }

    [Theory]
    [InlineData(DType.Float32, 4000)]
    [InlineData(DType.Float64, 20000)]
    public void A_state_without_input_decays_to_zero_and_not_to_subnormal_numbers(DType dtype, int length)
    {
        using var scope = new TensorScope();
        Tensor u = Tensor.Zeros([1, length, 1], dtype), initial = Tensor.Ones([1, 1, 2], dtype);
        var lambda = Tensor.Full([1, 2], 0.95, dtype);
        var (_, final) = DiagonalRecurrence.Apply(u, lambda, Tensor.Ones([1, 2], dtype), initial);
        Assert.Equal([0.0, 0.0], final.ToArray<double>());
    }

    /// <summary>Outputs and gradients of a model that hands its state on; every chunk's input is a leaf of its own.</summary>
    private static Dictionary<string, double[]> RunInChunks(Model model, int chunk)
    {
        using var scope = new TensorScope();
        var leaves = model.Leaves();
        Tensor initialRe = Model.Uniform(model.StateShape, 21, model.DType).WithGradient(), initialIm = Model.Uniform(model.StateShape, 22, model.DType).WithGradient();
        List<Tensor> inputs = [], outputs = [], cotangents = [];
        var state = (initialRe, initialIm);
        using var tape = new Tape();
        for (var start = 0; start < model.Length; start += chunk)
        {
            var end = Math.Min(model.Length, start + chunk);
            inputs.Add(Model.Rows(leaves[0], start, end).WithGradient());
            (var y, state) = DiagonalRecurrence.Apply(inputs[^1], (leaves[1], leaves[2]), (leaves[3], leaves[4]), state, Scale);
            outputs.Add(y);
            cotangents.Add(Model.Rows(model.Cotangent, start, end));
        }

        tape.Backward(
            [.. outputs, state.initialRe, state.initialIm],
            [.. cotangents, Model.Uniform(model.StateShape, 23, model.DType), Model.Uniform(model.StateShape, 24, model.DType)]);
        return new(StringComparer.Ordinal)
        {
            ["y"] = Model.JoinRows(outputs),
            ["final state, re"] = state.initialRe.ToArray<double>(),
            ["final state, im"] = state.initialIm.ToArray<double>(),
            ["gradient of u"] = Model.JoinRows(inputs.ConvertAll(input => input.Gradient!)),
            ["gradient of λ, re"] = leaves[1].Gradient!.ToArray<double>(),
            ["gradient of λ, im"] = leaves[2].Gradient!.ToArray<double>(),
            ["gradient of w, re"] = leaves[3].Gradient!.ToArray<double>(),
            ["gradient of w, im"] = leaves[4].Gradient!.ToArray<double>(),
            ["gradient of the initial state, re"] = initialRe.Gradient!.ToArray<double>(),
            ["gradient of the initial state, im"] = initialIm.Gradient!.ToArray<double>(),
        };
    }

    private static void AssertClose(Dictionary<string, double[]> left, Dictionary<string, double[]> right, double tolerance, string what)
    {
        foreach (var (name, values) in left)
        {
            var scale = Math.Max(1, values.Max(Math.Abs));
            var error = values.Zip(right[name], (a, b) => Math.Abs(a - b)).Max();
            Assert.True(error <= tolerance * scale, $"{what}: {name} differs by {error:G3} at scale {scale:G3}, tolerance {tolerance:G3}");
        }
    }

    /// <summary>u (B, L, D); λ and w (D, N), re and im, with |λ| &lt; 1.</summary>
    private sealed record Model(Tensor[] Values, Tensor Cotangent)
    {
        public DType DType => Cotangent.DType;

        public int Length => (int)Cotangent.Shape[1];

        public Shape StateShape => [Cotangent.Shape[0], Cotangent.Shape[2], Values[1].Shape[1]];

        public static Model Draw(long batch, long length, long channels, long states, DType dtype)
        {
            Shape parameters = [channels, states], sequence = [batch, length, channels];
            Tensor[] values =
            [
                Uniform(sequence, 11, dtype),
                Uniform(parameters, 12, dtype) * 0.85,
                Uniform(parameters, 13, dtype) * 0.5,
                Uniform(parameters, 14, dtype),
                Uniform(parameters, 15, dtype),
            ];
            return new(values, Uniform(sequence, 16, dtype));
        }

        /// <summary>Reproducible numbers in [−1, 1).</summary>
        public static Tensor Uniform(Shape shape, int seed, DType dtype)
        {
            var random = new System.Random(seed);
            var values = new double[shape.Count];
            for (var i = 0; i < values.Length; i++) values[i] = (2 * random.NextDouble()) - 1;
            return Tensor.From<double>(values, shape).Convert(dtype);
        }

        /// <summary>A copy of steps <paramref name="start"/> … <paramref name="end"/> − 1 of (B, L, D).</summary>
        public static Tensor Rows(Tensor x, int start, int end)
        {
            var (batch, length, channels) = ((int)x.Shape[0], (int)x.Shape[1], (int)x.Shape[2]);
            var values = x.ToArray<double>();
            var rows = Enumerable.Range(0, batch).SelectMany(b => values[(((b * length) + start) * channels)..(((b * length) + end) * channels)]);
            return Tensor.From<double>(rows.ToArray(), [batch, end - start, channels]).Convert(x.DType);
        }

        /// <summary>The values of chunks (B, steps, D) as those of (B, L, D).</summary>
        public static double[] JoinRows(List<Tensor> chunks)
        {
            var values = chunks.ConvertAll(chunk => chunk.ToArray<double>());
            return [.. Enumerable.Range(0, (int)chunks[0].Shape[0]).SelectMany(b => chunks.SelectMany((chunk, i) =>
            {
                var size = (int)(chunk.Shape[1] * chunk.Shape[2]);
                return values[i][(b * size)..((b + 1) * size)];
            }))];
        }

        public Model WithoutImaginaryParts() => this with { Values = [Values[0], Values[1], Values[3]] };

        public Tensor[] Leaves() => [.. Values.Select(value => value.Clone().WithGradient())];

        /// <summary>The output of a function of the model's values and L, and the gradient of each value.</summary>
        public Dictionary<string, double[]> Run(Func<Tensor[], long, Tensor> function)
        {
            using var scope = new TensorScope();
            var leaves = Leaves();
            using var tape = new Tape();
            var y = function(leaves, Length);
            tape.Backward([y], [Cotangent]);
            var results = new Dictionary<string, double[]>(StringComparer.Ordinal) { ["y"] = y.ToArray<double>() };
            for (var i = 0; i < leaves.Length; i++) results[$"gradient of value {i}"] = leaves[i].Gradient!.ToArray<double>();
            return results;
        }
    }
}
