using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StateSpace.Tensors.Cpu.Gemm;

/// <summary>How <see cref="GemmFewRows{T, V, S, W}"/> reads lines.</summary>
/// <typeparam name="T">Element of the product.</typeparam>
/// <typeparam name="V">Vector of T.</typeparam>
internal unsafe interface ILineElement<T, V>
    where T : unmanaged
    where V : struct
{
    /// <summary>Bytes of an element.</summary>
    static abstract int Size { get; }

    /// <summary>As many elements as a vector has.</summary>
    static abstract V Load(byte* source);

    static abstract T LoadOne(byte* source);
}

/// <summary>Lines of T itself.</summary>
internal readonly unsafe struct PlainElement<T, V, S> : ILineElement<T, V>
    where T : unmanaged
    where V : struct
    where S : ISimd<T, V>
{
    public static int Size => sizeof(T);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load(byte* source) => S.Load((T*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T LoadOne(byte* source) => *(T*)source;
}

/// <summary>Lines of bf16, the upper halves of float32 numbers.</summary>
internal readonly unsafe struct BFloat16Element : ILineElement<float, Vector512<float>>, ILineElement<float, Vector256<float>>
{
    public static int Size => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> ILineElement<float, Vector512<float>>.Load(byte* source) =>
        (Avx512F.ConvertToVector512UInt32(Vector256.Load((ushort*)source)) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<float> ILineElement<float, Vector256<float>>.Load(byte* source)
    {
        if (Avx2.IsSupported) return (Avx2.ConvertToVector256Int32((ushort*)source) << 16).AsSingle();
        var (low, high) = Vector128.Widen(Vector128.Load((ushort*)source));
        return (Vector256.Create(low, high) << 16).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadOne(byte* source) => BitConverter.UInt32BitsToSingle((uint)*(ushort*)source << 16);
}
