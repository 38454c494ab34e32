using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.VectorMath;

namespace StateSpace.Tensors.Operations.Softmax;

/// <summary>Softmax, its logarithm and log Σ exp of rows; a row is read from memory once.</summary>
internal static unsafe class SoftmaxCpu
{
    public static void Forward<T>(Tensor x, Tensor y)
        where T : unmanaged, IFloatingPointIeee754<T> => Rows<T>(x, y, (from, to, length) =>
        {
            var sum = SoftmaxRow.SumExp(from, SoftmaxRow.Maximum(from, length), length, to);
            var factor = Vector512.Create(T.CreateTruncating(1 / sum));
            for (long i = 0; i < length; i += Vector512<T>.Count) Lanes.Store(Lanes.Load(to + i, length - i) * factor, to + i, length - i);
        });

    public static void ForwardLog<T>(Tensor x, Tensor y)
        where T : unmanaged, IFloatingPointIeee754<T> => Rows<T>(x, y, (from, to, length) =>
        {
            // x − maximum first: close numbers, no rounding; then the logarithm, which is at most log D.
            var maximum = SoftmaxRow.Maximum(from, length);
            var logarithm = Vector512.Create(T.CreateTruncating(Math.Log(SoftmaxRow.SumExp(from, maximum, length))));
            var m = Vector512.Create(maximum);
            for (long i = 0; i < length; i += Vector512<T>.Count) Lanes.Store(Lanes.Load(from + i, length - i) - m - logarithm, to + i, length - i);
        });

    /// <summary>dx = y (g − Σ g y).</summary>
    public static void Backward<T>(Tensor y, Tensor gradient, Tensor dx)
        where T : unmanaged, IFloatingPointIeee754<T> => Rows<T>(y, gradient, dx, (output, g, to, length) =>
        {
            var mean = Vector512.Create(Lanes.Dot(output, g, length));
            for (long i = 0; i < length; i += Vector512<T>.Count)
            {
                Lanes.Store(Lanes.Load(output + i, length - i) * (Lanes.Load(g + i, length - i) - mean), to + i, length - i);
            }
        });

    /// <summary>dx = g − e^y Σ g.</summary>
    public static void BackwardLog<T>(Tensor y, Tensor gradient, Tensor dx)
        where T : unmanaged, IFloatingPointIeee754<T> => Rows<T>(y, gradient, dx, (output, g, to, length) =>
        {
            var sum = Vector512.Create(Lanes.Sum(g, length));
            for (long i = 0; i < length; i += Vector512<T>.Count)
            {
                var probability = UnaryDriver.Invoke<T, ExpOperator>(Lanes.Load(output + i, length - i));
                Lanes.Store(Lanes.Load(g + i, length - i) - (probability * sum), to + i, length - i);
            }
        });

    /// <summary>y = log Σ e^x of each row; an infinity where that is the largest element.</summary>
    public static void LogSumExp<T>(Tensor x, Tensor y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* source = x.Pointer<T>(), target = y.Pointer<T>();
        var length = x.Shape[^1];
        CpuTeam.ForBlocks(y.Count, SoftmaxRow.RowsPerBlock(length), (start, end) =>
        {
            for (var row = start; row < end; row++)
            {
                var maximum = SoftmaxRow.Maximum(source + (row * length), length);
                target[row] = T.IsInfinity(maximum)
                    ? maximum
                    : T.CreateTruncating(double.CreateTruncating(maximum) + Math.Log(SoftmaxRow.SumExp(source + (row * length), maximum, length)));
            }
        });
    }

    /// <summary>dx = g e^(x − y), g and y one number a row.</summary>
    public static void LogSumExpBackward<T>(Tensor x, Tensor y, Tensor gradient, Tensor dx)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* source = x.Pointer<T>(), output = y.Pointer<T>(), g = gradient.Pointer<T>(), target = dx.Pointer<T>();
        var length = x.Shape[^1];
        CpuTeam.ForBlocks(y.Count, SoftmaxRow.RowsPerBlock(length), (start, end) =>
        {
            for (var row = start; row < end; row++) SoftmaxRow.Exp(source + (row * length), output[row], g[row], target + (row * length), length);
        });
    }

    private delegate void Row<T>(T* x, T* y, long length)
        where T : unmanaged;

    private delegate void GradientRow<T>(T* y, T* gradient, T* dx, long length)
        where T : unmanaged;

    private static void Rows<T>(Tensor x, Tensor y, Row<T> body)
        where T : unmanaged
    {
        T* source = x.Pointer<T>(), target = y.Pointer<T>();
        var length = x.Shape[^1];
        CpuTeam.ForBlocks(x.Shape.Product(0, x.Rank - 1), SoftmaxRow.RowsPerBlock(length), (start, end) =>
        {
            for (var row = start; row < end; row++) body(source + (row * length), target + (row * length), length);
        });
    }

    private static void Rows<T>(Tensor y, Tensor gradient, Tensor dx, GradientRow<T> body)
        where T : unmanaged
    {
        T* output = y.Pointer<T>(), g = gradient.Pointer<T>(), target = dx.Pointer<T>();
        var length = y.Shape[^1];
        CpuTeam.ForBlocks(y.Shape.Product(0, y.Rank - 1), SoftmaxRow.RowsPerBlock(length), (start, end) =>
        {
            for (var row = start; row < end; row++) body(output + (row * length), g + (row * length), target + (row * length), length);
        });
    }
}
