using System.Globalization;

namespace StateSpace.Tensors.Tests.Cpu.VectorMath;

/// <summary>
/// The largest errors of the vector functions, in units in the last place. Float is swept densely against the double version,
/// double at random points against 1200-bit integers, and densely against System.Math where that has the function.
/// </summary>
public sealed class AccuracyTests
{
    // Name, largest float error, largest double error (both in ulp), range of x. Beyond the range a result is 0, subnormal, infinite
    // or (SiLU, GELU) a product with a subnormal factor. Derivatives that cross zero are measured against the scale 1/4 there.
    public static TheoryData<string, double, double, double, double> Bounds => new()
    {
        { "Exp", 1.1, 1.0, -110, 90 },
        { "Exp2", 1.1, 1.0, -155, 130 },
        { "Expm1", 1.6, 1.2, -100, 90 },
        { "Log", 0.9, 0.9, 0, 3e38 },
        { "Log1p", 1.6, 1.1, -1, 3e38 },
        { "Sin", 1.6, 1.2, -1e5, 1e5 },
        { "Cos", 1.6, 1.2, -1e5, 1e5 },
        { "Sqrt", 0.51, 0.51, 0, 3e38 },
        { "Rsqrt", 1.6, 1.6, 0, 3e38 },
        { "Sigmoid", 2.2, 2.0, -110, 110 },
        { "SigmoidDerivative", 2.4, 2.0, -110, 110 },
        { "Tanh", 2.6, 2.6, -50, 50 },
        { "TanhDerivative", 2.8, 2.0, -55, 55 },
        { "Softplus", 1.7, 1.5, -110, 3e38 },
        { "Silu", 3.3, 2.5, -87, 3e38 },
        { "SiluDerivative", 4.8, 3.2, -87, 110 },
        { "Erf", 2.4, 1.8, -12, 12 },
        { "Gelu", 4.6, 3.5, -13, 3e38 },
        { "GeluDerivative", 4.6, 3.5, -13, 15 },
        { "GeluTanh", 3.0, 2.5, -10, 3e38 },
        { "GeluTanhDerivative", 5.6, 4.0, -10, 15 },
    };

    [Theory]
    [MemberData(nameof(Bounds))]
    public void Float_error_stays_below_the_stated_bound(string name, double bound, double doubleBound, double from, double to)
    {
        _ = doubleBound;
        var function = VectorFunction.Named(name);
        var x = SweepOfSingles((float)from, (float)to);
        var y = new float[x.Length];
        var wide = Array.ConvertAll(x, value => (double)value);
        var truth = new double[x.Length];
        function.Single(x, y, x.Length);
        function.Double(wide, truth, x.Length);

        var worst = 0.0;
        var where = 0f;
        for (var i = 0; i < x.Length; i++)
        {
            if ((float)truth[i] == y[i]) continue;
            var scale = Math.Max(Math.Abs(truth[i]), ScaleNearZeroCrossing(name, x[i]));
            var error = Math.Abs(y[i] - truth[i]) / Math.Max(Math.ScaleB(1, Math.ILogB(scale) - 23), float.Epsilon);
            if (error <= worst) continue;
            (worst, where) = (error, x[i]);
        }

        Assert.True(worst <= bound, string.Create(CultureInfo.InvariantCulture, $"{name}: {worst:F3} ulp at {where:R}"));
    }

    [Theory]
    [MemberData(nameof(Bounds))]
    public void Double_error_stays_below_the_stated_bound(string name, double singleBound, double bound, double from, double to)
    {
        _ = singleBound;
        var function = VectorFunction.Named(name);
        var x = SpotsOfDoubles(name, from, to);
        var worst = 0.0;
        var where = 0.0;
        foreach (var value in x)
        {
            var exact = function.Truth(Exact.From(value));
            var error = Exact.Ulps(function.DoubleScalar(value), exact, ScaleNearZeroCrossing(name, value), 53, -1074);
            if (error <= worst) continue;
            (worst, where) = (error, value);
        }

        Assert.True(worst <= bound, string.Create(CultureInfo.InvariantCulture, $"{name}: {worst:F3} ulp at {where:R}"));
    }

    [Theory]
    [InlineData("Exp", -745.0, 709.7)]
    [InlineData("Log", 0.0, 1.7e308)]
    [InlineData("Sin", -1e8, 1e8)]
    [InlineData("Cos", -1e8, 1e8)]
    [InlineData("Tanh", -700.0, 700.0)]
    public void Double_agrees_with_System_Math_over_the_whole_range(string name, double from, double to)
    {
        Func<double, double> truth = name switch { "Exp" => Math.Exp, "Log" => Math.Log, "Sin" => Math.Sin, "Cos" => Math.Cos, _ => Math.Tanh };
        var x = SweepOfDoubles(from, to);
        var y = new double[x.Length];
        VectorFunction.Named(name).Double(x, y, x.Length);
        var worst = 0.0;
        var where = 0.0;
        for (var i = 0; i < x.Length; i++)
        {
            var expected = truth(x[i]);
            var error = Math.Abs(y[i] - expected) / Math.Max(Math.ScaleB(1, Math.ILogB(expected) - 52), double.Epsilon);
            if (error <= worst) continue;
            (worst, where) = (error, x[i]);
        }

        Assert.True(worst <= 3, string.Create(CultureInfo.InvariantCulture, $"{name}: {worst:F3} ulp at {where:R}"));
    }

    private static double ScaleNearZeroCrossing(string name, double x) =>
        name is "SiluDerivative" or "GeluDerivative" or "GeluTanhDerivative" && x is > -3 and < -0.5 ? 0.25 : 0;

    private static float[] SweepOfSingles(float from, float to)
    {
        var x = new List<float>();
        for (long bits = 0; bits < 1L << 32; bits += 5003)
        {
            var value = BitConverter.UInt32BitsToSingle((uint)bits);
            if (value >= from && value <= to && value != 0) x.Add(value);
        }

        for (var i = 0; i <= 200_000; i++)
        {
            var value = (float)(Math.Max(from, -120.0) + (i / 200_000.0 * (Math.Min(to, 120.0) - Math.Max(from, -120.0))));
            if (value > from && value != 0) x.Add(value);
        }

        return [.. x.Where(value => value != from)];
    }

    private static double[] SweepOfDoubles(double from, double to)
    {
        var x = new List<double>();
        for (ulong bits = 0; bits < ulong.MaxValue - (1UL << 46); bits += 0x4000_9e37_79b9)
        {
            var value = BitConverter.UInt64BitsToDouble(bits);
            if (value > from && value < to && value != 0) x.Add(value);
        }

        for (var i = 1; i < 200_000; i++) x.Add(Math.Max(from, -1e4) + (i / 200_000.0 * (Math.Min(to, 1e4) - Math.Max(from, -1e4))));
        return [.. x.Where(value => value != 0)];
    }

    private static double[] SpotsOfDoubles(string name, double from, double to)
    {
        var random = new Random(17);
        var (isExp, isGelu) = (name.StartsWith("Exp", StringComparison.Ordinal), name.StartsWith("Gelu", StringComparison.Ordinal));
        var low = isExp ? -745 : isGelu ? -20 : Math.Max(from, -700);
        var high = Math.Min(to, isGelu ? 15 : 700);
        var x = new List<double>();
        for (var i = 0; i < 150; i++) x.Add(low + (random.NextDouble() * (high - low)));
        for (var i = 0; i < 150; i++)
        {
            var value = Math.Exp((random.NextDouble() * 20) - 14) * (i % 2 == 0 ? 1 : -1);
            if (value > low && value < high) x.Add(value);
        }

        return [.. x];
    }
}
