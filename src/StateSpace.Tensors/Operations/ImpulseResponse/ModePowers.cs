using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.ImpulseResponse;

/// <summary>
/// The powers of one eigenvalue, a vector of consecutive exponents at a time. Within a chunk a kernel multiplies by λ^lanes in its own
/// type; every chunk starts afresh from powers in double, so that float errors do not grow with the length.
/// </summary>
internal struct ModePowers<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Exponents of a chunk.</summary>
    public const long Chunk = 512;

    /// <summary>Vectors after which a kernel ends the decay of powers that have become too small.</summary>
    public const long VectorsBetweenChecks = 8;

    /// <summary>λ^0 … λ^7.</summary>
    private readonly Vector512<double> _lowRe;
    private readonly Vector512<double> _lowIm;
    private readonly (double Re, double Im) _eighth;
    private readonly (double Re, double Im) _perChunk;
    private (double Re, double Im) _start;

    /// <param name="lambda">λ.</param>
    /// <param name="factor">What the powers are multiplied by.</param>
    /// <param name="first">The first chunk's first exponent.</param>
    public ModePowers((double Re, double Im) lambda, (double Re, double Im) factor, long first)
    {
        var second = Multiply(lambda, lambda);
        var fourth = Multiply(second, second);
        _eighth = Multiply(fourth, fourth);
        _lowRe = Vector512<double>.One;
        _lowIm = Vector512<double>.Zero;
        (_lowRe, _lowIm) = MultiplyWhere(Vector512.Create(0.0, 1, 0, 1, 0, 1, 0, 1), lambda, _lowRe, _lowIm);
        (_lowRe, _lowIm) = MultiplyWhere(Vector512.Create(0.0, 0, 1, 1, 0, 0, 1, 1), second, _lowRe, _lowIm);
        (_lowRe, _lowIm) = MultiplyWhere(Vector512.Create(0.0, 0, 0, 0, 1, 1, 1, 1), fourth, _lowRe, _lowIm);
        var sixteenth = Multiply(_eighth, _eighth);
        Step = Vector512<T>.Count == 8 ? _eighth : sixteenth;
        _perChunk = Power(sixteenth, Chunk / 16);
        _start = Multiply(factor, Power(lambda, first));
    }

    /// <summary>λ^lanes.</summary>
    public (double Re, double Im) Step { get; }

    /// <summary>The first vector of the next chunk: factor · λ^l for as many l as there are lanes.</summary>
    public (Vector512<T> Re, Vector512<T> Im) Next<TField>()
        where TField : struct, INumberField
    {
        Vector512<T> re, im;
        var (lowRe, lowIm) = Multiply(_lowRe, _lowIm, _start);
        if (typeof(T) == typeof(double))
        {
            re = lowRe.As<double, T>();
            im = lowIm.As<double, T>();
        }
        else
        {
            var (highRe, highIm) = Multiply(lowRe, lowIm, _eighth);
            re = Vector512.Narrow(lowRe, highRe).As<float, T>();
            im = Vector512.Narrow(lowIm, highIm).As<float, T>();
        }

        Decay.End<T, TField>(ref re, ref im);
        _start = Multiply(_start, _perChunk);
        if (Math.Abs(_start.Re) + Math.Abs(_start.Im) < Decay.SmallestDouble) _start = default;
        return (re, im);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (double Re, double Im) Multiply((double Re, double Im) x, (double Re, double Im) y) =>
        ((x.Re * y.Re) - (x.Im * y.Im), (x.Re * y.Im) + (x.Im * y.Re));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<double> Re, Vector512<double> Im) Multiply(Vector512<double> re, Vector512<double> im, (double Re, double Im) y) =>
        ((re * y.Re) - (im * y.Im), (re * y.Im) + (im * y.Re));

    /// <summary>Multiplies the lanes where <paramref name="lanes"/> is 1, and leaves those where it is 0.</summary>
    private static (Vector512<double> Re, Vector512<double> Im) MultiplyWhere(
        Vector512<double> lanes, (double Re, double Im) y, Vector512<double> re, Vector512<double> im)
    {
        var chosen = Vector512.Equals(lanes, Vector512<double>.One);
        var (productRe, productIm) = Multiply(re, im, y);
        return (Vector512.ConditionalSelect(chosen, productRe, re), Vector512.ConditionalSelect(chosen, productIm, im));
    }

    private static (double Re, double Im) Power((double Re, double Im) x, long exponent)
    {
        (double Re, double Im) power = (1, 0);
        for (; exponent > 0; exponent >>= 1)
        {
            if ((exponent & 1) != 0) power = Multiply(power, x);
            if (exponent > 1) x = Multiply(x, x);
        }

        return power;
    }
}
