using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.Elementwise;

internal static class ElementwiseCases
{
    private static readonly long[] Sizes = [1, 3, 15, 17, 63, 65, 257, 70001];

    /// <summary>Each function with its truth and its derivative's, and the range on which the case draws.</summary>
    private static readonly (string Name, Func<Tensor, Tensor> Apply, Func<double, double> Value, Func<double, double> Slope, double Low, double High)[] Functions =
    [
        ("exp", x => x.Exp(), Math.Exp, Math.Exp, -5, 2),
        ("expm1", x => x.Expm1(), Expm1, Math.Exp, -0.01, 0.01),
        ("log", x => x.Log(), Math.Log, x => 1 / x, 0.1, 10),
        ("log1p", x => x.Log1p(), Log1p, x => 1 / (1 + x), -0.01, 0.01),
        ("sqrt", x => x.Sqrt(), Math.Sqrt, x => 0.5 / Math.Sqrt(x), 0.1, 10),
        ("rsqrt", x => x.Rsqrt(), x => 1 / Math.Sqrt(x), x => -0.5 / (x * Math.Sqrt(x)), 0.5, 10),
        ("reciprocal", x => x.Reciprocal(), x => 1 / x, x => -1 / (x * x), 0.5, 10),
        ("square", x => x.Square(), x => x * x, x => 2 * x, -3, 3),
        ("abs", x => x.Abs(), Math.Abs, x => Math.Sign(x), -3, 3),
        ("sin", x => x.Sin(), Math.Sin, Math.Cos, -20, 20),
        ("cos", x => x.Cos(), Math.Cos, x => -Math.Sin(x), -20, 20),
        ("relu", x => x.Relu(), x => Math.Max(x, 0), x => x > 0 ? 1 : 0, -3, 3),
        ("sigmoid", x => x.Sigmoid(), Sigmoid, x => Sigmoid(x) * Sigmoid(-x), -12, 12),
        ("tanh", x => x.Tanh(), Math.Tanh, x => 1 / Math.Pow(Math.Cosh(x), 2), -12, 12),
        ("softplus", x => x.Softplus(), x => Math.Max(x, 0) + Log1p(Math.Exp(-Math.Abs(x))), Sigmoid, -30, 30),
        ("silu", x => x.Silu(), x => x * Sigmoid(x), x => Sigmoid(x) * (1 + (x * Sigmoid(-x))), -12, 12),
        ("gelu (tanh)", x => x.GeluTanh(), GeluTanh, GeluTanhSlope, -6, 6),
    ];

    public static IEnumerable<ConformanceCase> All =>
    [
        .. from function in Functions
           from size in Sizes
           select new ConformanceCase(
               "Elementwise",
               $"{function.Name} ({size})",
               [new(new Shape[] { [size] }[0], function.Low, function.High)],
               x => [function.Apply(x[0])],
               x => [new(x[0].Shape, [.. x[0].Values.Select(function.Value)])],
               (x, g) => [new(x[0].Shape, [.. x[0].Values.Zip(g[0].Values, (value, gradient) => gradient * function.Slope(value))])]),
    ];

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    // Kahan's forms, exact to a few ulp near 0 where the plain ones lose all digits.
    private static double Log1p(double x)
    {
        var sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * x / (sum - 1);
    }

    private static double Expm1(double x)
    {
        var power = Math.Exp(x);
        if (power == 1) return x;
        return power - 1 == -1 ? -1 : (power - 1) * x / Math.Log(power);
    }

    private static double GeluTanh(double x) => 0.5 * x * (1 + Math.Tanh(Inner(x)));

    private static double GeluTanhSlope(double x)
    {
        var tanh = Math.Tanh(Inner(x));
        return (0.5 * (1 + tanh)) + (0.5 * x * (1 - (tanh * tanh)) * Math.Sqrt(2 / Math.PI) * (1 + (3 * 0.044715 * x * x)));
    }

    private static double Inner(double x) => Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x));
}
