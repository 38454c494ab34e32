using System.Numerics;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Operations.Softmax;

namespace StateSpace.Tensors.Operations.CrossEntropy;

/// <summary>Reads the logits once forward and once backward; the gradient is the only array of their size that is written.</summary>
internal static unsafe class CrossEntropyCpu
{
    /// <summary>Gives Σ over rows that are not ignored of log s − (logit[target] − m), with m the largest logit and s = Σ e^(logit − m).</summary>
    public static double Forward<T>(Tensor logits, Tensor targets, long ignore, Tensor statistics)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        long classes = logits.Shape[^1], rows = targets.Count;
        T* source = logits.Pointer<T>(), maxima = statistics.Pointer<T>(), sums = maxima + rows;
        var target = targets.Pointer<long>();
        using var losses = Tensor.Zeros([rows], DType.Float64);
        var loss = losses.Pointer<double>();
        CpuTeam.ForBlocks(rows, SoftmaxRow.RowsPerBlock(classes), (start, end) =>
        {
            for (var row = start; row < end; row++)
            {
                if (target[row] == ignore) continue;
                var from = source + (row * classes);
                (maxima[row], var sum) = SoftmaxRow.MaximumAndSumExp(from, classes);
                sums[row] = T.CreateTruncating(sum);
                loss[row] = Math.Log(sum) - double.CreateTruncating(from[target[row]] - maxima[row]);
            }
        });

        var total = 0.0;
        for (long row = 0; row < rows; row++) total += loss[row];
        return total;
    }

    /// <summary>dlogits = (e^(logit − m) / s − [class = target]) · scale; 0 in ignored rows.</summary>
    public static void Backward<T>(Tensor logits, Tensor targets, long ignore, Tensor statistics, double scale, Tensor dlogits)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        long classes = logits.Shape[^1], rows = targets.Count;
        T* source = logits.Pointer<T>(), maxima = statistics.Pointer<T>(), sums = maxima + rows, gradient = dlogits.Pointer<T>();
        var target = targets.Pointer<long>();
        CpuTeam.ForBlocks(rows, SoftmaxRow.RowsPerBlock(classes), (start, end) =>
        {
            for (var row = start; row < end; row++)
            {
                var to = gradient + (row * classes);
                if (target[row] == ignore)
                {
                    new Span<T>(to, checked((int)classes)).Clear();
                    continue;
                }

                SoftmaxRow.Exp(source + (row * classes), maxima[row], T.CreateTruncating(scale / double.CreateTruncating(sums[row])), to, classes);
                to[target[row]] -= T.CreateTruncating(scale);
            }
        });
    }
}
