using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.LayerNorm;

/// <summary>
/// A row is read from memory once: the passes after the first find it in the cache. A mean is a rounded number and the mean of
/// the deviations from it, so that a mean far from zero costs no accuracy.
/// </summary>
internal static unsafe class LayerNormCpu
{
    public static void Forward<T>(Tensor x, Tensor weight, Tensor bias, double epsilon, Tensor y, Tensor statistics)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        long channels = x.Shape[^1], rows = statistics.Shape[1];
        T* source = x.Pointer<T>(), target = y.Pointer<T>(), scale = weight.Pointer<T>(), shift = bias.Pointer<T>();
        T* means = statistics.Pointer<T>(), rests = means + rows, inverses = rests + rows;
        CpuTeam.ForBlocks(rows, RowLoop.RowsPerBlock, (start, end) =>
        {
            for (var row = start; row < end; row++)
            {
                T* from = source + (row * channels), to = target + (row * channels);
                var mean = T.CreateTruncating(double.CreateTruncating(Lanes.Sum(from, channels)) / channels);
                var (sum, squares) = Deviations(from, mean, channels);
                var rest = double.CreateTruncating(sum) / channels;
                var variance = Math.Max(0, (double.CreateTruncating(squares) / channels) - (rest * rest));
                means[row] = mean;
                rests[row] = T.CreateTruncating(rest);
                inverses[row] = T.CreateTruncating(1 / Math.Sqrt(variance + epsilon));
                Normalize(from, mean, rests[row], inverses[row], scale, shift, to, channels);
            }
        });
    }

    public static void Backward<T>(Tensor x, Tensor weight, Tensor statistics, Tensor gradient, Tensor dx, Tensor dweight, Tensor dbias)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        long channels = x.Shape[^1], rows = statistics.Shape[1];
        T* source = x.Pointer<T>(), scale = weight.Pointer<T>(), upstream = gradient.Pointer<T>(), target = dx.Pointer<T>();
        T* means = statistics.Pointer<T>(), rests = means + rows, inverses = rests + rows;
        var count = T.CreateTruncating(channels);
        RowLoop.WithSums<T>(rows, [dweight, dbias], (start, end, sums) =>
        {
            for (var row = start; row < end; row++)
            {
                T* from = source + (row * channels), g = upstream + (row * channels), to = target + (row * channels);
                var (mean, rest, inverse) = (means[row], rests[row], inverses[row]);

                // dx = r (w g − mean(w g) − x̂ mean(w g x̂))
                var (plain, centered) = Project(from, mean, rest, inverse, scale, g, sums, sums + channels, channels);
                BackwardRow(from, mean, rest, inverse, scale, g, plain / count, inverse * inverse * centered / count, to, channels);
            }
        });
    }

    /// <summary>Σ (x − mean) and Σ (x − mean)².</summary>
    private static (T Sum, T Squares) Deviations<T>(T* x, T mean, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // Lanes past the end hold the mean: their deviations are 0.
        Vector512<T> m = Vector512.Create(mean), sum = Vector512<T>.Zero, squares = Vector512<T>.Zero;
        for (long i = 0; i < length; i += Vector512<T>.Count)
        {
            var deviation = Lanes.Load(x + i, length - i, m) - m;
            sum += deviation;
            squares = Lanes.MultiplyAdd(deviation, deviation, squares);
        }

        return (Vector512.Sum(sum), Vector512.Sum(squares));
    }

    private static void Normalize<T>(T* x, T mean, T rest, T inverse, T* weight, T* bias, T* y, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> m = Vector512.Create(mean), e = Vector512.Create(rest), r = Vector512.Create(inverse);
        for (long i = 0; i < length; i += Vector512<T>.Count)
        {
            var left = length - i;
            var normalized = (Lanes.Load(x + i, left) - m - e) * r;
            Lanes.Store(Lanes.MultiplyAdd(normalized, Lanes.Load(weight + i, left), Lanes.Load(bias + i, left)), y + i, left);
        }
    }

    /// <summary>
    /// Gives Σ w g and Σ w g (x − μ); weightSum += g x̂, biasSum += g. Here and not beside the stores to dx: those miss the cache, and
    /// stores that hit it would wait among them.
    /// </summary>
    private static (T Plain, T Centered) Project<T>(
        T* x, T mean, T rest, T inverse, T* weight, T* gradient, T* weightSum, T* biasSum, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> m = Vector512.Create(mean), e = Vector512.Create(rest), r = Vector512.Create(inverse);
        Vector512<T> plain = Vector512<T>.Zero, centered = Vector512<T>.Zero;
        for (long i = 0; i < length; i += Vector512<T>.Count)
        {
            var left = length - i;
            Vector512<T> g = Lanes.Load(gradient + i, left), deviation = Lanes.Load(x + i, left) - m - e;
            var scaled = g * Lanes.Load(weight + i, left);
            plain += scaled;
            centered = Lanes.MultiplyAdd(scaled, deviation, centered);
            Lanes.Store(Lanes.MultiplyAdd(g * r, deviation, Lanes.Load(weightSum + i, left)), weightSum + i, left);
            Lanes.Store(Lanes.Load(biasSum + i, left) + g, biasSum + i, left);
        }

        return (Vector512.Sum(plain), Vector512.Sum(centered));
    }

    /// <summary>dx = r (w g − shift − (x − μ) slope).</summary>
    private static void BackwardRow<T>(T* x, T mean, T rest, T inverse, T* weight, T* gradient, T shift, T slope, T* dx, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> m = Vector512.Create(mean), e = Vector512.Create(rest), r = Vector512.Create(inverse);
        Vector512<T> a = Vector512.Create(shift), b = Vector512.Create(slope);
        for (long i = 0; i < length; i += Vector512<T>.Count)
        {
            var left = length - i;
            var deviation = Lanes.Load(x + i, left) - m - e;
            Lanes.Store(((Lanes.Load(weight + i, left) * Lanes.Load(gradient + i, left)) - a - (deviation * b)) * r, dx + i, left);
        }
    }
}
