using System.Numerics;
using StateSpace.Tensors.Cpu.VectorMath;

namespace StateSpace.Tensors.Tests.Cpu.VectorMath;

/// <summary>A vector function with its exact counterpart and the range over which its error is measured.</summary>
internal sealed record VectorFunction(
    string Name,
    Action<float[], float[], long> Single,
    Action<double[], double[], long> Double,
    Func<float, float> SingleScalar,
    Func<double, double> DoubleScalar,
    Func<BigInteger, BigInteger> Truth)
{
    public static readonly VectorFunction[] All =
    [
        Of<ExpOperator>(Exact.Exp),
        Of<Exp2Operator>(Exact.Exp2),
        Of<Expm1Operator>(Exact.Expm1),
        Of<LogOperator>(Exact.Log),
        Of<Log1pOperator>(Exact.Log1p),
        Of<SinOperator>(Exact.Sin),
        Of<CosOperator>(Exact.Cos),
        Of<SqrtOperator>(Exact.Sqrt),
        Of<RsqrtOperator>(Exact.Rsqrt),
        Of<SigmoidOperator>(Exact.Sigmoid),
        Of<SigmoidDerivative>(Exact.SigmoidSlope),
        Of<TanhOperator>(Exact.Tanh),
        Of<TanhDerivative>(Exact.TanhSlope),
        Of<SoftplusOperator>(Exact.Softplus),
        Of<SiluOperator>(Exact.Silu),
        Of<SiluDerivative>(Exact.SiluSlope),
        Of<ErfOperator>(Exact.Erf),
        Of<GeluOperator>(Exact.Gelu),
        Of<GeluDerivative>(Exact.GeluSlope),
        Of<GeluTanhOperator>(Exact.GeluTanh),
        Of<GeluTanhDerivative>(Exact.GeluTanhSlope),
    ];

    public static VectorFunction Named(string name) => All.Single(function => function.Name == name);

    public static TheoryData<string> Names => [.. All.Select(function => function.Name)];

    private static unsafe VectorFunction Of<TOperator>(Func<BigInteger, BigInteger> truth)
        where TOperator : struct, IUnaryOperator => new(
            typeof(TOperator).Name.Replace("Operator", string.Empty, StringComparison.Ordinal),
            (x, y, n) =>
            {
                fixed (float* from = x, to = y) UnaryDriver.Run<float, TOperator>(from, to, n);
            },
            (x, y, n) =>
            {
                fixed (double* from = x, to = y) UnaryDriver.Run<double, TOperator>(from, to, n);
            },
            UnaryDriver.Scalar<TOperator>,
            UnaryDriver.Scalar<TOperator>,
            truth);
}
