namespace StateSpace.Tensors.Tests.Cpu.VectorMath;

public sealed class SpecialValueTests
{
    private const double Inf = double.PositiveInfinity;

    // f(−∞), f(0), f(+∞).
    public static TheoryData<string, double, double, double> Limits => new()
    {
        { "Exp", 0, 1, Inf },
        { "Exp2", 0, 1, Inf },
        { "Expm1", -1, 0, Inf },
        { "Log", double.NaN, -Inf, Inf },
        { "Log1p", double.NaN, 0, Inf },
        { "Sin", double.NaN, 0, double.NaN },
        { "Cos", double.NaN, 1, double.NaN },
        { "Sqrt", double.NaN, 0, Inf },
        { "Rsqrt", double.NaN, Inf, 0 },
        { "Sigmoid", 0, 0.5, 1 },
        { "SigmoidDerivative", 0, 0.25, 0 },
        { "Tanh", -1, 0, 1 },
        { "TanhDerivative", 0, 1, 0 },
        { "Softplus", 0, Math.Log(2), Inf },
        { "Silu", 0, 0, Inf },
        { "SiluDerivative", 0, 0.5, 1 },
        { "Erf", -1, 0, 1 },
        { "Gelu", 0, 0, Inf },
        { "GeluDerivative", 0, 0.5, 1 },
        { "GeluTanh", 0, 0, Inf },
        { "GeluTanhDerivative", 0, 0.5, 1 },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public void Limits_and_NaN_are_those_of_the_function(string name, double atMinusInfinity, double atZero, double atInfinity)
    {
        var function = VectorFunction.Named(name);
        Assert.Equal(atMinusInfinity, function.DoubleScalar(-Inf));
        Assert.Equal(atZero, function.DoubleScalar(0), 1e-15);
        Assert.Equal(atInfinity, function.DoubleScalar(Inf));
        Assert.True(double.IsNaN(function.DoubleScalar(double.NaN)));
        Assert.Equal((float)atMinusInfinity, function.SingleScalar(float.NegativeInfinity));
        Assert.Equal((float)atZero, function.SingleScalar(0), 1e-7f);
        Assert.Equal((float)atInfinity, function.SingleScalar(float.PositiveInfinity));
        Assert.True(float.IsNaN(function.SingleScalar(float.NaN)));
    }

    [Fact]
    public void Exponentials_overflow_to_infinity_and_underflow_gradually()
    {
        var exp = VectorFunction.Named("Exp");
        Assert.Equal(MathF.Exp(88.72283f), exp.SingleScalar(88.72283f), 1e32f);
        Assert.Equal(float.PositiveInfinity, exp.SingleScalar(88.73f));
        Assert.Equal(float.Epsilon, exp.SingleScalar(-103.5f));
        Assert.Equal(0, exp.SingleScalar(-104f));
        Assert.Equal(double.PositiveInfinity, exp.DoubleScalar(709.79));
        Assert.True(double.IsFinite(exp.DoubleScalar(709.78)));
        Assert.Equal(double.Epsilon, exp.DoubleScalar(-745.1));
        Assert.Equal(0, exp.DoubleScalar(-746));
        var exp2 = VectorFunction.Named("Exp2");
        for (var k = -149; k <= 127; k++) Assert.Equal((float)Math.ScaleB(1, k), exp2.SingleScalar(k));
        for (var k = -1074; k <= 1023; k++) Assert.Equal(Math.ScaleB(1, k), exp2.DoubleScalar(k));
    }

    [Fact]
    public void Logarithms_cover_the_subnormals_and_reject_negative_numbers()
    {
        var log = VectorFunction.Named("Log");
        Assert.Equal((float)Math.Log(1e-42f), log.SingleScalar(1e-42f), 1e-5f);
        Assert.Equal(Math.Log(double.Epsilon), log.DoubleScalar(double.Epsilon), 1e-12);
        Assert.Equal(0, log.SingleScalar(1));
        Assert.Equal(0, log.DoubleScalar(1));
        Assert.True(float.IsNaN(log.SingleScalar(-1e-42f)));
        Assert.Equal(double.NegativeInfinity, log.DoubleScalar(-0.0));
        var log1p = VectorFunction.Named("Log1p");
        Assert.Equal(float.NegativeInfinity, log1p.SingleScalar(-1));
        Assert.True(double.IsNaN(log1p.DoubleScalar(-1.0000001)));
        Assert.Equal(1e-300, log1p.DoubleScalar(1e-300));
        Assert.Equal(float.Epsilon, log1p.SingleScalar(float.Epsilon));
        Assert.Equal((float)Math.Log(float.MaxValue), log1p.SingleScalar(float.MaxValue), 1e-5f);
    }

    [Theory]
    [InlineData("Expm1")]
    [InlineData("Log1p")]
    [InlineData("Tanh")]
    [InlineData("Erf")]
    [InlineData("Silu")]
    [InlineData("Gelu")]
    public void The_sign_of_zero_survives_functions_through_the_origin(string name)
    {
        var function = VectorFunction.Named(name);
        Assert.True(double.IsNegative(function.DoubleScalar(-0.0)) && !double.IsNegative(function.DoubleScalar(0.0)));
        Assert.True(float.IsNegative(function.SingleScalar(-0f)) && !float.IsNegative(function.SingleScalar(0f)));
    }

    [Fact]
    public void Softplus_is_x_itself_far_to_the_right_and_exp_far_to_the_left()
    {
        var softplus = VectorFunction.Named("Softplus");
        Assert.Equal(40f, softplus.SingleScalar(40f));
        Assert.Equal(1e30, softplus.DoubleScalar(1e30));
        Assert.Equal(Math.Exp(-50), softplus.DoubleScalar(-50), Math.Exp(-50) * 1e-15);
        Assert.Equal(Math.Exp(-60), softplus.SingleScalar(-60f), Math.Exp(-60) * 2e-7);
    }

    [Theory]
    [InlineData(2e5)]
    [InlineData(1e20)]
    public void Angles_beyond_the_reduced_range_still_give_sine_and_cosine(double x)
    {
        Assert.Equal((float)Math.Sin((float)x), VectorFunction.Named("Sin").SingleScalar((float)x), 1e-7f);
        Assert.Equal(Math.Cos(x), VectorFunction.Named("Cos").DoubleScalar(x), 1e-15);
    }
}
