using StateSpace.Models.Checkpoints;
using StateSpace.Models.Initialization;
using StateSpace.Models.Layers;
using StateSpace.Tensors;

namespace StateSpace.Models.Tests.Layers;

public sealed class S4dTests
{
    public static TheoryData<S4dInitialization, Discretization, S4dOutput, long> Kinds => new()
    {
        { S4dInitialization.Lin, Discretization.ZeroOrderHold, S4dOutput.Glu, 0 },
        { S4dInitialization.Inv, Discretization.Bilinear, S4dOutput.None, 0 },
        { S4dInitialization.LegS, Discretization.ZeroOrderHold, S4dOutput.Linear, 1 },
        { S4dInitialization.Real, Discretization.ZeroOrderHold, S4dOutput.Glu, 3 },
        { S4dInitialization.Real, Discretization.Bilinear, S4dOutput.None, 0 },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Convolution_equals_chunks_equals_steps(S4dInitialization start, Discretization discretization, S4dOutput output, long copies)
    {
        foreach (var dtype in new[] { DType.Float64, DType.Float32 }) MixerContract.CheckPieces(() => Layer(start, discretization, output, copies), 6, dtype);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Gradients_at_once_equal_those_in_chunks_and_central_differences(S4dInitialization start, Discretization discretization, S4dOutput output, long copies)
    {
        MixerContract.CheckGradients(() => Layer(start, discretization, output, copies), 6);
        MixerContract.CheckDifferences(() => Layer(start, discretization, output, copies), 6);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_layer_with_recorded_parameters_gives_the_recorded_outputs(int file)
    {
        using var scope = new TensorScope();
        using var golden = SafeTensorsFile.Open(Path.Combine(AppContext.BaseDirectory, "golden", "operations", $"s4d.{file}.safetensors"));
        var shape = golden["in.A_im"].Shape;
        var settings = new S4dSettings { StateSize = (int)(2 * shape[1]), Output = S4dOutput.None };
        using var layer = new S4d(shape[0], settings, new(new(1)));
        layer.Convert(DType.Float64);
        var c = golden.Load("in.C").Split(2, 1, 1);
        foreach (var (name, value) in new[]
        {
            ("ssm.a_log", golden.Load("in.A_re_log")), ("ssm.a_im", golden.Load("in.A_im")), ("ssm.c_re", c[0].Reshape(shape)), ("ssm.c_im", c[1].Reshape(shape)),
            ("ssm.log_dt", golden.Load("in.log_dt")), ("D", golden.Load("in.D")),
        })
        {
            layer.Parameters.Single(parameter => parameter.Name == name).Value.CopyFrom(value);
        }

        var u = golden.Load("in.u");
        MixerContract.Same(golden.Load("out.y"), layer.Forward(u).Y, 1e-10, "convolution");
        MixerContract.Same(golden.Load("out.y"), layer.Forward(u, layer.InitialState(u.Shape[0])).Y, 1e-10, "recurrence");
    }

    [Fact]
    public void Lin_Inv_and_Real_begin_at_the_published_values()
    {
        for (var n = 0; n < 32; n++)
        {
            Assert.Equal((-0.5, Math.PI * n), (S4dModes.Of(S4dInitialization.Lin, 64)[n].A.Real, S4dModes.Of(S4dInitialization.Lin, 64)[n].A.Imaginary));
            Assert.Equal(64 / Math.PI * ((64.0 / ((2 * n) + 1)) - 1), S4dModes.Of(S4dInitialization.Inv, 64)[n].A.Imaginary, 12);
            Assert.Equal(-(n + 1), S4dModes.Of(S4dInitialization.Real, 64)[n].A.Real);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(64)]
    public void LegS_modes_reproduce_the_matrix_they_come_from(int states)
    {
        // Each pair is an eigenvalue of the normal matrix S − ½, so Σ_n 2 Re(|B_n|² f(ω_n)) = bᵀ f(S) b for b = √(2n+1). For f = 1, S² and S⁴:
        var b = Enumerable.Range(0, states).Select(n => Math.Sqrt((2 * n) + 1.0)).ToArray();
        var sb = Skew(b);
        var ssb = Skew(sb);
        var modes = LegendreModes.Of(states);
        Assert.Equal(states / 2, modes.Count);
        Assert.All(modes, mode => Assert.True(mode.Frequency > 0));
        AssertClose(b.Sum(x => x * x), modes.Sum(m => 2 * Power(m)));
        AssertClose(sb.Sum(x => x * x), modes.Sum(m => 2 * Power(m) * m.Frequency * m.Frequency));
        AssertClose(ssb.Sum(x => x * x), modes.Sum(m => 2 * Power(m) * Math.Pow(m.Frequency, 4)));
        Assert.All(S4dModes.Of(S4dInitialization.LegS, states), mode => Assert.Equal(-0.5, mode.A.Real));

        static double Power((double Frequency, double Re, double Im) mode) => (mode.Re * mode.Re) + (mode.Im * mode.Im);
        static void AssertClose(double expected, double actual) => Assert.True(Math.Abs(expected - actual) <= 1e-9 * Math.Abs(expected), $"{actual} is not {expected}");
    }

    [Fact]
    public void Real_and_complex_layers_of_one_state_size_have_as_many_parameters()
    {
        using S4d complex = Layer(S4dInitialization.Lin, default, default, 0), real = Layer(S4dInitialization.Real, default, default, 0);
        Assert.Equal(complex.ParameterCount, real.ParameterCount);
    }

    [Fact]
    public void Steps_begin_log_uniform_in_their_range()
    {
        using var layer = new S4d(4096, new S4dSettings { StateSize = 2, Output = S4dOutput.None }, new(new(3)));
        var steps = layer.Parameters.Single(parameter => parameter.Name == "ssm.log_dt").Value.ToArray<double>();
        Assert.InRange(steps.Min(), Math.Log(0.001), Math.Log(0.0011));
        Assert.InRange(steps.Max(), Math.Log(0.091), Math.Log(0.1) + 1e-6);
        Assert.InRange(steps.Average(), Math.Log(0.01) - 0.07, Math.Log(0.01) + 0.07);
    }

    [Fact]
    public void State_sizes_and_copies_that_do_not_fit_are_refused_in_one_line()
    {
        Assert.Contains("even", Assert.Throws<ArgumentException>(() => new S4d(4, new S4dSettings { StateSize = 3 }, default)).Message, StringComparison.Ordinal);
        Assert.Contains("divide", Assert.Throws<ArgumentException>(() => new S4d(4, new S4dSettings { Copies = 3 }, default)).Message, StringComparison.Ordinal);
    }

    private static S4d Layer(S4dInitialization start, Discretization discretization, S4dOutput output, long copies) =>
        new(6, new S4dSettings { StateSize = 8, Initialization = start, Discretization = discretization, Output = output, Copies = copies }, new(new(11)));

    /// <summary>S x with S_nk = −½ √((2n+1)(2k+1)) below the diagonal and the opposite above.</summary>
    private static double[] Skew(double[] x) =>
        [.. x.Select((_, n) => x.Select((value, k) => n == k ? 0 : (n > k ? -0.5 : 0.5) * Math.Sqrt(((2 * n) + 1.0) * ((2 * k) + 1.0)) * value).Sum())];
}
