using StateSpace.Models.Layers;
using StateSpace.Models.Parameters;

namespace StateSpace.Models.Tests.Layers;

/// <summary>Layers begin as published: exact values where there are some, ranges and statistics where values are random.</summary>
public sealed class InitializationTests
{
    private const int Depth = 9;

    [Fact]
    public void Mamba_begins_as_published()
    {
        using var layer = new Mamba(64, Depth, new MambaSettings(), new(new(1)));
        var decay = Values(layer, "A_log");
        Assert.All(Enumerable.Range(0, decay.Length), i => Assert.Equal(Math.Log((i % 16) + 1), decay[i], 6));
        Assert.All(Values(layer, "D"), value => Assert.Equal(1, value));
        AssertUniform(Values(layer, "in_proj.weight"), 1 / Math.Sqrt(64));
        AssertUniform(Values(layer, "x_proj.weight"), 1 / Math.Sqrt(128));
        AssertUniform(Values(layer, "dt_proj.weight"), 1 / Math.Sqrt(4));
        AssertUniform(Values(layer, "conv1d.weight"), 0.5);
        AssertUniform(Values(layer, "conv1d.bias"), 0.5);
        AssertUniform(Values(layer, "out_proj.weight"), 1 / Math.Sqrt(128 * Depth));
        AssertLogUniform([.. Values(layer, "dt_proj.bias").Select(value => Math.Log(1 + Math.Exp(value)))]);
    }

    [Fact]
    public void Mamba2_begins_as_published()
    {
        using var layer = new Mamba2(64, Depth, new Mamba2Settings { HeadSize = 1, StateSize = 8 }, new(new(1)));
        var rates = Array.ConvertAll(Values(layer, "A_log"), Math.Exp);
        Assert.All(rates, rate => Assert.InRange(rate, 1, 16));
        Assert.InRange(rates.Average(), 7.3, 9.7);
        Assert.All(Values(layer, "D").Concat(Values(layer, "norm.weight")), value => Assert.Equal(1, value));
        AssertUniform(Values(layer, "in_proj.weight"), 1 / Math.Sqrt(64));
        AssertUniform(Values(layer, "out_proj.weight"), 1 / Math.Sqrt(128 * Depth));
        AssertLogUniform([.. Values(layer, "dt_bias").Select(value => Math.Log(1 + Math.Exp(value)))]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void S6_begins_as_published_with_as_many_parameters_real_as_complex(bool complex)
    {
        // 65,472 values in two layers of D = 64 with three norms, the frozen embedding not counted.
        using var layer = new S6(64, new S6Settings { Complex = complex }, new(new(1)));
        Assert.Equal(65472, (2 * layer.ParameterCount) + (3 * 64));
        var decay = Values(layer, "A_log");
        var modes = complex ? 8 : 16;
        Assert.All(Enumerable.Range(0, decay.Length), i => Assert.Equal(Math.Log((i % modes) + 1), decay[i], 6));
        AssertUniform(Values(layer, "x_proj.weight"), 1 / Math.Sqrt(128));
        AssertUniform(Values(layer, "out_proj.weight"), 1 / Math.Sqrt(128));
        if (!complex) return;
        var frequency = Values(layer, "A_im");
        Assert.All(Enumerable.Range(0, frequency.Length), i => Assert.Equal((float)(Math.PI * (i % 8)), (float)frequency[i]));
        Assert.InRange(Deviation(Values(layer, "D")), 0.8, 1.2);
    }

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(false, true, true)]
    [InlineData(true, false, true)]
    [InlineData(true, true, false)]
    [InlineData(false, false, false)]
    public void S6_has_as_many_parameters_real_as_complex_whatever_is_selective(bool b, bool c, bool delta)
    {
        var settings = new S6Settings { SelectiveB = b, SelectiveC = c, SelectiveDelta = delta };
        using S6 real = new(64, settings, new(new(1))), complex = new(64, settings with { Complex = true }, new(new(1)));
        Assert.Equal(real.ParameterCount, complex.ParameterCount);
        if (!b) AssertUniform(Values(real, "b"), 1 / Math.Sqrt(128));
        if (!delta) AssertLogUniform(Array.ConvertAll(Values(real, "log_dt"), Math.Exp));
    }

    [Fact]
    public void H3_begins_as_published_with_the_published_number_of_parameters()
    {
        using var layer = new H3(32, new H3Settings(), new(new(1)));
        Assert.Equal(14560, layer.ParameterCount);
        var input = Values(layer, "shift.b");
        Assert.All(Enumerable.Range(0, input.Length), i => Assert.Equal(i % 64 == 0 ? 1 : 0, input[i]));
        AssertUniform(Values(layer, "shift.c"), 1 / Math.Sqrt(64));
        Assert.All(Values(layer, "ssm.a_log"), value => Assert.Equal(Math.Log(0.5), value, 6));
        Assert.Equal((float)(Math.PI * 31), (float)Values(layer, "ssm.a_im")[31]);
        Assert.All(Values(layer, "ssm.b_re"), value => Assert.Equal(1, value));
        Assert.All(Values(layer, "ssm.b_im"), value => Assert.Equal(0, value));
        Assert.InRange(Deviation([.. Values(layer, "ssm.c_re"), .. Values(layer, "ssm.c_im")]), 0.67, 0.75);
        Assert.InRange(Deviation(Values(layer, "q_proj.weight")), 0.018, 0.022);
        Assert.All(Values(layer, "q_proj.bias"), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Decay_rates_norms_biases_skips_and_steps_have_no_weight_decay_and_matrices_do()
    {
        string[] without = ["A_log", "D", "bias", "norm", "dt_bias"];
        using var mamba = new Mamba(64, 1, new MambaSettings { Bias = true, InputNorm = ScanInputNorm.Scaled }, new(new(1)));
        using var mamba2 = new Mamba2(64, 1, new Mamba2Settings(), new(new(1)));
        foreach (var parameter in mamba.Parameters.Concat(mamba2.Parameters))
        {
            var expected = without.Any(word => parameter.Name.Contains(word, StringComparison.Ordinal)) ? 0 : 1;
            Assert.All(parameter.Parts, part => Assert.Equal(expected, part.Role.DecayMultiplier));
        }

        Assert.Equal(["delta", "B", "C"], mamba.Parameters.Single(parameter => parameter.Name == "x_proj.weight").Parts.Select(part => part.Name));
        Assert.Equal(["z", "x", "B", "C", "delta"], mamba2.Parameters.Single(parameter => parameter.Name == "in_proj.weight").Parts.Select(part => part.Name));
    }

    private static double[] Values(Module layer, string name) => layer.Parameters.Single(parameter => parameter.Name == name).Value.ToArray<double>();

    private static double Deviation(double[] values) => Math.Sqrt(values.Sum(value => value * value) / values.Length);

    private static void AssertUniform(double[] values, double bound)
    {
        Assert.All(values, value => Assert.InRange(Math.Abs(value), 0, bound * 1.000001));
        Assert.InRange(values.Max(), bound * 0.9, bound * 1.000001);
        Assert.InRange(Deviation(values) * Math.Sqrt(3) / bound, 0.85, 1.15);
    }

    private static void AssertLogUniform(double[] steps)
    {
        Assert.All(steps, step => Assert.InRange(step, 0.00099, 0.1001));
        Assert.InRange(steps.Average(step => Math.Log(step)), Math.Log(0.01) - 0.4, Math.Log(0.01) + 0.4);
    }
}
