using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.DiagonalRecurrence;
using StateSpace.Tensors.Operations.FftConvolution;
using StateSpace.Tensors.Operations.ImpulseResponse;
using StateSpace.Tensors.Operations.ZeroOrderHold;

namespace StateSpace.Tensors.Conformance.Tests;

/// <summary>
/// S4D as a composition, against values recorded from PyTorch: A = −exp(A_re_log) + i A_im, Δ = exp(log_dt), B = 1,
/// k_l = 2 Re Σ_n C_n B̄_n exp(l ΔA_n), y = k ∗ u + D u.
/// </summary>
public sealed class S4dGoldenTests
{
    private const double Tolerance = 1e-10;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void S4D_by_convolution_equals_recorded_values_and_gradients(int file)
    {
        using var scope = new TensorScope();
        var golden = new SequenceGolden($"s4d.{file}");
        Tensor delta = Exponential(golden["in.log_dt"], 1).WithGradient(), re = Exponential(golden["in.A_re_log"], -1).WithGradient();
        Tensor im = golden.Leaf("A_im"), cre = golden.Part("in.C", 0).WithGradient(), cim = golden.Part("in.C", 1).WithGradient();
        Tensor u = golden.Leaf("u"), skip = golden.Leaf("D");
        using var tape = new Tape();
        var (logLambda, input) = ZeroOrderHold.Apply(delta, (re, im));
        var kernel = ImpulseResponse.FromLog(logLambda, Product((cre, cim), input), u.Shape[1], scale: 2);
        var y = FftConvolution.Apply(u, kernel) + (u * skip);
        SequenceGolden.AssertClose(golden["out.kernel"], kernel, Tolerance, "kernel");
        SequenceGolden.AssertClose(golden["out.y"], y, Tolerance, "y");

        tape.Backward([kernel, y], [golden["cotangent.kernel"], golden["cotangent.y"]]);
        SequenceGolden.AssertClose(golden["grad.u"], u.Gradient, Tolerance, "gradient of u");
        SequenceGolden.AssertClose(golden["grad.D"], skip.Gradient, Tolerance, "gradient of D");
        SequenceGolden.AssertClose(golden.Part("grad.C", 0), cre.Gradient, Tolerance, "gradient of Re C");
        SequenceGolden.AssertClose(golden.Part("grad.C", 1), cim.Gradient, Tolerance, "gradient of Im C");
        SequenceGolden.AssertClose(golden["grad.A_im"], im.Gradient, Tolerance, "gradient of Im A");

        // The chain rule through the exponentials.
        SequenceGolden.AssertClose(golden["grad.A_re_log"], re.Gradient! * re, Tolerance, "gradient of log(−Re A)");
        SequenceGolden.AssertClose(golden["grad.log_dt"], delta.Gradient! * delta, Tolerance, "gradient of log Δ");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void S4D_by_recurrence_equals_recorded_values(int file)
    {
        using var scope = new TensorScope();
        var golden = new SequenceGolden($"s4d.{file}");
        Tensor delta = Exponential(golden["in.log_dt"], 1), re = Exponential(golden["in.A_re_log"], -1), u = golden["in.u"];
        var (logLambda, input) = ZeroOrderHold.Apply(delta, (re, golden["in.A_im"]));
        var magnitude = Exponential(logLambda.Re, 1);
        var lambda = (magnitude * Map(logLambda.Im, Math.Cos), magnitude * Map(logLambda.Im, Math.Sin));
        var weight = Product((golden.Part("in.C", 0), golden.Part("in.C", 1)), input);
        var (y, _) = DiagonalRecurrence.Apply(u, lambda, weight, scale: 2);
        SequenceGolden.AssertClose(golden["out.y"], y + (u * golden["in.D"]), Tolerance, "y");
    }

    private static (Tensor Re, Tensor Im) Product((Tensor Re, Tensor Im) x, (Tensor Re, Tensor Im) y) =>
        ((x.Re * y.Re) - (x.Im * y.Im), (x.Re * y.Im) + (x.Im * y.Re));

    private static Tensor Exponential(Tensor x, double factor) => Map(x, value => factor * Math.Exp(value));

    private static Tensor Map(Tensor x, Func<double, double> function) => Tensor.From<double>(x.ToArray<double>().Select(function).ToArray(), x.Shape);
}
