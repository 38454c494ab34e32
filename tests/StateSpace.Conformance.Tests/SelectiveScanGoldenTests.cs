using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Memory;
using StateSpace.Tensors.Operations.SelectiveScan;

namespace StateSpace.Tensors.Conformance.Tests;

/// <summary>The complex selective scan against values and gradients recorded from PyTorch, where a complex tensor has a last axis (re, im).</summary>
public sealed class SelectiveScanGoldenTests
{
    public SelectiveScanGoldenTests() => MemoryPool.Poison = true;

    [Theory]
    [InlineData(0, DType.Float64)]
    [InlineData(1, DType.Float64)]
    [InlineData(2, DType.Float64)]
    [InlineData(0, DType.Float32)]
    [InlineData(1, DType.Float32)]
    [InlineData(2, DType.Float32)]
    public void Complex_scan_equals_recorded_values_and_gradients(int file, DType dtype)
    {
        using var scope = new TensorScope();
        var golden = new SequenceGolden($"selective_scan_complex.{file}");
        Tensor u = Leaf("u"), delta = Leaf("delta"), skip = Leaf("D"), gate = Leaf("z"), bias = Leaf("delta_bias");
        (Tensor Re, Tensor Im) a = Pair("A"), b = Pair("B"), c = Pair("C"), initial = Pair("h0");
        using var tape = new Tape();
        var (y, (re, im)) = SelectiveScan.Apply(u, delta, a, b, c, skip, gate, bias, softplus: true, initial);
        AssertClose(golden["out.y"], y, "y");
        AssertClosePair("out.state", (re, im));

        tape.Backward([y, re, im], [Rounded(golden["cotangent.y"]), Rounded(golden.Part("cotangent.state", 0)), Rounded(golden.Part("cotangent.state", 1))]);
        AssertClose(golden["grad.u"], u.Gradient, "gradient of u");
        AssertClose(golden["grad.delta"], delta.Gradient, "gradient of delta");
        AssertClose(golden["grad.D"], skip.Gradient, "gradient of D");
        AssertClose(golden["grad.z"], gate.Gradient, "gradient of z");
        AssertClose(golden["grad.delta_bias"], bias.Gradient, "gradient of the bias");
        AssertClosePair("grad.A", (a.Re.Gradient, a.Im.Gradient));
        AssertClosePair("grad.B", (b.Re.Gradient, b.Im.Gradient));
        AssertClosePair("grad.C", (c.Re.Gradient, c.Im.Gradient));
        AssertClosePair("grad.h0", (initial.Re.Gradient, initial.Im.Gradient));

        Tensor Rounded(Tensor tensor) => tensor.Convert(dtype);

        Tensor Leaf(string name) => Rounded(golden["in." + name]).WithGradient();

        (Tensor Re, Tensor Im) Pair(string name) => (Rounded(golden.Part("in." + name, 0)).WithGradient(), Rounded(golden.Part("in." + name, 1)).WithGradient());

        void AssertClose(Tensor expected, Tensor? actual, string what) =>
            SequenceGolden.AssertClose(expected, actual?.Convert(DType.Float64), dtype == DType.Float64 ? 1e-10 : 1e-5, what);

        void AssertClosePair(string name, (Tensor? Re, Tensor? Im) actual)
        {
            AssertClose(golden.Part(name, 0), actual.Re, "real part of " + name);
            AssertClose(golden.Part(name, 1), actual.Im, "imaginary part of " + name);
        }
    }
}
