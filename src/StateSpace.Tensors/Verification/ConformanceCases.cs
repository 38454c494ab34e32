using StateSpace.Tensors.Operations.AddRmsNorm;
using StateSpace.Tensors.Operations.Arithmetic;
using StateSpace.Tensors.Operations.Attention;
using StateSpace.Tensors.Operations.CausalConvolution;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Tensors.Operations.DiagonalRecurrence;
using StateSpace.Tensors.Operations.Elementwise;
using StateSpace.Tensors.Operations.Embedding;
using StateSpace.Tensors.Operations.FftConvolution;
using StateSpace.Tensors.Operations.GatedRecurrence;
using StateSpace.Tensors.Operations.GatedRmsNorm;
using StateSpace.Tensors.Operations.ImpulseResponse;
using StateSpace.Tensors.Operations.Indexing;
using StateSpace.Tensors.Operations.LayerNorm;
using StateSpace.Tensors.Operations.Layout;
using StateSpace.Tensors.Operations.LinearAttention;
using StateSpace.Tensors.Operations.MambaDecoding;
using StateSpace.Tensors.Operations.MatMul;
using StateSpace.Tensors.Operations.PackedMatMul;
using StateSpace.Tensors.Operations.RealFft;
using StateSpace.Tensors.Operations.Reduction;
using StateSpace.Tensors.Operations.RmsNorm;
using StateSpace.Tensors.Operations.Rotary;
using StateSpace.Tensors.Operations.SelectiveScan;
using StateSpace.Tensors.Operations.Softmax;
using StateSpace.Tensors.Operations.Ssd;
using StateSpace.Tensors.Operations.SsdStep;
using StateSpace.Tensors.Operations.ZeroOrderHold;

namespace StateSpace.Tensors.Verification;

/// <summary>Every operation's cases. A new operation adds its line.</summary>
internal static class ConformanceCases
{
    public static IEnumerable<ConformanceCase> All =>
    [
        .. AddRmsNormCases.All,
        .. ArithmeticCases.All,
        .. AttentionCases.All,
        .. CausalConvolutionCases.All,
        .. CrossEntropyCases.All,
        .. DiagonalRecurrenceCases.All,
        .. ElementwiseCases.All,
        .. EmbeddingCases.All,
        .. FftConvolutionCases.All,
        .. GatedRecurrenceCases.All,
        .. GatedRmsNormCases.All,
        .. ImpulseResponseCases.All,
        .. IndexingCases.All,
        .. LayerNormCases.All,
        .. LayoutCases.All,
        .. LinearAttentionCases.All,
        .. MambaDecodingCases.All,
        .. MatMulCases.All,
        .. PackedMatMulCases.All,
        .. RealFftCases.All,
        .. ReductionCases.All,
        .. RmsNormCases.All,
        .. RotaryCases.All,
        .. SelectiveScanCases.All,
        .. SoftmaxCases.All,
        .. SsdCases.All,
        .. SsdStepCases.All,
        .. ZeroOrderHoldCases.All,
    ];
}
