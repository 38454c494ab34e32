using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu.VectorMath;

namespace StateSpace.Tensors.Operations.Elementwise;

/// <summary>1/x.</summary>
internal readonly struct Reciprocal : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => Vector512<float>.One / x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => Vector512<double>.One / x;
}

/// <summary>−1/x².</summary>
internal readonly struct ReciprocalDerivative : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => -(Vector512<float>.One / (x * x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => -(Vector512<double>.One / (x * x));
}

/// <summary>x².</summary>
internal readonly struct Square : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => x * x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => x * x;
}

/// <summary>2x.</summary>
internal readonly struct SquareDerivative : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => x + x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => x + x;
}

/// <summary>|x|.</summary>
internal readonly struct Absolute : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => Vector512.Abs(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => Vector512.Abs(x);
}

/// <summary>−1, 0 or 1: the derivative of |x|, 0 at 0.</summary>
internal readonly struct Sign : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => Vector512.ConditionalSelect(Vector512.Equals(x, Vector512<float>.Zero), x, Vector512.CopySign(Vector512<float>.One, x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => Vector512.ConditionalSelect(Vector512.Equals(x, Vector512<double>.Zero), x, Vector512.CopySign(Vector512<double>.One, x));
}

/// <summary>max(x, 0).</summary>
internal readonly struct Relu : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => Vector512.Max(x, Vector512<float>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => Vector512.Max(x, Vector512<double>.Zero);
}

/// <summary>1 above 0, 0 elsewhere.</summary>
internal readonly struct ReluDerivative : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512<float>.Zero), Vector512<float>.One, Vector512<float>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512<double>.Zero), Vector512<double>.One, Vector512<double>.Zero);
}

/// <summary>1/(2√x).</summary>
internal readonly struct SqrtDerivative : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => Vector512.Create(0.5f) / Vector512.Sqrt(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => Vector512.Create(0.5) / Vector512.Sqrt(x);
}

/// <summary>−x^(−3/2)/2.</summary>
internal readonly struct RsqrtDerivative : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => Vector512.Create(-0.5f) / (x * Vector512.Sqrt(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => Vector512.Create(-0.5) / (x * Vector512.Sqrt(x));
}

/// <summary>−sin x: the derivative of cos x.</summary>
internal readonly struct NegativeSin : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => -SinOperator.Invoke(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => -SinOperator.Invoke(x);
}

/// <summary>1/(1 + x).</summary>
internal readonly struct Log1pDerivative : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Invoke(Vector512<float> x) => Vector512<float>.One / (Vector512<float>.One + x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Invoke(Vector512<double> x) => Vector512<double>.One / (Vector512<double>.One + x);
}
