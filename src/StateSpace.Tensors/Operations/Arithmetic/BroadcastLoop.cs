using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.Arithmetic;

/// <summary>
/// The loop of a function of two operands with broadcasting: axes that both operands walk in the same way are merged, and what
/// remains is an inner run in which each operand either advances or repeats.
/// </summary>
internal sealed class BroadcastLoop
{
    /// <summary>Elements per parallel block: large enough to hide the start of a thread, small enough to stay in the L2 cache.</summary>
    private const long Block = 1 << 15;

    private readonly long[] _sizes;
    private readonly long[] _leftStrides;
    private readonly long[] _rightStrides;
    private readonly long _count;

    public BroadcastLoop(Shape left, Shape right, Shape result)
    {
        if (left == right && right == result)
        {
            // One run: what most calls are, and what a small one must not pay lists for.
            (_sizes, _leftStrides, _rightStrides, _count) = ([Math.Max(1, result.Count)], [1], [1], result.Count);
            return;
        }

        List<long> sizes = [], leftStrides = [], rightStrides = [];
        long leftStride = 1, rightStride = 1;
        for (var axis = 1; axis <= result.Rank; axis++)
        {
            var size = result[^axis];
            var leftSize = axis <= left.Rank ? left[^axis] : 1;
            var rightSize = axis <= right.Rank ? right[^axis] : 1;
            if (size != 1)
            {
                var leftStep = leftSize == 1 ? 0 : leftStride;
                var rightStep = rightSize == 1 ? 0 : rightStride;
                if (sizes.Count > 0 && leftStep == leftStrides[^1] * sizes[^1] && rightStep == rightStrides[^1] * sizes[^1])
                {
                    sizes[^1] *= size;
                }
                else
                {
                    sizes.Add(size);
                    leftStrides.Add(leftStep);
                    rightStrides.Add(rightStep);
                }
            }

            leftStride *= leftSize;
            rightStride *= rightSize;
        }

        _sizes = sizes.Count == 0 ? [1] : [.. sizes];
        _leftStrides = sizes.Count == 0 ? [0] : [.. leftStrides];
        _rightStrides = sizes.Count == 0 ? [0] : [.. rightStrides];
        _count = result.Count;
    }

    /// <summary>Runs an operator over all elements.</summary>
    public unsafe void Run<T, TOperator>(T* left, T* right, T* result)
        where T : unmanaged
        where TOperator : IArithmeticOperator<T> =>
        CpuTeam.ForBlocks(_count, Block, (start, end) => RunRange<T, TOperator>(left, right, result, start, end));

    private unsafe void RunRange<T, TOperator>(T* left, T* right, T* result, long start, long end)
        where T : unmanaged
        where TOperator : IArithmeticOperator<T>
    {
        var inner = _sizes[0];
        while (start < end)
        {
            var column = start % inner;
            var run = (int)Math.Min(Math.Min(inner - column, end - start), int.MaxValue);
            var (leftRow, rightRow) = RowOffsets(start / inner);
            var x = left + leftRow + (column * _leftStrides[0]);
            var y = right + rightRow + (column * _rightStrides[0]);
            var z = new Span<T>(result + start, run);
            switch (_leftStrides[0], _rightStrides[0])
            {
                case (0, 0): z.Fill(TOperator.Invoke(*x, *y)); break;
                case (0, _): TOperator.Invoke(*x, new ReadOnlySpan<T>(y, run), z); break;
                case (_, 0): TOperator.Invoke(new ReadOnlySpan<T>(x, run), *y, z); break;
                default: TOperator.Invoke(new ReadOnlySpan<T>(x, run), new ReadOnlySpan<T>(y, run), z); break;
            }

            start += run;
        }
    }

    private (long Left, long Right) RowOffsets(long row)
    {
        long left = 0, right = 0;
        for (var axis = 1; axis < _sizes.Length; axis++)
        {
            var index = row % _sizes[axis];
            row /= _sizes[axis];
            left += index * _leftStrides[axis];
            right += index * _rightStrides[axis];
        }

        return (left, right);
    }
}
