using StateSpace.Tensors.Cuda.Interop;

namespace StateSpace.Tensors.Cuda.Gemm;

/// <summary>The descriptors of a product and the algorithm that the library proposes first for it; always the same for the same shape.</summary>
/// <remarks>
/// The library's matrices are column-major: our row-major C (M, N) is its (N, M), and Cᵀ = op(B)ᵀ op(A)ᵀ, so that the right operand
/// is its A, the left one its B, and the transposes stay as they are.
/// </remarks>
internal sealed unsafe class GemmPlan : IDisposable
{
    private readonly CublasLtProductHandle _product;
    private readonly CublasLtLayoutHandle _left;
    private readonly CublasLtLayoutHandle _right;
    private readonly CublasLtLayoutHandle _result;
    private readonly bool _double;
    private CublasLtAlgorithm _algorithm;

    public GemmPlan(in GemmShape shape, CublasLtHandle library, ulong workspaceBytes)
    {
        _double = shape.Compute == CublasComputeType.Float64;
        _product = CublasLtProductHandle.Create(
            shape.Compute, _double ? CublasDataType.Float64 : CublasDataType.Float32, shape.TransposeRight, shape.TransposeLeft);
        var (m, n, k) = (shape.M, shape.N, shape.K);
        _right = Layout(shape.Operands, shape.TransposeRight ? (k, n) : (n, k), shape.Batch, shape.RepeatRight);
        _left = Layout(shape.Operands, shape.TransposeLeft ? (m, k) : (k, m), shape.Batch, shape.RepeatLeft);
        _result = Layout(shape.Result, (n, m), shape.Batch, repeat: false);
        using var preference = CublasLtPreferenceHandle.Create(workspaceBytes, shape.AlignmentRight, shape.AlignmentLeft, shape.AlignmentResult);
        CublasLtHeuristicResult found;
        var status = CublasLtApi.cublasLtMatmulAlgoGetHeuristic(
            library.Value, _product.Value, _right.Value, _left.Value, _result.Value, _result.Value, preference.Value, 1, &found, out var count);
        CublasLtApi.Check(status, $"cuBLASLt finds no algorithm for {shape}");
        if (count == 0) throw new CudaException($"cuBLASLt has no algorithm for {shape}");
        CublasLtApi.Check(found.State, $"cuBLASLt has no algorithm for {shape}");
        _algorithm = found.Algorithm;
    }

    /// <summary>C ← op(A) op(B), or that added to C.</summary>
    public void Run(CublasLtHandle library, byte* left, byte* right, byte* result, bool accumulate, byte* workspace, nuint workspaceBytes, nint stream)
    {
        double one = 1, beta = accumulate ? 1 : 0;
        float single = 1, singleBeta = (float)beta;
        fixed (CublasLtAlgorithm* algorithm = &_algorithm)
        {
            var status = CublasLtApi.cublasLtMatmul(
                library.Value, _product.Value, _double ? &one : &single, right, _right.Value, left, _left.Value, _double ? &beta : &singleBeta,
                result, _result.Value, result, _result.Value, algorithm, workspace, workspaceBytes, stream);
            CublasLtApi.Check(status, "cublasLtMatmul");
        }
    }

    public void Dispose()
    {
        _product.Dispose();
        _left.Dispose();
        _right.Dispose();
        _result.Dispose();
    }

    private static CublasLtLayoutHandle Layout(CublasDataType type, (long Rows, long Columns) size, int batch, bool repeat) =>
        CublasLtLayoutHandle.Create(type, size.Rows, size.Columns, batch, repeat ? 0 : size.Rows * size.Columns);
}
