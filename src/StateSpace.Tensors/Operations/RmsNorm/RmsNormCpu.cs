using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.RmsNorm;

/// <summary>One pass over a row to sum, one to scale: the second finds the row in the L1 cache, so that memory is read once.</summary>
internal static unsafe class RmsNormCpu
{
    public static void Forward<T>(Tensor x, Tensor weight, double epsilon, Tensor y, Tensor inverse)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        long channels = x.Shape[^1], rows = inverse.Count;
        T* source = x.Pointer<T>(), target = y.Pointer<T>(), scale = weight.Pointer<T>(), inverses = inverse.Pointer<T>();
        CpuTeam.ForBlocks(rows, RowLoop.RowsPerBlock, (start, end) =>
        {
            for (var row = start; row < end; row++)
            {
                T* from = source + (row * channels), to = target + (row * channels);
                var mean = double.CreateTruncating(Lanes.Dot(from, from, channels)) / channels;
                inverses[row] = T.CreateTruncating(1 / Math.Sqrt(mean + epsilon));
                Scale(from, scale, inverses[row], to, channels);
            }
        });
    }

    public static void Backward<T>(Tensor x, Tensor weight, Tensor inverse, Tensor gradient, Tensor dx, Tensor dweight)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        long channels = x.Shape[^1], rows = inverse.Count;
        T* source = x.Pointer<T>(), scale = weight.Pointer<T>(), inverses = inverse.Pointer<T>(), upstream = gradient.Pointer<T>(), target = dx.Pointer<T>();
        RowLoop.WithSums<T>(rows, [dweight], (start, end, sum) =>
        {
            for (var row = start; row < end; row++)
            {
                T* from = source + (row * channels), g = upstream + (row * channels), to = target + (row * channels);
                var r = inverses[row];
                var mean = Lanes.Dot(from, scale, g, channels) * r / T.CreateTruncating(channels);
                BackwardRow(from, scale, g, r, r * r * mean, to, sum, channels);
            }
        });
    }

    private static void Scale<T>(T* x, T* weight, T inverse, T* y, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var r = Vector512.Create(inverse);
        long lanes = Vector512<T>.Count, i = 0;
        for (; i <= length - lanes; i += lanes) Vector512.Store(Vector512.Load(x + i) * r * Vector512.Load(weight + i), y + i);
        for (; i < length; i++) y[i] = x[i] * inverse * weight[i];
    }

    /// <summary>dx = r w g − x shift, sum += g x r.</summary>
    private static void BackwardRow<T>(T* x, T* weight, T* gradient, T inverse, T shift, T* dx, T* sum, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> r = Vector512.Create(inverse), s = Vector512.Create(shift);
        long lanes = Vector512<T>.Count, i = 0;
        for (; i <= length - lanes; i += lanes)
        {
            var input = Vector512.Load(x + i);
            var g = Vector512.Load(gradient + i) * r;
            Vector512.Store((g * Vector512.Load(weight + i)) - (input * s), dx + i);
            Vector512.Store(Vector512.Load(sum + i) + (g * input), sum + i);
        }

        for (; i < length; i++)
        {
            var g = gradient[i] * inverse;
            dx[i] = (g * weight[i]) - (x[i] * shift);
            sum[i] += g * x[i];
        }
    }
}
