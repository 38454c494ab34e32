using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using StateSpace.Tensors.Cpu.Gemm;

namespace StateSpace.Tensors.Operations.PackedMatMul;

/// <summary>Product with a weight in a storage type for inference.</summary>
public sealed unsafe class PackedMatMul : Operation
{
    /// <summary>Up to this many rows of x the weights are widened in registers; from then on a block of them is widened in memory, for the blocked multiply.</summary>
    private const long MostFewRows = 16;

    /// <summary>Elements of W that are widened at a time: 4 MiB.</summary>
    private const long ElementsPerBlock = 1 << 20;

    private readonly PackedMatrix _weight;
    private readonly long _start;
    private readonly long _count;

    private PackedMatMul(PackedMatrix weight, long start, long count) => (_weight, _start, _count) = (weight, start, count);

    /// <summary>y = x Wᵀ.</summary>
    /// <param name="x">Input, (…, K) of Float32, K the columns of W; or of Float64, which is multiplied in double with the same weights.</param>
    /// <param name="weight">W.</param>
    /// <returns>Output, (…, rows of W).</returns>
    /// <exception cref="ShapeException">x does not have as many columns as W.</exception>
    public static Tensor Apply(Tensor x, PackedMatrix weight)
    {
        ArgumentNullException.ThrowIfNull(weight);
        return Apply(x, weight, 0, weight.Rows);
    }

    /// <summary>y = x Wᵀ with some of W's rows.</summary>
    /// <param name="x">Input, (…, K) of Float32, K the columns of W; or of Float64, which is multiplied in double with the same weights.</param>
    /// <param name="weight">W.</param>
    /// <param name="start">First row.</param>
    /// <param name="count">Number of rows.</param>
    /// <returns>Output, (…, count).</returns>
    /// <exception cref="ShapeException">x does not have as many columns as W.</exception>
    /// <exception cref="ArgumentOutOfRangeException">W has no such rows.</exception>
    public static Tensor Apply(Tensor x, PackedMatrix weight, long start, long count)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, weight.Rows - start);
        return new PackedMatMul(weight, start, count).RunOne(x);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var x = inputs[0];
        Require(x.Rank >= 1 && x.DType.IsFloating(), $"x must be (…, K) of floating-point numbers, not {x}");
        Require(x.Shape[^1] == _weight.Columns, $"x is {x} but the weight is {_weight}");
        return [Tensor.Empty(x.Shape.With(x.Rank - 1, _count), x.DType, x.Device)];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        var (x, y) = (inputs[0], outputs[0]);
        var rows = x.Shape.Product(0, x.Rank - 1);
        if (y.Count == 0) return;
        if (x.DType == DType.Float64) MultiplyDouble(x, y, rows);
        else if (_weight.Storage == WeightStorage.Float32) Multiply(x, rows, (float*)_weight.Values + (_start * _weight.Columns), _count, y.Pointer<float>());
        else if (rows <= MostFewRows) MultiplyFewRows(x, y, rows);
        else MultiplyByBlocks(x, y, rows);
    }

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => PackedMatMulCuda.Multiply(inputs[0], _weight, _start, _count, outputs[0]);

    private void MultiplyFewRows(Tensor x, Tensor y, long rows)
    {
        if (_weight.Storage == WeightStorage.Int8)
        {
            var product = new Int8Product
            {
                RowCount = rows,
                X = x.Pointer<float>(),
                LineCount = _count,
                Lines = (sbyte*)_weight.Values + (_start * _weight.Columns),
                Scales = _weight.Scales + (_start * Int8Blocks.Count(_weight.Columns)),
                Depth = (nint)_weight.Columns,
                Y = y.Pointer<float>(),
                RowStrideOfY = _count,
            };
            if (Avx512BW.IsSupported) Int8FewRows<Vector512<float>, Int8Vector512>.Multiply(product);
            else Int8FewRows<Vector256<float>, Int8Vector256>.Multiply(product);
            return;
        }

        var few = new FewRows<float>
        {
            RowCount = (int)rows,
            Rows = x.Pointer<float>(),
            RowStride = (nint)_weight.Columns,
            LineCount = checked((int)_count),
            Lines = _weight.Values + (_start * _weight.RowBytes),
            LineStride = (nint)_weight.RowBytes,
            Depth = checked((int)_weight.Columns),
            C = y.Pointer<float>(),
            RowStrideOfC = (nint)_count,
            LineStrideOfC = 1,
        };
        if (Avx512F.IsSupported) GemmFewRows<float, Vector512<float>, Simd512<float>, BFloat16Element>.Multiply(few);
        else GemmFewRows<float, Vector256<float>, Simd256<float>, BFloat16Element>.Multiply(few);
    }

    private void MultiplyByBlocks(Tensor x, Tensor y, long rows)
    {
        var perBlock = Math.Min(_count, Math.Max(1, ElementsPerBlock / Math.Max(1, _weight.Columns)));
        using var block = Tensor.Empty([perBlock, _weight.Columns]);
        for (long line = 0; line < _count; line += perBlock)
        {
            var lines = Math.Min(perBlock, _count - line);
            _weight.Unpack(_start + line, lines, block.Pointer<float>());
            Multiply(x, rows, block.Pointer<float>(), lines, y.Pointer<float>() + line);
        }
    }

    private void Multiply(Tensor x, long rows, float* lines, long lineCount, float* y)
    {
        var depth = checked((int)_weight.Columns);
        Gemm.Multiply(false, true, checked((int)rows), checked((int)lineCount), depth, x.Pointer<float>(), depth, lines, depth, y, _count, accumulate: false);
    }

    private void MultiplyDouble(Tensor x, Tensor y, long rows)
    {
        var depth = checked((int)_weight.Columns);
        using var single = Tensor.Empty([_count, depth]);
        _weight.Unpack(_start, _count, single.Pointer<float>());
        using var lines = single.Convert(DType.Float64);
        Gemm.Multiply(
            false, true, checked((int)rows), checked((int)_count), depth, x.Pointer<double>(), depth, lines.Pointer<double>(), depth, y.Pointer<double>(), _count, accumulate: false);
    }
}
