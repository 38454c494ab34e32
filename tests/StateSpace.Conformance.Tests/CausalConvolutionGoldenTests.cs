using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.CausalConvolution;

namespace StateSpace.Tensors.Conformance.Tests;

/// <summary>The convolution against values recorded from PyTorch.</summary>
public sealed class CausalConvolutionGoldenTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Causal_convolution_with_silu_equals_recorded_values(int file)
    {
        using var scope = new TensorScope();
        var golden = new SequenceGolden($"causal_conv1d_silu.{file}");
        Tensor x = golden.Leaf("x"), weight = golden.Leaf("weight"), bias = golden.Leaf("bias"), initial = golden.Leaf("initial");
        using var tape = new Tape();
        var (y, final) = CausalConvolution.Apply(x, weight, bias, initial, ConvolutionActivation.Silu);
        SequenceGolden.AssertClose(golden["out.y"], y, 1e-10, "y");
        SequenceGolden.AssertClose(golden["out.final"], final, 1e-10, "final");
        tape.Backward([y, final], [golden["cotangent.y"], golden["cotangent.final"]]);
        SequenceGolden.AssertClose(golden["grad.x"], x.Gradient, 1e-10, "gradient of x");
        SequenceGolden.AssertClose(golden["grad.weight"], weight.Gradient, 1e-10, "gradient of the weight");
        SequenceGolden.AssertClose(golden["grad.bias"], bias.Gradient, 1e-10, "gradient of the bias");
        SequenceGolden.AssertClose(golden["grad.initial"], initial.Gradient, 1e-10, "gradient of the initial state");
    }
}
