using StateSpace.Tensors.Cuda.Interop;

namespace StateSpace.Tensors.Cuda.Gemm;

/// <summary>What an algorithm is chosen by: C (M, N) = op(A) op(B), row-major, once or for a batch of matrices one behind the other.</summary>
/// <param name="Operands">Type of both operands.</param>
/// <param name="Result">Type of the result.</param>
/// <param name="Compute">Type of products and sums.</param>
/// <param name="TransposeLeft">Whether A lies as (K, M).</param>
/// <param name="TransposeRight">Whether B lies as (N, K).</param>
/// <param name="M">Rows of the result.</param>
/// <param name="N">Columns of the result.</param>
/// <param name="K">Depth.</param>
/// <param name="Batch">Number of products.</param>
/// <param name="RepeatLeft">Whether all of them have the same A.</param>
/// <param name="RepeatRight">Whether all of them have the same B.</param>
/// <param name="AlignmentLeft">Bytes that divide A's address, at most 16.</param>
/// <param name="AlignmentRight">Bytes that divide B's address, at most 16.</param>
/// <param name="AlignmentResult">Bytes that divide C's address, at most 16.</param>
internal readonly record struct GemmShape(
    CublasDataType Operands,
    CublasDataType Result,
    CublasComputeType Compute,
    bool TransposeLeft,
    bool TransposeRight,
    long M,
    long N,
    long K,
    int Batch,
    bool RepeatLeft,
    bool RepeatRight,
    uint AlignmentLeft,
    uint AlignmentRight,
    uint AlignmentResult)
{
    /// <summary>The largest power of two up to 16 that divides an address.</summary>
    public static unsafe uint AlignmentOf(byte* address)
    {
        var bits = (uint)(nuint)address | 16;
        return bits & ~(bits - 1);
    }

    public override string ToString() =>
        $"{(Batch == 1 ? "" : $"{Batch} times ")}({M}, {K}){(TransposeLeft ? "ᵀ" : "")} · ({K}, {N}){(TransposeRight ? "ᵀ" : "")} of {Operands} to {Result}";
}
