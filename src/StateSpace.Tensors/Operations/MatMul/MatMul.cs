using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cpu.Gemm;

namespace StateSpace.Tensors.Operations.MatMul;

/// <summary>Matrix product op(A) · op(B) over the last two axes, where op transposes or not; leading axes are a batch and broadcast.</summary>
/// <remarks>
/// On a GPU a Float32 parameter meets BFloat16 activations: it is rounded to BFloat16, as is the result, while its gradient is Float32.
/// </remarks>
internal sealed class MatMul(bool transposeLeft, bool transposeRight, DType? result = null) : Operation
{
    /// <summary>The Float32 operand beside a BFloat16 one, rounded; kept for the gradient rule.</summary>
    private Tensor? _rounded;

    /// <param name="left">A.</param>
    /// <param name="right">B.</param>
    /// <param name="transposeLeft">Whether A is transposed.</param>
    /// <param name="transposeRight">Whether B is transposed.</param>
    /// <param name="result">Type of the result where it is not that of the operands: Float32 from BFloat16, on a GPU.</param>
    public static Tensor Apply(Tensor left, Tensor right, bool transposeLeft, bool transposeRight, DType? result = null) =>
        new MatMul(transposeLeft, transposeRight, result).RunOne(left, right);

    protected internal override void Backward(GradientStep step)
    {
        // With C = op(A) op(B): ∂op(A) = g op(B)ᵀ and ∂op(B) = op(A)ᵀ g; a transposed operand's gradient is the transpose of that,
        // which is again one product.
        var (left, right, gradient) = (Operand(step.Input(0)), Operand(step.Input(1)), step.OutputGradient(0));
        if (step.Needs(0))
        {
            var product = transposeLeft
                ? Apply(right, gradient, transposeRight, true, step.InputDType(0))
                : Apply(gradient, right, false, !transposeRight, step.InputDType(0));
            step.Give(0, product.SumTo(left.Shape));
        }

        if (!step.Needs(1)) return;
        if (right.Rank == 2 && !transposeLeft)
        {
            // A batch that shares one right operand is one tall product: the sum over the batch happens within it.
            left = Flat(left);
            gradient = Flat(gradient);
        }

        if (!step.Device.IsCpu && left.Rank == 2 && right.Rank == 2 && gradient.DType == left.DType && step.SumOf(1) is { } sum)
        {
            if (transposeRight) MatMulCuda.Accumulate(gradient, left, sum, true, transposeLeft);
            else MatMulCuda.Accumulate(left, gradient, sum, !transposeLeft, false);
            return;
        }

        var share = transposeRight
            ? Apply(gradient, left, true, transposeLeft, step.InputDType(1))
            : Apply(left, gradient, !transposeLeft, false, step.InputDType(1));
        step.Give(1, share.SumTo(right.Shape));
    }

    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var (left, right) = (inputs[0], inputs[1]);
        var dtype = left.DType == right.DType ? left.DType : DType.BFloat16;
        Require(
            left.DType.IsFloating() && right.DType.IsFloating() && (left.DType == right.DType || (left.DType.Accurate() == right.DType.Accurate() && !left.Device.IsCpu)),
            $"left is {left} but right is {right}; both must be of one floating-point type, or on a GPU one of BFloat16 and a parameter of Float32");
        Require(left.Rank >= 2 && right.Rank >= 2, $"left is {left.Shape} and right is {right.Shape}; both need at least two axes");
        var (m, k) = Sizes(left.Shape, transposeLeft);
        var (rows, n) = Sizes(right.Shape, transposeRight);
        Require(k == rows, $"left is {Describe(left, transposeLeft)} and right is {Describe(right, transposeRight)}; {k} columns do not meet {rows} rows");
        Require(Shape.TryBroadcast(Batch(left.Shape), Batch(right.Shape), out var batch), $"batches of left {left.Shape} and right {right.Shape} do not fit");
        return [Tensor.Empty([.. batch.ToArray(), m, n], result ?? dtype, left.Device)];
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        if (outputs[0].DType == DType.Float32) Kernel<float>(inputs[0], inputs[1], outputs[0]);
        else Kernel<double>(inputs[0], inputs[1], outputs[0]);
    }

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
        var (left, right) = (inputs[0], inputs[1]);
        if (left.DType != right.DType)
        {
            using var pause = Tape.Pause();
            using var scope = new TensorScope();
            _rounded = Keep((left.DType == DType.Float32 ? left : right).Convert(DType.BFloat16));
        }

        MatMulCuda.Multiply(Operand(left), Operand(right), outputs[0], transposeLeft, transposeRight);
    }

    /// <summary>What is multiplied in an operand's place.</summary>
    private Tensor Operand(Tensor input) => _rounded is not null && input.DType == DType.Float32 ? _rounded : input;

    private unsafe void Kernel<T>(Tensor left, Tensor right, Tensor output)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        if (right.Rank == 2 && !transposeLeft) (left, output) = (Flat(left), Flat(output));
        var batch = Batch(output.Shape);
        using var scope = new TensorScope();
        left = Expand(left, batch);
        right = Expand(right, batch);
        var (m, k) = Sizes(left.Shape, transposeLeft);
        var n = output.Shape[^1];
        Gemm.MultiplyBatched(
            transposeLeft, transposeRight, checked((int)batch.Count), checked((int)m), checked((int)n), checked((int)k),
            left.Pointer<T>(), left.Shape[^1], Stride(left),
            right.Pointer<T>(), right.Shape[^1], Stride(right),
            output.Pointer<T>(), n, m * n, accumulate: false);

        static long Stride(Tensor operand) => Batch(operand.Shape).Count == 1 ? 0 : operand.Shape[^2] * operand.Shape[^1];
    }

    /// <summary>The operand with its batch repeated where it repeats along some axes but not along all.</summary>
    private static Tensor Expand(Tensor operand, Shape batch)
    {
        var own = Batch(operand.Shape);
        return own.Count == 1 || own.Count == batch.Count ? operand : operand.BroadcastTo([.. batch.ToArray(), operand.Shape[^2], operand.Shape[^1]]);
    }

    private static Tensor Flat(Tensor tensor) => tensor.Rank == 2 ? tensor : tensor.Reshape([tensor.Shape.Product(0, tensor.Rank - 1), tensor.Shape[^1]]);

    private static Shape Batch(Shape shape) => shape.ToArray()[..^2];

    private static (long Rows, long Columns) Sizes(Shape shape, bool transpose) => transpose ? (shape[^1], shape[^2]) : (shape[^2], shape[^1]);

    private static string Describe(Tensor tensor, bool transposed) => transposed ? $"{tensor.Shape} transposed" : tensor.Shape.ToString();
}
