using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.FftConvolution;

/// <summary>By the definition, four outputs at a time. Both gradients are convolutions too, of g backwards in time.</summary>
internal sealed unsafe class DirectConvolution<T>(long length, long taps) : BlockConvolution<T>(length, taps)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public override long Rows => Length;

    public override long PreparedVectors => Taps;

    public override long SumVectors => Taps;

    public override long WorkVectors => 2 * Length;

    private static int Width => Vector512<T>.Count;

    public override void Prepare(T* kernel, T* prepared, T* work) => new Span<T>(kernel, (int)(Taps * Width)).CopyTo(new(prepared, (int)(Taps * Width)));

    public override void Forward(T* prepared, T* u, T* y, T* work) => Convolve(u, prepared, Taps, 0, Length, y);

    public override void Backward(T* prepared, T* u, T* g, T* du, T* sums, T* work)
    {
        T* backwards = work, result = work + (Length * Width);
        Reverse(g, backwards, Length);
        Convolve(backwards, prepared, Taps, 0, Length, result);
        Reverse(result, du, Length);

        // ∂k_j is output L − 1 − j of u convolved with g backwards.
        var first = Length - Taps;
        Convolve(u, backwards, Length, first, Length, result);
        for (long j = 0; j < Taps; j++)
        {
            var to = sums + (j * Width);
            Vector512.Store(Vector512.Load(to) + Vector512.Load(result + ((Taps - 1 - j) * Width)), to);
        }
    }

    public override void Finish(T* sums, T* dkernel, T* work) => new Span<T>(sums, (int)(Taps * Width)).CopyTo(new(dkernel, (int)(Taps * Width)));

    private static void Reverse(T* from, T* to, long rows)
    {
        for (long t = 0; t < rows; t++) Vector512.Store(Vector512.Load(from + (t * Width)), to + ((rows - 1 - t) * Width));
    }

    /// <summary>Outputs <paramref name="first"/> … <paramref name="end"/> − 1 of Σ_{j ≤ t} k_j x_{t−j}.</summary>
    private static void Convolve(T* x, T* kernel, long taps, long first, long end, T* y)
    {
        var t = first;
        for (; t <= end - 4; t += 4, y += 4 * Width)
        {
            Vector512<T> sum0 = Vector512<T>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
            Vector512<T> x1 = Vector512.Load(x + ((t + 1) * Width)), x2 = Vector512.Load(x + ((t + 2) * Width)), x3 = Vector512.Load(x + ((t + 3) * Width));
            long j = 0, complete = Math.Min(t + 1, taps);
            for (; j < complete; j++)
            {
                Vector512<T> k = Vector512.Load(kernel + (j * Width)), x0 = Vector512.Load(x + ((t - j) * Width));
                sum0 = Lanes.MultiplyAdd(k, x0, sum0);
                sum1 = Lanes.MultiplyAdd(k, x1, sum1);
                sum2 = Lanes.MultiplyAdd(k, x2, sum2);
                sum3 = Lanes.MultiplyAdd(k, x3, sum3);
                x3 = x2;
                x2 = x1;
                x1 = x0;
            }

            // Taps that reach before the first input for some of the four.
            for (; j < Math.Min(t + 4, taps); j++)
            {
                var k = Vector512.Load(kernel + (j * Width));
                sum1 = Lanes.MultiplyAdd(k, x1, sum1);
                sum2 = Lanes.MultiplyAdd(k, x2, sum2);
                sum3 = Lanes.MultiplyAdd(k, x3, sum3);
                x3 = x2;
                x2 = x1;
                x1 = Vector512<T>.Zero;
            }

            Vector512.Store(sum0, y);
            Vector512.Store(sum1, y + Width);
            Vector512.Store(sum2, y + (2 * Width));
            Vector512.Store(sum3, y + (3 * Width));
        }

        for (; t < end; t++, y += Width)
        {
            var sum = Vector512<T>.Zero;
            for (long j = 0; j < Math.Min(t + 1, taps); j++) sum = Lanes.MultiplyAdd(Vector512.Load(kernel + (j * Width)), Vector512.Load(x + ((t - j) * Width)), sum);
            Vector512.Store(sum, y);
        }
    }
}
