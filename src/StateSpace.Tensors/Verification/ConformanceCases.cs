using StateSpace.Tensors.Operations.Arithmetic;
using StateSpace.Tensors.Operations.CausalConvolution;
using StateSpace.Tensors.Operations.DiagonalRecurrence;
using StateSpace.Tensors.Operations.FftConvolution;
using StateSpace.Tensors.Operations.ImpulseResponse;
using StateSpace.Tensors.Operations.Layout;
using StateSpace.Tensors.Operations.RealFft;
using StateSpace.Tensors.Operations.Reduction;
using StateSpace.Tensors.Operations.RmsNorm;
using StateSpace.Tensors.Operations.ZeroOrderHold;

namespace StateSpace.Tensors.Verification;

/// <summary>Every operation's cases. A new operation adds its line.</summary>
internal static class ConformanceCases
{
    public static IEnumerable<ConformanceCase> All =>
    [
        .. ArithmeticCases.All,
        .. CausalConvolutionCases.All,
        .. DiagonalRecurrenceCases.All,
        .. FftConvolutionCases.All,
        .. ImpulseResponseCases.All,
        .. LayoutCases.All,
        .. RealFftCases.All,
        .. ReductionCases.All,
        .. RmsNormCases.All,
        .. ZeroOrderHoldCases.All,
    ];
}
