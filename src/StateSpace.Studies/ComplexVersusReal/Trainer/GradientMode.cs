using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>What the optimizer is fed: chosen at compile time, so that the correct mode does not pay for the other.</summary>
internal unsafe interface IGradientMode
{
    static abstract Vector512<float> Take(Vector512<float>* sum, Vector512<float> gradient);
}

/// <summary>The gradient of the step.</summary>
internal readonly unsafe struct FreshGradient : IGradientMode
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Take(Vector512<float>* sum, Vector512<float> gradient) => gradient;
}

/// <summary>The sum of all gradients so far: the published script never zeroes them.</summary>
internal readonly unsafe struct AccumulatedGradient : IGradientMode
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Take(Vector512<float>* sum, Vector512<float> gradient)
    {
        *sum += gradient;
        return *sum;
    }
}
