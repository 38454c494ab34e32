using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Cpu.VectorMath;

/// <summary>
/// A function of one variable, y = f(x), lane by lane. The result of a lane depends on that lane alone, so a scalar result or
/// a tail computed in a padded vector has the bits of a full vector.
/// </summary>
internal interface IUnaryOperator
{
    /// <summary>f of each of the 16 lanes.</summary>
    static abstract Vector512<float> Invoke(Vector512<float> x);

    /// <summary>f of each of the 8 lanes.</summary>
    static abstract Vector512<double> Invoke(Vector512<double> x);
}

/// <summary>A function of two variables, y = f(x, g), lane by lane; g is the incoming gradient in the operators of this folder.</summary>
internal interface IBinaryOperator
{
    /// <summary>f of each pair of the 16 lanes.</summary>
    static abstract Vector512<float> Invoke(Vector512<float> x, Vector512<float> g);

    /// <summary>f of each pair of the 8 lanes.</summary>
    static abstract Vector512<double> Invoke(Vector512<double> x, Vector512<double> g);
}

/// <summary>The chain rule of an elementwise function: y = g · f′(x), where <typeparamref name="TDerivative"/> is f′.</summary>
internal readonly struct GradientOperator<TDerivative> : IBinaryOperator
    where TDerivative : struct, IUnaryOperator
{
    public static Vector512<float> Invoke(Vector512<float> x, Vector512<float> g) => g * TDerivative.Invoke(x);

    public static Vector512<double> Invoke(Vector512<double> x, Vector512<double> g) => g * TDerivative.Invoke(x);
}

/// <summary>y = x · g.</summary>
internal readonly struct MultiplyOperator : IBinaryOperator
{
    public static Vector512<float> Invoke(Vector512<float> x, Vector512<float> g) => x * g;

    public static Vector512<double> Invoke(Vector512<double> x, Vector512<double> g) => x * g;
}

/// <summary>y = g · f(x): a gate, for example g · SiLU(x).</summary>
internal readonly struct GateOperator<TFunction> : IBinaryOperator
    where TFunction : struct, IUnaryOperator
{
    public static Vector512<float> Invoke(Vector512<float> x, Vector512<float> g) => g * TFunction.Invoke(x);

    public static Vector512<double> Invoke(Vector512<double> x, Vector512<double> g) => g * TFunction.Invoke(x);
}
