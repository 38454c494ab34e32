using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.VectorMath;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Operations.Rotary;

/// <summary>A position's sines and cosines are computed once for all heads, and for all sequences where they share their positions.</summary>
internal static unsafe class RotaryCpu
{
    /// <summary>Elements of a parallel piece.</summary>
    private const long Grain = 1 << 15;

    /// <summary>y = x rotated, or rotated back.</summary>
    public static void Run<T>(Tensor x, long start, double theta, Tensor? positions, bool backwards, Tensor y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (x.Count == 0) return;
        long batch = x.Shape[0], length = x.Shape[1], heads = x.Shape[2], size = x.Shape[3], step = heads * size, half = size / 2;
        T* source = x.Pointer<T>(), target = y.Pointer<T>();
        var position = positions is null ? null : positions.Pointer<int>();
        using var frequencies = Frequencies(size, theta, backwards);
        var frequency = frequencies.Pointer<double>();

        // Without positions a piece takes a step of every sequence, else one of its own.
        var (steps, copies) = position is null ? (length, batch) : (batch * length, 1);
        CpuTeam.ForBlocks(steps, Math.Max(1, Grain / (step * copies)), (first, end) =>
        {
            using var scratch = new VectorScratch<T>(2 * VectorsOf<T>(half));
            T* cosines = scratch.Take(VectorsOf<T>(half)), sines = scratch.Take(VectorsOf<T>(half));
            for (var t = first; t < end; t++)
            {
                Angles(position is null ? start + t : position[t], frequency, cosines, sines, half);
                for (long copy = 0; copy < copies; copy++)
                {
                    var offset = ((copy * length) + t) * step;
                    for (var head = offset; head < offset + step; head += size) Rotate(source + head, cosines, sines, target + head, half);
                }
            }
        });
    }

    private static long VectorsOf<T>(long length) => (length + Vector512<T>.Count - 1) / Vector512<T>.Count;

    /// <summary>±θ^(−2i/P), and zeros up to whole vectors of floats.</summary>
    private static Tensor Frequencies(long size, double theta, bool backwards)
    {
        var frequencies = Tensor.Zeros([VectorsOf<float>(size / 2) * Vector512<float>.Count], DType.Float64);
        var span = frequencies.Span<double>();
        for (var i = 0; i < size / 2; i++) span[i] = Math.Pow(theta, -2.0 * i / size) * (backwards ? -1 : 1);
        return frequencies;
    }

    private static void Angles<T>(double position, double* frequencies, T* cosines, T* sines, long count)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var n = Vector512.Create(position);
        for (long i = 0; i < count; i += Vector512<T>.Count)
        {
            var (sin, cos) = Trigonometry.SinCos(Vector512.Load(frequencies + i) * n);
            if (typeof(T) == typeof(double))
            {
                Vector512.Store(cos, (double*)cosines + i);
                Vector512.Store(sin, (double*)sines + i);
                continue;
            }

            var (nextSin, nextCos) = Trigonometry.SinCos(Vector512.Load(frequencies + i + Vector512<double>.Count) * n);
            Vector512.Store(Vector512.Narrow(cos, nextCos), (float*)cosines + i);
            Vector512.Store(Vector512.Narrow(sin, nextSin), (float*)sines + i);
        }
    }

    private static void Rotate<T>(T* x, T* cosines, T* sines, T* y, long half)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (long i = 0; i < half; i += Vector512<T>.Count)
        {
            var rest = half - i;
            Vector512<T> left = Lanes.Load(x + i, rest), right = Lanes.Load(x + half + i, rest);
            Vector512<T> cos = Vector512.Load(cosines + i), sin = Vector512.Load(sines + i);
            Lanes.Store(Lanes.SubtractProduct(right, sin, left * cos), y + i, rest);
            Lanes.Store(Lanes.MultiplyAdd(left, sin, right * cos), y + half + i, rest);
        }
    }
}
