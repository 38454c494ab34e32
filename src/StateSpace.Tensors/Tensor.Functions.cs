using StateSpace.Tensors.Cpu.VectorMath;
using StateSpace.Tensors.Operations.Elementwise;

namespace StateSpace.Tensors;

public sealed partial class Tensor
{
    /// <summary>e^x.</summary>
    public Tensor Exp() => ElementwiseFunction<ExpOperator, ExpOperator>.Apply(nameof(Exp), this);

    /// <summary>e^x − 1, accurate near 0.</summary>
    public Tensor Expm1() => ElementwiseFunction<Expm1Operator, ExpOperator>.Apply(nameof(Expm1), this);

    /// <summary>Natural logarithm; −∞ at 0, NaN below.</summary>
    public Tensor Log() => ElementwiseFunction<LogOperator, Operations.Elementwise.Reciprocal>.Apply(nameof(Log), this);

    /// <summary>log(1 + x), accurate near 0.</summary>
    public Tensor Log1p() => ElementwiseFunction<Log1pOperator, Operations.Elementwise.Log1pDerivative>.Apply(nameof(Log1p), this);

    /// <summary>√x; NaN below 0.</summary>
    public Tensor Sqrt() => ElementwiseFunction<SqrtOperator, Operations.Elementwise.SqrtDerivative>.Apply(nameof(Sqrt), this);

    /// <summary>1/√x.</summary>
    public Tensor Rsqrt() => ElementwiseFunction<RsqrtOperator, Operations.Elementwise.RsqrtDerivative>.Apply(nameof(Rsqrt), this);

    /// <summary>1/x.</summary>
    public Tensor Reciprocal() => ElementwiseFunction<Operations.Elementwise.Reciprocal, Operations.Elementwise.ReciprocalDerivative>.Apply(nameof(Reciprocal), this);

    /// <summary>x².</summary>
    public Tensor Square() => ElementwiseFunction<Operations.Elementwise.Square, Operations.Elementwise.SquareDerivative>.Apply(nameof(Square), this);

    /// <summary>|x|; its gradient at 0 is 0.</summary>
    public Tensor Abs() => ElementwiseFunction<Operations.Elementwise.Absolute, Operations.Elementwise.Sign>.Apply(nameof(Abs), this);

    /// <summary>sin x, x in radians.</summary>
    public Tensor Sin() => ElementwiseFunction<SinOperator, CosOperator>.Apply(nameof(Sin), this);

    /// <summary>cos x, x in radians.</summary>
    public Tensor Cos() => ElementwiseFunction<CosOperator, Operations.Elementwise.NegativeSin>.Apply(nameof(Cos), this);

    /// <summary>max(x, 0); its gradient at 0 is 0.</summary>
    public Tensor Relu() => ElementwiseFunction<Operations.Elementwise.Relu, Operations.Elementwise.ReluDerivative>.Apply(nameof(Relu), this);

    /// <summary>1 / (1 + e^(−x)).</summary>
    public Tensor Sigmoid() => ElementwiseFunction<SigmoidOperator, SigmoidDerivative>.Apply(nameof(Sigmoid), this);

    /// <summary>tanh x.</summary>
    public Tensor Tanh() => ElementwiseFunction<TanhOperator, TanhDerivative>.Apply(nameof(Tanh), this);

    /// <summary>log(1 + e^x), accurate on both sides.</summary>
    public Tensor Softplus() => ElementwiseFunction<SoftplusOperator, SigmoidOperator>.Apply(nameof(Softplus), this);

    /// <summary>x · sigmoid(x), the gate of Mamba and of gated MLPs (Hendrycks and Gimpel, 2016; Elfwing et al., 2017).</summary>
    public Tensor Silu() => ElementwiseFunction<SiluOperator, SiluDerivative>.Apply(nameof(Silu), this);

    /// <summary>x Φ(x) with the normal distribution function, by erf (Hendrycks and Gimpel, 2016).</summary>
    public Tensor Gelu() => ElementwiseFunction<GeluOperator, GeluDerivative>.Apply(nameof(Gelu), this);

    /// <summary>The tanh approximation of GELU: x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))).</summary>
    public Tensor GeluTanh() => ElementwiseFunction<GeluTanhOperator, GeluTanhDerivative>.Apply(nameof(GeluTanh), this);
}
