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
        RowLoop.WithSums<T>(rows, [dweight, dbias], (start, end, sums) =>
        {
            for (var row = start; row < end; row++)
            {
                T* from = source + (row * channels), g = upstream + (row * channels), to = target + (row * channels);
                BackwardRow(from, means[row], rests[row], inverses[row], scale, g, to, sums, sums + channels, channels);
            }
        });
    }

    /// <summary>Σ (x − mean) and Σ (x − mean)².</summary>
    private static (T Sum, T Squares) Deviations<T>(T* x, T mean, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> m = Vector512.Create(mean), sum = Vector512<T>.Zero, squares = Vector512<T>.Zero;
        long lanes = Vector512<T>.Count, i = 0;
        for (; i <= length - lanes; i += lanes)
        {
            var deviation = Vector512.Load(x + i) - m;
            sum += deviation;
            squares = Lanes.MultiplyAdd(deviation, deviation, squares);
        }

        T first = Vector512.Sum(sum), second = Vector512.Sum(squares);
        for (; i < length; i++)
        {
            first += x[i] - mean;
            second += (x[i] - mean) * (x[i] - mean);
        }

        return (first, second);
    }

    private static void Normalize<T>(T* x, T mean, T rest, T inverse, T* weight, T* bias, T* y, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> m = Vector512.Create(mean), e = Vector512.Create(rest), r = Vector512.Create(inverse);
        long lanes = Vector512<T>.Count, i = 0;
        for (; i <= length - lanes; i += lanes)
        {
            var normalized = (Vector512.Load(x + i) - m - e) * r;
            Vector512.Store(Lanes.MultiplyAdd(normalized, Vector512.Load(weight + i), Vector512.Load(bias + i)), y + i);
        }

        for (; i < length; i++) y[i] = ((x[i] - mean - rest) * inverse * weight[i]) + bias[i];
    }

    /// <summary>dx = r (w g − mean(w g) − x̂ mean(w g x̂)), weightSum += g x̂, biasSum += g.</summary>
    private static void BackwardRow<T>(
        T* x, T mean, T rest, T inverse, T* weight, T* gradient, T* dx, T* weightSum, T* biasSum, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (plain, centered) = Moments(x, mean, rest, weight, gradient, length);
        var count = T.CreateTruncating(length);
        T shift = plain / count, slope = inverse * inverse * centered / count;
        Vector512<T> m = Vector512.Create(mean), e = Vector512.Create(rest), r = Vector512.Create(inverse);
        Vector512<T> a = Vector512.Create(shift), b = Vector512.Create(slope);
        long lanes = Vector512<T>.Count, i = 0;
        for (; i <= length - lanes; i += lanes)
        {
            Vector512<T> deviation = Vector512.Load(x + i) - m - e, g = Vector512.Load(gradient + i);
            Vector512.Store(((Vector512.Load(weight + i) * g) - a - (deviation * b)) * r, dx + i);
            Vector512.Store(Lanes.MultiplyAdd(g * r, deviation, Vector512.Load(weightSum + i)), weightSum + i);
            Vector512.Store(Vector512.Load(biasSum + i) + g, biasSum + i);
        }

        for (; i < length; i++)
        {
            var deviation = x[i] - mean - rest;
            dx[i] = ((weight[i] * gradient[i]) - shift - (deviation * slope)) * inverse;
            weightSum[i] += gradient[i] * inverse * deviation;
            biasSum[i] += gradient[i];
        }
    }

    /// <summary>Σ w g and Σ w g (x − mean).</summary>
    private static (T Plain, T Centered) Moments<T>(T* x, T mean, T rest, T* weight, T* gradient, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> m = Vector512.Create(mean), e = Vector512.Create(rest), plain = Vector512<T>.Zero, centered = Vector512<T>.Zero;
        long lanes = Vector512<T>.Count, i = 0;
        for (; i <= length - lanes; i += lanes)
        {
            var product = Vector512.Load(weight + i) * Vector512.Load(gradient + i);
            plain += product;
            centered = Lanes.MultiplyAdd(product, Vector512.Load(x + i) - m - e, centered);
        }

        T first = Vector512.Sum(plain), second = Vector512.Sum(centered);
        for (; i < length; i++)
        {
            first += weight[i] * gradient[i];
            second += weight[i] * gradient[i] * (x[i] - mean - rest);
        }

        return (first, second);
    }
}
