using StateSpace.Models;
using StateSpace.Models.Layers;
using StateSpace.Models.Parameters;
using StateSpace.Models.States;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Memory;
using StateSpace.Tensors.Operations.CausalConvolution;
using StateSpace.Tensors.Operations.FftConvolution;

namespace StateSpace.Tensors.Conformance.Tests;

/// <summary>
/// The H3 layer (arXiv 2212.14052): every way of computing it gives the same, nothing looks ahead, gradients are right, its parts have values computed by hand, and
/// its heads are what they generalize.
/// </summary>
public sealed class H3Tests
{
    private const long Width = 6;

    public H3Tests() => MemoryPool.Poison = true;

    public static TheoryData<int, long, DType, double> Pieces
    {
        get
        {
            // The convolution of the diagonal system is direct up to about 200 steps, by Fourier transforms beyond.
            var data = new TheoryData<int, long, DType, double>();
            foreach (var length in new[] { 1, 2, 63, 257 })
            {
                foreach (var head in new[] { 1, 3 })
                {
                    data.Add(length, head, DType.Float64, 1e-10);
                    data.Add(length, head, DType.Float32, 1e-5);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Pieces))]
    public void A_convolution_equals_steps_equals_chunks_that_pass_the_state_on(int length, long head, DType dtype, double tolerance)
    {
        using var layer = Layer(head);
        layer.Convert(dtype);
        using var scope = new TensorScope();
        var x = Tensor.Normal([2, length, Width], new(1), dtype: dtype);
        var (whole, final) = layer.Forward(x);
        foreach (var chunk in new[] { 1, 7, 16, length })
        {
            var outputs = new List<Tensor>();
            var state = layer.InitialState(2);
            for (var start = 0; start < length; start += chunk)
            {
                (var y, state) = layer.Forward(x.Slice(1, start, Math.Min(chunk, length - start)), state);
                outputs.Add(y);
            }

            Same(whole, Tensor.Concatenate(1, [.. outputs]), tolerance, $"outputs in chunks of {chunk}");
            foreach (var (name, value) in final.Parts) Same(value, state[name], tolerance, $"state '{name}' after chunks of {chunk}");
        }
    }

    [Theory]
    [InlineData(15, DType.Float64, 1e-10)]
    [InlineData(257, DType.Float64, 1e-10)]
    [InlineData(15, DType.Float32, 1e-5)]
    [InlineData(257, DType.Float32, 1e-5)]
    public void Both_systems_by_Fourier_transforms_equal_the_direct_sum_equal_the_recurrence(int length, DType dtype, double tolerance)
    {
        const int States = 8;
        Fan channels = new(3, AxisGrowth.Width);
        using var diagonal = new DiagonalSystem(channels, new S4dSettings { StateSize = States, Discretization = Discretization.Bilinear }, new(new(1)));
        using var shift = new ShiftSystem(channels, States, new(new(2)));
        diagonal.Convert(dtype);
        shift.Convert(dtype);
        using var scope = new TensorScope();
        var u = Tensor.Normal([2, length, 3], new(3), dtype: dtype);
        var impulse = Tensor.Concatenate(1, Tensor.Ones([1, 1, 3], dtype), Tensor.Zeros([1, length - 1, 3], dtype));
        Tensor start = Tensor.Zeros([2, 3, States / 2], dtype), one = Tensor.Zeros([1, 3, States / 2], dtype);
        var response = diagonal.Apply(impulse, new State(1, 0, ("re", one), ("im", one)), null).Y.Squeeze(0).Transpose();
        var recurrence = diagonal.Apply(u, new State(2, 0, ("re", start), ("im", start)), null).Y;
        var taps = shift.Taps();
        var (register, _) = CausalConvolution.Apply(u, taps);
        var lags = Reversed(taps);
        foreach (var method in Enum.GetValues<ConvolutionMethod>())
        {
            Same(recurrence, FftConvolution.Apply(u, response, method), tolerance, $"diagonal system, {method}");
            Same(register, FftConvolution.Apply(u, lags, method), tolerance, $"shift, {method}");
        }

        static Tensor Reversed(Tensor taps) =>
            Tensor.Concatenate(1, [.. Enumerable.Range(1, (int)taps.Shape[1]).Select(i => taps.Slice(1, taps.Shape[1] - i, 1))]);
    }

    [Theory]
    [InlineData(40, 0)]
    [InlineData(257, 1e-6)]
    public void A_token_changes_no_logits_before_it(int length, double tolerance)
    {
        // Direct sums keep the bits; Fourier transforms mix rounding errors of all positions.
        using var model = LanguageModel(11, 8, 2);
        using var scope = new TensorScope();
        int[] tokens = [.. Enumerable.Range(0, length).Select(i => ((i * 7) + (i / 5)) % 11)];
        var before = Logits(tokens);
        foreach (var changed in new[] { 1, length / 2, length - 1 })
        {
            int[] other = [.. tokens];
            other[changed] = (other[changed] + 1) % 11;
            var after = Logits(other);
            Same(before.Slice(1, 0, changed), after.Slice(1, 0, changed), tolerance, $"logits before token {changed}");
            Assert.NotEqual(before.Slice(1, changed, 1).ToArray<float>(), after.Slice(1, changed, 1).ToArray<float>());
        }

        Tensor Logits(int[] ids) => model.Forward(Tensor.From<int>(ids, [1, length])).Logits!;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Gradients_of_every_parameter_agree_with_central_differences(long head)
    {
        using var layer = new H3(4, new H3Settings { StateSize = 4, HeadSize = head, InitialDeviation = 0.5 }, new(new(4)));
        layer.Convert(DType.Float64);
        using var outer = new TensorScope();
        Tensor x = Tensor.Normal([2, 6, 4], new(5), dtype: DType.Float64), cotangent = Tensor.Normal([2, 6, 4], new(6), dtype: DType.Float64);
        using (var tape = new Tape()) tape.Backward([layer.Forward(x).Y], [cotangent]);
        foreach (var parameter in layer.Parameters)
        {
            var leaf = parameter.Value;
            var gradient = leaf.Gradient!.ToArray<double>();
            var scale = Math.Max(1e-3, gradient.Max(Math.Abs));
            for (var i = 0; i < gradient.Length; i++)
            {
                const double Step = 1e-6;
                var value = leaf.GetValue(i);
                var difference = (At(i, value + Step) - At(i, value - Step)) / (2 * Step);
                leaf.SetValue(i, value);
                Assert.True(Math.Abs(difference - gradient[i]) <= 1e-4 * scale, $"{parameter.Name}[{i}]: gradient {gradient[i]:G6} but difference {difference:G6}");
            }

            double At(int index, double changed)
            {
                using var scope = new TensorScope();
                leaf.SetValue(index, changed);
                return (layer.Forward(x).Y * cotangent).Sum().Item();
            }
        }
    }

    [Fact]
    public void Language_models_have_the_published_number_of_parameters()
    {
        Assert.Equal(46_784, Count(20, 32, 2));
        Assert.Equal(46_464, Count(10, 32, 2));

        // 125M: 12 blocks and 50,264 tokens, by what one more of each adds.
        long one = Count(8, 768, 1), two = Count(8, 768, 2);
        Assert.Equal(126_635_520, one + (11 * (two - one)) + ((50_264 - 8) * 768));

        static long Count(long vocabulary, long width, int depth)
        {
            using var model = LanguageModel(vocabulary, width, depth);
            return model.ParameterCount;
        }
    }

    [Fact]
    public void Outer_products_of_heads_of_one_channel_are_products()
    {
        var settings = new H3Settings { StateSize = 8, InitialDeviation = 0.5 };
        using H3 plain = new(Width, settings, new(new(7))), general = new(Width, settings, new(new(7))) { TakesOuterProducts = true };
        using var scope = new TensorScope();
        foreach (var length in new[] { 1, 17, 257 })
        {
            var x = Tensor.Normal([2, length, Width], new(8));
            Same(plain.Forward(x).Y, general.Forward(x).Y, 1e-5, $"{length} steps");
            Same(plain.Forward(x, plain.InitialState(2)).Y, general.Forward(x, general.InitialState(2)).Y, 1e-5, $"{length} steps of the recurrence");
        }
    }

    [Theory]
    [InlineData(Discretization.Bilinear, new[] { .385767, .349877, .301445, .245362, .186828, .130827 })]
    [InlineData(Discretization.ZeroOrderHold, new[] { .387011, .350341, .300985, .244020, .184809, .128457 })]
    public void The_diagonal_system_of_two_pairs_has_the_known_impulse_response(Discretization discretization, double[] expected)
    {
        // N = 4, A = −½ + iπn, B = C = 1, Δ = 0.1.
        using var system = new DiagonalSystem(new(1, AxisGrowth.Width), new S4dSettings { StateSize = 4, Discretization = discretization }, new(new(1)));
        system.Convert(DType.Float64);
        using var scope = new TensorScope();
        Fill(system, "c_re", 1);
        Fill(system, "c_im", 0);
        Fill(system, "log_dt", Math.Log(0.1));

        // The parameter a_log was rounded to float32 before it was widened.
        Fill(system, "a_log", Math.Log(0.5));
        Parameter(system, "a_im").SetValue(1, Math.PI);
        var impulse = Tensor.Zeros([1, 6, 1], DType.Float64);
        impulse.SetValue(0, 1);
        Assert.All(system.Apply(impulse, null, null).Y.ToArray<double>().Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 6));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void The_shift_with_unit_vectors_delays_by_their_distance(int delay)
    {
        using var shift = new ShiftSystem(new(2, AxisGrowth.Width), 8, new(new(1)));
        using var scope = new TensorScope();
        Fill(shift, "c", 0);
        Fill(shift, "D", 0);

        // C = e_k lies at entry N − 1 − k.
        for (var d = 0; d < 2; d++) Parameter(shift, "c").SetValue((d * 8) + 7 - delay, 1);
        const int Length = 20;
        var x = Tensor.Normal([1, Length, 2], new(3));
        var (y, _) = CausalConvolution.Apply(x, shift.Taps());
        Same(x.Slice(1, 0, Length - delay).Pad(1, delay, 0), y, 1e-6, $"a delay of {delay}");
    }

    [Fact]
    public void The_shift_is_the_correlation_of_B_and_C_and_a_skip()
    {
        using var shift = new ShiftSystem(new(3, AxisGrowth.Width), 5, new(new(2)));
        using var scope = new TensorScope();
        Parameter(shift, "b").CopyFrom(Tensor.Normal([3, 5], new(3)));
        float[] b = Parameter(shift, "b").ToArray<float>(), c = Parameter(shift, "c").ToArray<float>(), skip = Parameter(shift, "D").ToArray<float>(), taps = shift.Taps().ToArray<float>();
        for (var d = 0; d < 3; d++)
        {
            for (var t = 0; t < 5; t++)
            {
                // k_t = Σ_j B_j C_{j+t}, and tap N − 1 − t has lag t.
                var expected = Enumerable.Range(0, 5 - t).Sum(j => (double)b[(d * 5) + j] * c[(d * 5) + 4 - j - t]) + (t == 0 ? skip[d] : 0);
                Assert.Equal(expected, taps[(d * 5) + 4 - t], 5);
            }
        }
    }

    [Fact]
    public void One_head_of_all_channels_with_no_shift_and_a_sum_is_linear_attention()
    {
        const int Width = 3, Length = 11;
        using var layer = new H3(Width, new H3Settings { StateSize = 4, HeadSize = Width, Discretization = Discretization.ZeroOrderHold, InitialDeviation = 0.7 }, new(new(5)));
        layer.Convert(DType.Float64);
        using var scope = new TensorScope();

        // The shift hands its input through; the diagonal system adds up: A = 0 and 2 C B̄ = 1 with Δ = 1 and one mode; no skip.
        Fill(layer, "shift.c", 0);
        Fill(layer, "shift.D", 1);
        Fill(layer, "D", 0);
        Fill(layer, "ssm.a_log", -700);
        Fill(layer, "ssm.a_im", 0);
        Fill(layer, "ssm.log_dt", 0);
        Fill(layer, "ssm.c_re", 0);
        Fill(layer, "ssm.c_im", 0);
        Parameter(layer, "ssm.c_re").SetValue(0, 0.5);
        var x = Tensor.Normal([1, Length, Width], new(6), dtype: DType.Float64);
        double[] q = Map(layer, "q_proj", x), k = Map(layer, "k_proj", x), v = Map(layer, "v_proj", x);
        var sum = new double[Width, Width];
        var read = Tensor.Zeros([1, Length, Width], DType.Float64);
        for (var t = 0; t < Length; t++)
        {
            for (var j = 0; j < Width; j++)
            {
                var y = 0.0;
                for (var i = 0; i < Width; i++) y += q[(t * Width) + i] * (sum[i, j] += k[(t * Width) + i] * v[(t * Width) + j]);
                read.SetValue((t * Width) + j, y);
            }
        }

        Same(read.MatMul(Parameter(layer, "output_linear.weight"), transposeRight: true), layer.Forward(x).Y, 1e-12, "linear attention by H3");
        Same(layer.Forward(x).Y, layer.Forward(x, layer.InitialState(1)).Y, 1e-12, "the recurrence");

        static double[] Map(H3 layer, string name, Tensor x) => x.MatMul(Parameter(layer, name + ".weight"), transposeRight: true).ToArray<double>();
    }

    private static H3 Layer(long head) => new(Width, new H3Settings { StateSize = 8, HeadSize = head, InitialDeviation = 0.5 }, new(new(9)));

    private static SequenceModel LanguageModel(long vocabulary, long width, int depth) => new(
        new()
        {
            Vocabulary = vocabulary,
            Width = width,
            Norm = NormKind.Layer,
            Blocks = [.. Enumerable.Repeat(new BlockSettings(new H3Settings(), new MlpSettings()), depth)],
        },
        new(10));

    private static void Same(Tensor expected, Tensor actual, double tolerance, string what)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        double[] truth = expected.ToArray<double>(), values = actual.ToArray<double>();
        var scale = truth.Select(Math.Abs).Append(1).Max();
        var error = truth.Zip(values, (a, b) => Math.Abs(a - b)).Append(0).Max();
        Assert.True(error <= tolerance * scale, $"{what}: error {error:G3} at scale {scale:G3}, tolerance {tolerance:G3}");
    }

    private static Tensor Parameter(Module module, string name) => module.Parameters.Single(parameter => parameter.Name == name).Value;

    private static void Fill(Module module, string name, double value) => Parameter(module, name).Fill(value);
}
