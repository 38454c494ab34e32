namespace StateSpace.Tensors;

/// <summary>Type of a tensor's elements.</summary>
public enum DType
{
    /// <summary>32-bit floating point, the default of models.</summary>
    Float32,

    /// <summary>64-bit floating point, for references, gradient checks and studies.</summary>
    Float64,

    /// <summary>32-bit integer, for indices and token ids.</summary>
    Int32,

    /// <summary>64-bit integer, for indices.</summary>
    Int64,

    /// <summary>The upper 16 bits of a Float32: activations on a GPU. On the CPU it is stored and converted, not computed with.</summary>
    BFloat16,
}

/// <summary>Facts about element types.</summary>
public static class DTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this DType dtype) => dtype switch
    {
        DType.BFloat16 => 2,
        DType.Float32 or DType.Int32 => 4,
        _ => 8,
    };

    /// <summary>Whether values are real numbers, so that gradients exist.</summary>
    public static bool IsFloating(this DType dtype) => dtype is DType.Float32 or DType.Float64 or DType.BFloat16;

    /// <summary>The type of parameters, states, statistics and losses beside activations of this type: Float32 for BFloat16, the same for others.</summary>
    public static DType Accurate(this DType dtype) => dtype == DType.BFloat16 ? DType.Float32 : dtype;

    /// <summary>Whether GPUs compute with this type beside the other one of which that holds: Float32 and BFloat16.</summary>
    internal static bool IsMixable(this DType dtype) => dtype is DType.Float32 or DType.BFloat16;

    /// <summary>The element type of a .NET type.</summary>
    /// <typeparam name="T">float, double, int or long.</typeparam>
    /// <exception cref="NotSupportedException">Another type.</exception>
    public static DType Of<T>()
        where T : unmanaged
    {
        if (typeof(T) == typeof(float)) return DType.Float32;
        if (typeof(T) == typeof(double)) return DType.Float64;
        if (typeof(T) == typeof(int)) return DType.Int32;
        if (typeof(T) == typeof(long)) return DType.Int64;
        throw new NotSupportedException($"tensors hold float, double, int or long, not {typeof(T).Name}");
    }
}
