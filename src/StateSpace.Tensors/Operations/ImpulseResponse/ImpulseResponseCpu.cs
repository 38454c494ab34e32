using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.ImpulseResponse;

/// <summary>Lanes over l, four eigenvalues at a time in registers: 5 operations a power (2 where real), the output read and written once for the four.</summary>
internal static unsafe class ImpulseResponseCpu
{
    /// <summary>Outputs of a parallel piece.</summary>
    private const long Segment = 8 * ModePowers<float>.Chunk;

    public static void Forward<T, TField>(ImpulseTensors tensors, Tensor kernel)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TField : struct, INumberField
    {
        var x = new ImpulseArrays<T>(tensors);
        var length = kernel.Shape[1];
        var output = kernel.Pointer<T>();
        var segments = (length + Segment - 1) / Segment;
        CpuTeam.For(checked((int)(x.Channels * segments)), index =>
        {
            var (channel, segment) = Math.DivRem(index, segments);
            var first = segment * Segment;
            var count = Math.Min(Segment, length - first);
            var to = output + (channel * length) + first;
            new Span<T>(to, (int)count).Clear();
            long n = 0, mode = channel * x.States;
            for (; n <= x.States - 4; n += 4, mode += 4) AddFour<T, TField>(Powers(x, mode, first), Powers(x, mode + 1, first), Powers(x, mode + 2, first), Powers(x, mode + 3, first), to, count);
            for (; n < x.States; n++, mode++) AddOne<T, TField>(Powers(x, mode, first), to, count);
        });
    }

    /// <summary>x ← x y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply<T, TField>(ref Vector512<T> re, ref Vector512<T> im, Vector512<T> yRe, Vector512<T> yIm)
        where TField : struct, INumberField
    {
        var product = re * yRe;
        if (TField.IsComplex)
        {
            product = Lanes.SubtractProduct(im, yIm, product);
            im = Lanes.MultiplyAdd(re, yIm, im * yRe);
        }

        re = product;
    }

    public static (Vector512<T> Re, Vector512<T> Im) Broadcast<T>((double Re, double Im) value)
        where T : unmanaged, IFloatingPointIeee754<T> =>
        (Vector512.Create(T.CreateTruncating(value.Re)), Vector512.Create(T.CreateTruncating(value.Im)));

    private static ModePowers<T> Powers<T>(ImpulseArrays<T> x, long mode, long first)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var weight = x.Weight(mode);
        return new(x.Lambda(mode), (x.Scale * weight.Re, x.Scale * weight.Im), first);
    }

    private static void AddFour<T, TField>(ModePowers<T> m0, ModePowers<T> m1, ModePowers<T> m2, ModePowers<T> m3, T* output, long count)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TField : struct, INumberField
    {
        int lanes = Vector512<T>.Count;
        var (a0, b0) = Broadcast<T>(m0.Step);
        var (a1, b1) = Broadcast<T>(m1.Step);
        var (a2, b2) = Broadcast<T>(m2.Step);
        var (a3, b3) = Broadcast<T>(m3.Step);
        for (long start = 0; start < count; start += ModePowers<T>.Chunk)
        {
            var (x0, y0) = m0.Next<TField>();
            var (x1, y1) = m1.Next<TField>();
            var (x2, y2) = m2.Next<TField>();
            var (x3, y3) = m3.Next<TField>();
            var end = Math.Min(count, start + ModePowers<T>.Chunk);
            var i = start;
            while (i <= end - lanes)
            {
                for (var stop = Math.Min(end, i + (ModePowers<T>.VectorsBetweenChecks * lanes)); i <= stop - lanes; i += lanes)
                {
                    Vector512.Store(Vector512.Load(output + i) + (x0 + x1 + (x2 + x3)), output + i);
                    Multiply<T, TField>(ref x0, ref y0, a0, b0);
                    Multiply<T, TField>(ref x1, ref y1, a1, b1);
                    Multiply<T, TField>(ref x2, ref y2, a2, b2);
                    Multiply<T, TField>(ref x3, ref y3, a3, b3);
                }

                Decay.End<T, TField>(ref x0, ref y0);
                Decay.End<T, TField>(ref x1, ref y1);
                Decay.End<T, TField>(ref x2, ref y2);
                Decay.End<T, TField>(ref x3, ref y3);
            }

            if (i < end) FirstLanes.Store(FirstLanes.Load(output + i, (int)(end - i)) + (x0 + x1 + (x2 + x3)), output + i, (int)(end - i));
        }
    }

    private static void AddOne<T, TField>(ModePowers<T> mode, T* output, long count)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TField : struct, INumberField
    {
        int lanes = Vector512<T>.Count;
        var (a, b) = Broadcast<T>(mode.Step);
        for (long start = 0; start < count; start += ModePowers<T>.Chunk)
        {
            var (x, y) = mode.Next<TField>();
            var end = Math.Min(count, start + ModePowers<T>.Chunk);
            var i = start;
            while (i <= end - lanes)
            {
                for (var stop = Math.Min(end, i + (ModePowers<T>.VectorsBetweenChecks * lanes)); i <= stop - lanes; i += lanes)
                {
                    Vector512.Store(Vector512.Load(output + i) + x, output + i);
                    Multiply<T, TField>(ref x, ref y, a, b);
                }

                Decay.End<T, TField>(ref x, ref y);
            }

            if (i < end) FirstLanes.Store(FirstLanes.Load(output + i, (int)(end - i)) + x, output + i, (int)(end - i));
        }
    }
}
