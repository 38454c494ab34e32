using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.ImpulseResponse;

/// <summary>Per eigenvalue the sums P = Σ_l g_l λ^l and S = Σ_l h_l λ^l, with h_l = (l + 1) g_{l+1}, or l g_l where a = log λ is given.</summary>
internal static unsafe class ImpulseResponseBackwardCpu
{
    /// <summary>Eigenvalues of a parallel piece; even.</summary>
    private const long ModesPerPiece = 16;

    public static void Run<T, TField>(ImpulseTensors tensors, Tensor gradient, ImpulseTensors gradients)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TField : struct, INumberField
    {
        ImpulseArrays<T> x = new(tensors), result = new(gradients);
        var length = gradient.Shape[1];
        using var slopes = gradient.EmptyLike();
        T* g = gradient.Pointer<T>(), h = slopes.Pointer<T>();
        CpuTeam.For(checked((int)x.Channels), channel => FillSlopes(g + (channel * length), h + (channel * length), length, x.IsLog));
        var pieces = (x.States + ModesPerPiece - 1) / ModesPerPiece;
        CpuTeam.For(checked((int)(x.Channels * pieces)), index =>
        {
            var (channel, piece) = Math.DivRem(index, pieces);
            long n = piece * ModesPerPiece, end = Math.Min(x.States, n + ModesPerPiece), row = channel * length;
            for (; n < end; n += 2)
            {
                // The last of an odd number goes with itself.
                long first = (channel * x.States) + n, second = first + (n + 1 < end ? 1 : 0);
                SumTwo<T, TField>(Powers(x, first), Powers(x, second), g + row, h + row, length, out var firstSums, out var secondSums);
                Write(x, result, first, firstSums);
                Write(x, result, second, secondSums);
            }
        });
    }

    private static ModePowers<T> Powers<T>(ImpulseArrays<T> x, long mode)
        where T : unmanaged, IFloatingPointIeee754<T> => new(x.Lambda(mode), (1, 0), 0);

    /// <summary>∂w = s P̄, ∂λ = s conj(w S).</summary>
    private static void Write<T>(ImpulseArrays<T> x, ImpulseArrays<T> result, long mode, PowerSums sums)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (re, im) = x.Weight(mode);
        result.Write(
            mode,
            (x.Scale * ((re * sums.SlopeRe) - (im * sums.SlopeIm)), -x.Scale * ((re * sums.SlopeIm) + (im * sums.SlopeRe))),
            (x.Scale * sums.Re, -x.Scale * sums.Im));
    }

    private static void FillSlopes<T>(T* g, T* h, long length, bool isLog)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var shift = isLog ? 0 : 1;
        for (long l = 0; l < length - shift; l++) h[l] = T.CreateTruncating(l + shift) * g[l + shift];
        if (shift == 1 && length > 0) h[length - 1] = T.Zero;
    }

    private static void SumTwo<T, TField>(ModePowers<T> m0, ModePowers<T> m1, T* g, T* h, long length, out PowerSums sums0, out PowerSums sums1)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TField : struct, INumberField
    {
        sums0 = default;
        sums1 = default;
        int lanes = Vector512<T>.Count;
        var (a0, b0) = ImpulseResponseCpu.Broadcast<T>(m0.Step);
        var (a1, b1) = ImpulseResponseCpu.Broadcast<T>(m1.Step);
        for (long start = 0; start < length; start += ModePowers<T>.Chunk)
        {
            var (x0, y0) = m0.Next<TField>();
            var (x1, y1) = m1.Next<TField>();
            Vector512<T> p0 = Vector512<T>.Zero, q0 = p0, r0 = p0, s0 = p0, p1 = p0, q1 = p0, r1 = p0, s1 = p0;
            var end = Math.Min(length, start + ModePowers<T>.Chunk);
            var i = start;
            while (i <= end - lanes)
            {
                for (var stop = Math.Min(end, i + (ModePowers<T>.VectorsBetweenChecks * lanes)); i <= stop - lanes; i += lanes)
                {
                    Vector512<T> gradient = Vector512.Load(g + i), slope = Vector512.Load(h + i);
                    Add<T, TField>(x0, y0, gradient, ref p0, ref q0);
                    Add<T, TField>(x0, y0, slope, ref r0, ref s0);
                    Add<T, TField>(x1, y1, gradient, ref p1, ref q1);
                    Add<T, TField>(x1, y1, slope, ref r1, ref s1);
                    ImpulseResponseCpu.Multiply<T, TField>(ref x0, ref y0, a0, b0);
                    ImpulseResponseCpu.Multiply<T, TField>(ref x1, ref y1, a1, b1);
                }

                Decay.End<T, TField>(ref x0, ref y0);
                Decay.End<T, TField>(ref x1, ref y1);
            }

            if (i < end)
            {
                // Powers beyond the end may be infinite, and 0 · ∞ is not 0.
                var count = (int)(end - i);
                Vector512<T> gradient = FirstLanes.Load(g + i, count), slope = FirstLanes.Load(h + i, count);
                (x0, y0, x1, y1) = (First(x0, count), First(y0, count), First(x1, count), First(y1, count));
                Add<T, TField>(x0, y0, gradient, ref p0, ref q0);
                Add<T, TField>(x0, y0, slope, ref r0, ref s0);
                Add<T, TField>(x1, y1, gradient, ref p1, ref q1);
                Add<T, TField>(x1, y1, slope, ref r1, ref s1);
            }

            sums0.Add(p0, q0, r0, s0);
            sums1.Add(p1, q1, r1, s1);
        }
    }

    /// <summary>sum ← sum + x r, r real.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<T, TField>(Vector512<T> re, Vector512<T> im, Vector512<T> r, ref Vector512<T> sumRe, ref Vector512<T> sumIm)
        where TField : struct, INumberField
    {
        sumRe = Lanes.MultiplyAdd(re, r, sumRe);
        if (TField.IsComplex) sumIm = Lanes.MultiplyAdd(im, r, sumIm);
    }

    /// <summary>The vector with zeros behind its first lanes.</summary>
    private static Vector512<T> First<T>(Vector512<T> vector, int lanes)
        where T : unmanaged => FirstLanes.Load((T*)&vector, lanes);

    private struct PowerSums
    {
        public double Re;
        public double Im;
        public double SlopeRe;
        public double SlopeIm;

        public void Add<T>(Vector512<T> re, Vector512<T> im, Vector512<T> slopeRe, Vector512<T> slopeIm)
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            Re += double.CreateTruncating(Vector512.Sum(re));
            Im += double.CreateTruncating(Vector512.Sum(im));
            SlopeRe += double.CreateTruncating(Vector512.Sum(slopeRe));
            SlopeIm += double.CreateTruncating(Vector512.Sum(slopeIm));
        }
    }
}
