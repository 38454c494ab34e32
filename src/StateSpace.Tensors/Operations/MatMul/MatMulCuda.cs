using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cuda.Gemm;

namespace StateSpace.Tensors.Operations.MatMul;

/// <summary>
/// The product through cuBLASLt. Operands of one type give that type, bf16 also Float32 where it is asked for (gradients of parameters).
/// </summary>
internal static unsafe class MatMulCuda
{
    /// <summary>C ← op(A) op(B).</summary>
    public static void Multiply(Tensor left, Tensor right, Tensor output, bool transposeLeft, bool transposeRight) =>
        Run(left, right, output, transposeLeft, transposeRight, accumulate: false);

    /// <summary>C ← C + op(A) op(B), in the pass that writes C: for sums of gradients.</summary>
    public static void Accumulate(Tensor left, Tensor right, Tensor sum, bool transposeLeft, bool transposeRight) =>
        Run(left, right, sum, transposeLeft, transposeRight, accumulate: true);

    private static void Run(Tensor left, Tensor right, Tensor output, bool transposeLeft, bool transposeRight, bool accumulate)
    {
        if (output.Count == 0) return;
        using var pause = Tape.Pause();
        using var scope = new TensorScope();
        if (right.Rank == 2 && !transposeLeft) (left, output) = (Flat(left), Flat(output));
        var (m, k) = transposeLeft ? (left.Shape[^1], left.Shape[^2]) : (left.Shape[^2], left.Shape[^1]);
        var n = output.Shape[^1];
        if (k == 0)
        {
            if (!accumulate) output.Clear();
            return;
        }

        // A batch that repeats along some axes but not along all is written out.
        var batch = output.Shape.Product(0, output.Rank - 2);
        left = Expand(left, output.Shape, batch);
        right = Expand(right, output.Shape, batch);
        byte* a = (byte*)left.Address(), b = (byte*)right.Address(), c = (byte*)output.Address();
        var shape = new GemmShape(
            CudaGemm.TypeOf(left.DType), CudaGemm.TypeOf(output.DType), CudaGemm.ComputeOf(left.DType), transposeLeft, transposeRight, m, n, k, checked((int)batch),
            Matrices(left) != batch, Matrices(right) != batch, GemmShape.AlignmentOf(a), GemmShape.AlignmentOf(b), GemmShape.AlignmentOf(c));
        CudaGemm.Of(output.Device).Multiply(shape, a, b, c, accumulate);
    }

    private static Tensor Expand(Tensor operand, Shape output, long batch)
    {
        if (Matrices(operand) is var own && (own == 1 || own == batch)) return operand;
        var shape = output.ToArray();
        (shape[^2], shape[^1]) = (operand.Shape[^2], operand.Shape[^1]);
        return operand.BroadcastTo(shape);
    }

    private static long Matrices(Tensor operand) => operand.Shape.Product(0, operand.Rank - 2);

    private static Tensor Flat(Tensor tensor) => tensor.Rank == 2 ? tensor : tensor.Reshape([tensor.Shape.Product(0, tensor.Rank - 1), tensor.Shape[^1]]);
}
