using StateSpace.Models.Layers;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;

namespace StateSpace.Models.Tests.Layers;

/// <summary>S6 against plain loops in double, and its complex form against its real one.</summary>
public sealed class S6Tests
{
    private const int Width = 4, Inner = 8, Length = 9;

    public static TheoryData<bool, bool, bool, bool> Switches
    {
        get
        {
            var data = new TheoryData<bool, bool, bool, bool>();
            for (var i = 0; i < 16; i++) data.Add((i & 8) != 0, (i & 4) != 0, (i & 2) != 0, (i & 1) != 0);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Switches))]
    public void The_layer_is_its_definition(bool complex, bool selectiveB, bool selectiveC, bool selectiveDelta)
    {
        var settings = new S6Settings { StateSize = 6, Complex = complex, SelectiveB = selectiveB, SelectiveC = selectiveC, SelectiveDelta = selectiveDelta, DeltaRank = 2 };
        using var layer = new S6(Width, settings, new(new(3)));
        layer.Convert(DType.Float64);
        using var scope = new TensorScope();
        var x = Tensor.Normal([1, Length, Width], new(4), dtype: DType.Float64);
        MixerContract.Same(Reference(layer, settings, x), layer.Forward(x).Y, 1e-12, "S6");
    }

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(false, true, true)]
    [InlineData(true, false, false)]
    public void With_gates_of_both_signs_it_is_its_definition(bool selectiveB, bool selectiveC, bool selectiveDelta)
    {
        var settings = new S6Settings
        {
            StateSize = 3,
            SignedGates = true,
            SelectiveB = selectiveB,
            SelectiveC = selectiveC,
            SelectiveDelta = selectiveDelta,
            DeltaRank = 2,
            StepSizes = new(Minimum: 0.1, Maximum: 3),
        };
        using var layer = new S6(Width, settings, new(new(3)));
        layer.Convert(DType.Float64);
        using var scope = new TensorScope();
        var x = Tensor.Normal([1, Length, Width], new(4), dtype: DType.Float64);
        MixerContract.Same(Reference(layer, settings, x), layer.Forward(x).Y, 1e-12, "S6");
        var difference = Reference(layer, settings with { SignedGates = false }, x) - layer.Forward(x).Y;
        Assert.InRange(difference.Abs().ToArray<double>().Max(), 1e-3, double.PositiveInfinity);
    }

    [Theory]
    [MemberData(nameof(Switches))]
    public void By_rotations_it_is_the_complex_layer_in_outputs_states_and_gradients(bool resets, bool selectiveB, bool selectiveC, bool selectiveDelta)
    {
        var settings = new S6Settings
        {
            StateSize = 6,
            Complex = true,
            SelectiveB = selectiveB,
            SelectiveC = selectiveC,
            SelectiveDelta = selectiveDelta,
            DeltaRank = 2,
            StepSizes = new(Minimum: 0.1, Maximum: 1),
        };
        using S6 complex = new(Width, settings, new(new(3))), rotating = new(Width, settings with { Rotations = true }, new(new(3)));
        complex.Convert(DType.Float64);
        rotating.Convert(DType.Float64);
        using var scope = new TensorScope();
        var x = Tensor.Normal([2, Length, Width], new(4), dtype: DType.Float64);
        var marks = resets ? Tensor.From<int>([.. Enumerable.Range(0, 2 * Length).Select(i => i % 7 == 5 ? 1 : 0)], [2, Length]) : null;
        var (truth, end, ofTruth) = Run(complex);
        var (turned, last, ofTurned) = Run(rotating);
        MixerContract.Same(truth, turned, 1e-12, "the complex layer");
        foreach (var (name, value) in end.Parts) MixerContract.Same(value, last[name], 1e-12, name);
        foreach (var (name, value) in ofTruth) MixerContract.Same(value, ofTurned[name], 1e-11, name);

        (Tensor Y, StateSpace.Models.States.State Final, Dictionary<string, Tensor> Gradients) Run(S6 layer)
        {
            using var tape = new StateSpace.Tensors.Autograd.Tape();
            var (_, first) = layer.Forward(x);
            var (y, final) = layer.Forward(x, first, marks);
            tape.Backward(y.Square().Sum());
            return (y, final, layer.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value.Gradient!, StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Real_states_have_no_rotations() =>
        Assert.Throws<ArgumentException>(() => new S6(Width, new S6Settings { Rotations = true }, new(new(1))));

    [Fact]
    public void Complex_states_have_no_signed_gates() =>
        Assert.Throws<ArgumentException>(() => new S6(Width, new S6Settings { Complex = true, SignedGates = true }, new(new(1))));

    [Fact]
    public void A_complex_layer_without_imaginary_parts_and_with_half_of_C_is_a_real_one()
    {
        using S6 real = new(Width, new S6Settings { StateSize = 3 }, new(new(5))), complex = new(Width, new S6Settings { StateSize = 6, Complex = true }, new(new(6)));
        using var scope = new TensorScope();
        foreach (var parameter in real.Parameters)
        {
            if (parameter.Name != "x_proj.weight") Value(complex, parameter.Name).CopyFrom(parameter.Value);
        }

        Value(complex, "A_im").Fill(0);
        var rows = Value(real, "x_proj.weight").Split(0, 1, 3, 3);
        Value(complex, "x_proj.weight").CopyFrom(Tensor.Concatenate(0, rows[0], rows[1], rows[1].ZerosLike(), rows[2] * 0.5, rows[2].ZerosLike()));
        var x = Tensor.Normal([2, Length, Width], new(7));
        MixerContract.Same(real.Forward(x).Y, complex.Forward(x).Y, 1e-6, "the real layer");
    }

    private static Tensor Reference(S6 layer, S6Settings settings, Tensor x)
    {
        var modes = settings.Modes;
        var halves = x.MatMul(Value(layer, "in_proj.weight"), transposeRight: true).ToArray<double>();
        double[] taps = Array(layer, "conv1d.weight"), offset = Array(layer, "conv1d.bias"), skip = Array(layer, "D"), decay = Array(layer, "A_log");
        var y = new double[Length * Inner];
        var u = new double[Length * Inner];
        for (var t = 0; t < Length; t++)
        {
            for (var e = 0; e < Inner; e++)
            {
                var sum = offset[e];
                for (var k = Math.Max(0, 3 - t); k < 4; k++) sum += taps[(e * 4) + k] * halves[((t - 3 + k) * 2 * Inner) + e];
                u[(t * Inner) + e] = sum / (1 + Math.Exp(-sum));
            }
        }

        var state = new System.Numerics.Complex[Inner, modes];
        for (var t = 0; t < Length; t++)
        {
            var row = u.AsSpan(t * Inner, Inner).ToArray();
            var next = 0;
            var rank = settings.SelectiveDelta ? Rows(2) : [];
            var b = settings.SelectiveB ? Pair("b", 1) : null;
            var c = settings.SelectiveC ? Pair("c", -1) : null;
            for (var e = 0; e < Inner; e++)
            {
                var raw = settings.SelectiveDelta ? Array(layer, "dt_proj.bias")[e] + rank.Select((value, r) => value * Array(layer, "dt_proj.weight")[(e * 2) + r]).Sum() : 0;
                var delta = settings.SelectiveDelta ? Math.Log(1 + Math.Exp(raw)) : Math.Exp(Array(layer, "log_dt")[e]);
                var output = System.Numerics.Complex.Zero;
                for (var n = 0; n < modes; n++)
                {
                    var i = (e * modes) + n;
                    var a = new System.Numerics.Complex(-Math.Exp(decay[i]), settings.Complex ? Array(layer, "A_im")[i] : 0);
                    var gate = System.Numerics.Complex.Exp(delta * a);
                    if (settings.SignedGates) gate = (2 * gate) - 1;
                    state[e, n] = (gate * state[e, n]) + (delta * (b?[n] ?? Constant("b", i, 1)) * row[e]);
                    output += (c?[n] ?? Constant("c", i, -1)) * state[e, n];
                }

                var z = halves[(t * 2 * Inner) + Inner + e];
                y[(t * Inner) + e] = (((settings.Complex ? 2 : 1) * output.Real) + (skip[e] * row[e])) * z / (1 + Math.Exp(-z));
            }

            double[] Rows(int count)
            {
                next += count;
                return [.. Enumerable.Range(next - count, count).Select(r => row.Select((value, e) => value * Array(layer, "x_proj.weight")[(r * Inner) + e]).Sum())];
            }

            System.Numerics.Complex[] Pair(string name, int sign)
            {
                var re = Rows(modes);
                var im = settings.Complex ? Rows(modes) : new double[modes];
                return [.. re.Select((value, n) => new System.Numerics.Complex(value, sign * im[n]))];
            }
        }

        return Tensor.From<double>(y, [1, Length, Inner]).MatMul(Value(layer, "out_proj.weight"), transposeRight: true);

        System.Numerics.Complex Constant(string name, int i, int sign) =>
            settings.Complex ? new(Array(layer, name + "_re")[i], sign * Array(layer, name + "_im")[i]) : new(Array(layer, name)[i], 0);
    }

    private static Tensor Value(Module layer, string name) => layer.Parameters.Single(parameter => parameter.Name == name).Value;

    private static double[] Array(Module layer, string name) => Value(layer, name).ToArray<double>();
}
