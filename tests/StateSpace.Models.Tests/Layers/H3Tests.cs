using StateSpace.Models.Layers;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;

namespace StateSpace.Models.Tests.Layers;

/// <summary>The parts of H3 against values computed by hand, and H3's heads against what they generalize.</summary>
public sealed class H3Tests
{
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
        var taps = shift.Taps().ToArray<float>();
        for (var i = 0; i < taps.Length; i++) Assert.Equal(i % 8 == 7 - delay ? 1 : 0, taps[i]);
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

        MixerContract.Same(read.MatMul(Parameter(layer, "output_linear.weight"), transposeRight: true), layer.Forward(x).Y, 1e-12, "linear attention by H3");
        MixerContract.Same(layer.Forward(x).Y, layer.Forward(x, layer.InitialState(1)).Y, 1e-12, "the recurrence");

        static double[] Map(H3 layer, string name, Tensor x) => x.MatMul(Parameter(layer, name + ".weight"), transposeRight: true).ToArray<double>();
    }

    private static Tensor Parameter(Module module, string name) => module.Parameters.Single(parameter => parameter.Name == name).Value;

    private static void Fill(Module module, string name, double value) => Parameter(module, name).Fill(value);
}
