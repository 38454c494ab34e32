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
                var mean = Project(from, scale, g, r, sum, channels) * r / T.CreateTruncating(channels);
                BackwardRow(from, scale, g, r, r * r * mean, to, channels);
            }
        });
    }

    private static void Scale<T>(T* x, T* weight, T inverse, T* y, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var r = Vector512.Create(inverse);
        for (long i = 0; i < length; i += Vector512<T>.Count)
        {
            Lanes.Store(Lanes.Load(x + i, length - i) * r * Lanes.Load(weight + i, length - i), y + i, length - i);
        }
    }

    /// <summary>
    /// Gives Σ x w g; sum += g x r. Here and not beside the stores to dx: those miss the cache, and stores that hit it would wait
    /// among them.
    /// </summary>
    private static T Project<T>(T* x, T* weight, T* gradient, T inverse, T* sum, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> r = Vector512.Create(inverse), total = Vector512<T>.Zero;
        for (long i = 0; i < length; i += Vector512<T>.Count)
        {
            var left = length - i;
            var product = Lanes.Load(x + i, left) * Lanes.Load(gradient + i, left);
            total = Lanes.MultiplyAdd(product, Lanes.Load(weight + i, left), total);
            Lanes.Store(Lanes.MultiplyAdd(product, r, Lanes.Load(sum + i, left)), sum + i, left);
        }

        return Vector512.Sum(total);
    }

    /// <summary>dx = r w g − x shift.</summary>
    private static void BackwardRow<T>(T* x, T* weight, T* gradient, T inverse, T shift, T* dx, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> r = Vector512.Create(inverse), s = Vector512.Create(shift);
        for (long i = 0; i < length; i += Vector512<T>.Count)
        {
            var left = length - i;
            var scaled = Lanes.Load(gradient + i, left) * r * Lanes.Load(weight + i, left);
            Lanes.Store(scaled - (Lanes.Load(x + i, left) * s), dx + i, left);
        }
    }
}
