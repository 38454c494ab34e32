using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Cpu;

/// <summary>
/// Ends the decay of values that are multiplied again and again. Left alone they become subnormal, where each operation takes a
/// hundred times as long, and stay so: rounding holds the smallest subnormal number up against any factor above ½.
/// </summary>
internal static class Decay
{
    /// <summary>Far below what a sum of the field's numbers resolves, far above the subnormal numbers, so that it suffices to look now and then.</summary>
    public const float SmallestSingle = 1e-30f;

    /// <summary>The same in double.</summary>
    public const double SmallestDouble = 1e-290;

    /// <summary>Sets lanes to zero whose magnitude |re| + |im| (|re| where real) is below the limit; NaN stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void End<T, TField>(ref Vector512<T> re, ref Vector512<T> im)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TField : struct, INumberField
    {
        var magnitude = Vector512.Abs(re);
        if (TField.IsComplex) magnitude += Vector512.Abs(im);
        var limit = typeof(T) == typeof(float) ? Vector512.Create(SmallestSingle).As<float, T>() : Vector512.Create(SmallestDouble).As<double, T>();
        var small = Vector512.LessThan(magnitude, limit);
        re = Vector512.AndNot(re, small);
        if (TField.IsComplex) im = Vector512.AndNot(im, small);
    }
}
