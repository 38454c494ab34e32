using System.Numerics;
using System.Numerics.Tensors;

namespace StateSpace.Tensors.Operations.Arithmetic;

/// <summary>A function of two numbers, on runs in which each operand advances or repeats.</summary>
internal interface IArithmeticOperator<T>
    where T : unmanaged
{
    static abstract T Invoke(T x, T y);

    static abstract void Invoke(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z);

    static abstract void Invoke(ReadOnlySpan<T> x, T y, Span<T> z);

    static abstract void Invoke(T x, ReadOnlySpan<T> y, Span<T> z);
}

internal readonly struct AddOperator<T> : IArithmeticOperator<T>
    where T : unmanaged, INumber<T>
{
    public static T Invoke(T x, T y) => x + y;

    public static void Invoke(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) => TensorPrimitives.Add(x, y, z);

    public static void Invoke(ReadOnlySpan<T> x, T y, Span<T> z) => TensorPrimitives.Add(x, y, z);

    public static void Invoke(T x, ReadOnlySpan<T> y, Span<T> z) => TensorPrimitives.Add(y, x, z);
}

internal readonly struct SubtractOperator<T> : IArithmeticOperator<T>
    where T : unmanaged, INumber<T>
{
    public static T Invoke(T x, T y) => x - y;

    public static void Invoke(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) => TensorPrimitives.Subtract(x, y, z);

    public static void Invoke(ReadOnlySpan<T> x, T y, Span<T> z) => TensorPrimitives.Subtract(x, y, z);

    public static void Invoke(T x, ReadOnlySpan<T> y, Span<T> z) => TensorPrimitives.Subtract(x, y, z);
}

internal readonly struct MultiplyOperator<T> : IArithmeticOperator<T>
    where T : unmanaged, INumber<T>
{
    public static T Invoke(T x, T y) => x * y;

    public static void Invoke(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) => TensorPrimitives.Multiply(x, y, z);

    public static void Invoke(ReadOnlySpan<T> x, T y, Span<T> z) => TensorPrimitives.Multiply(x, y, z);

    public static void Invoke(T x, ReadOnlySpan<T> y, Span<T> z) => TensorPrimitives.Multiply(y, x, z);
}

internal readonly struct DivideOperator<T> : IArithmeticOperator<T>
    where T : unmanaged, INumber<T>
{
    public static T Invoke(T x, T y) => x / y;

    public static void Invoke(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) => TensorPrimitives.Divide(x, y, z);

    public static void Invoke(ReadOnlySpan<T> x, T y, Span<T> z) => TensorPrimitives.Divide(x, y, z);

    public static void Invoke(T x, ReadOnlySpan<T> y, Span<T> z) => TensorPrimitives.Divide(x, y, z);
}

/// <summary>The larger of two; NaN where either is.</summary>
internal readonly struct MaximumOperator<T> : IArithmeticOperator<T>
    where T : unmanaged, INumber<T>
{
    public static T Invoke(T x, T y) => T.Max(x, y);

    public static void Invoke(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) => TensorPrimitives.Max(x, y, z);

    public static void Invoke(ReadOnlySpan<T> x, T y, Span<T> z) => TensorPrimitives.Max(x, y, z);

    public static void Invoke(T x, ReadOnlySpan<T> y, Span<T> z) => TensorPrimitives.Max(y, x, z);
}

/// <summary>1 where x is larger, ½ where both are the same, 0 otherwise: the share of a maximum's gradient that x gets.</summary>
internal readonly struct LargerShareOperator<T> : IArithmeticOperator<T>
    where T : unmanaged, INumber<T>
{
    public static T Invoke(T x, T y) => x > y ? T.One : x == y ? T.One / (T.One + T.One) : T.Zero;

    public static void Invoke(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z)
    {
        for (var i = 0; i < z.Length; i++) z[i] = Invoke(x[i], y[i]);
    }

    public static void Invoke(ReadOnlySpan<T> x, T y, Span<T> z)
    {
        for (var i = 0; i < z.Length; i++) z[i] = Invoke(x[i], y);
    }

    public static void Invoke(T x, ReadOnlySpan<T> y, Span<T> z)
    {
        for (var i = 0; i < z.Length; i++) z[i] = Invoke(x, y[i]);
    }
}
