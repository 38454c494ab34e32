using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu.VectorMath;

namespace StateSpace.Tensors.Operations.CausalConvolution;

/// <summary>y = x.</summary>
internal readonly struct Identity : IUnaryOperator
{
    public static Vector512<float> Invoke(Vector512<float> x) => x;

    public static Vector512<double> Invoke(Vector512<double> x) => x;
}

/// <summary>y = x + g.</summary>
internal readonly struct Sum : IBinaryOperator
{
    public static Vector512<float> Invoke(Vector512<float> x, Vector512<float> g) => x + g;

    public static Vector512<double> Invoke(Vector512<double> x, Vector512<double> g) => x + g;
}
