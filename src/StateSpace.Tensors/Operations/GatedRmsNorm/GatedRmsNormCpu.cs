using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.VectorMath;

namespace StateSpace.Tensors.Operations.GatedRmsNorm;

/// <summary>
/// A row is read from memory once: its first pass leaves what the second needs in the output, in the cache. Each group of a row
/// is a row of its own here, with its part of the weight.
/// </summary>
internal static unsafe class GatedRmsNormCpu
{
    public static void Forward<T>(Tensor x, Tensor z, Tensor weight, long groups, double epsilon, Tensor y, Tensor inverse)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        long channels = weight.Count / groups, rows = inverse.Count;
        T* source = x.Pointer<T>(), gate = z.Pointer<T>(), scale = weight.Pointer<T>(), target = y.Pointer<T>(), inverses = inverse.Pointer<T>();
        CpuTeam.ForBlocks(rows, RowLoop.RowsPerBlock, (start, end) =>
        {
            for (var row = start; row < end; row++)
            {
                var offset = row * channels;
                var mean = double.CreateTruncating(Gate(source + offset, gate + offset, target + offset, channels)) / channels;
                inverses[row] = T.CreateTruncating(1 / Math.Sqrt(mean + epsilon));
                Scale(target + offset, scale + (row % groups * channels), inverses[row], channels);
            }
        });
    }

    public static void Backward<T>(
        Tensor x, Tensor z, Tensor weight, long groups, Tensor inverse, Tensor gradient, Tensor dx, Tensor dz, Tensor dweight)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        long channels = weight.Count / groups, rows = inverse.Count;
        T* source = x.Pointer<T>(), gate = z.Pointer<T>(), scale = weight.Pointer<T>(), inverses = inverse.Pointer<T>(), upstream = gradient.Pointer<T>();
        T* target = dx.Pointer<T>(), gateTarget = dz.Pointer<T>();
        RowLoop.WithSums<T>(rows, [dweight], (start, end, sums) =>
        {
            for (var row = start; row < end; row++)
            {
                var (offset, group) = (row * channels, row % groups * channels);
                BackwardRow(
                    source + offset, gate + offset, scale + group, inverses[row], upstream + offset, target + offset, gateTarget + offset, sums + group, channels);
            }
        });
    }

    /// <summary>v = x SiLU(z); gives Σ v².</summary>
    private static T Gate<T>(T* x, T* z, T* v, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var squares = Vector512<T>.Zero;
        for (long i = 0; i < length; i += Vector512<T>.Count)
        {
            var gated = Lanes.Load(x + i, length - i) * UnaryDriver.Invoke<T, SiluOperator>(Lanes.Load(z + i, length - i));
            Lanes.Store(gated, v + i, length - i);
            squares = Lanes.MultiplyAdd(gated, gated, squares);
        }

        return Vector512.Sum(squares);
    }

    private static void Scale<T>(T* v, T* weight, T inverse, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var r = Vector512.Create(inverse);
        for (long i = 0; i < length; i += Vector512<T>.Count)
        {
            Lanes.Store(Lanes.Load(v + i, length - i) * r * Lanes.Load(weight + i, length - i), v + i, length - i);
        }
    }

    /// <summary>∂v = r (w g − v r² mean(w g v)), dx = ∂v SiLU(z), dz = ∂v x SiLU′(z), weightSum += g v r.</summary>
    private static void BackwardRow<T>(T* x, T* z, T* weight, T inverse, T* gradient, T* dx, T* dz, T* weightSum, long length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // The first pass leaves v in dx and σ(z) in dz: one exponential an element.
        Vector512<T> product = Vector512<T>.Zero, one = Vector512<T>.One, r = Vector512.Create(inverse);
        for (long i = 0; i < length; i += Vector512<T>.Count)
        {
            var left = length - i;
            var gate = Lanes.Load(z + i, left);
            var sigma = UnaryDriver.Invoke<T, SigmoidOperator>(gate);
            var v = Lanes.Load(x + i, left) * (gate * sigma);
            product = Lanes.MultiplyAdd(Lanes.Load(weight + i, left) * Lanes.Load(gradient + i, left), v, product);
            Lanes.Store(v, dx + i, left);
            Lanes.Store(sigma, dz + i, left);
        }

        var slope = Vector512.Create(inverse * inverse * Vector512.Sum(product) / T.CreateTruncating(length));
        for (long i = 0; i < length; i += Vector512<T>.Count)
        {
            var left = length - i;
            Vector512<T> v = Lanes.Load(dx + i, left), sigma = Lanes.Load(dz + i, left), gate = Lanes.Load(z + i, left), g = Lanes.Load(gradient + i, left);
            var dv = ((Lanes.Load(weight + i, left) * g) - (v * slope)) * r;
            Lanes.Store(dv * (gate * sigma), dx + i, left);
            Lanes.Store(dv * Lanes.Load(x + i, left) * (sigma * Lanes.MultiplyAdd(gate, one - sigma, one)), dz + i, left);
            Lanes.Store(Lanes.MultiplyAdd(g * r, v, Lanes.Load(weightSum + i, left)), weightSum + i, left);
        }
    }
}
