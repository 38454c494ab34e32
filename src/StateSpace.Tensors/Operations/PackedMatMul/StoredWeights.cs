using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StateSpace.Tensors.Operations.PackedMatMul;

/// <summary>Reads stored weights into vectors of float32, so that one kernel source serves every storage type and width.</summary>
/// <typeparam name="V">Vector of float32.</typeparam>
internal unsafe interface IStoredWeights<V>
    where V : struct
{
    /// <summary>Bytes of a weight.</summary>
    static abstract int Size { get; }

    /// <summary>Whether blocks of <see cref="Int8Blocks.Length"/> columns have a scale.</summary>
    static abstract bool HasScales { get; }

    /// <summary>The next weights of a row, before scaling.</summary>
    static abstract V Load(byte* source);

    /// <summary>One weight, before scaling.</summary>
    static abstract float LoadOne(byte* source);
}

/// <summary>bf16, 16 at a time.</summary>
internal readonly unsafe struct BFloat16Of512 : IStoredWeights<Vector512<float>>
{
    public static int Size => sizeof(ushort);

    public static bool HasScales => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* source) => (Avx512F.ConvertToVector512UInt32(Vector256.Load((ushort*)source)) << 16).AsSingle();

    public static float LoadOne(byte* source) => BFloat16Bits.Widen(*(ushort*)source);
}

/// <summary>bf16, 8 at a time.</summary>
internal readonly unsafe struct BFloat16Of256 : IStoredWeights<Vector256<float>>
{
    public static int Size => sizeof(ushort);

    public static bool HasScales => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(byte* source)
    {
        if (Avx2.IsSupported) return (Avx2.ConvertToVector256Int32((ushort*)source) << 16).AsSingle();
        var (low, high) = Vector128.Widen(Vector128.Load((ushort*)source));
        return (Vector256.Create(low, high) << 16).AsSingle();
    }

    public static float LoadOne(byte* source) => BFloat16Bits.Widen(*(ushort*)source);
}

/// <summary>int8, 16 at a time.</summary>
internal readonly unsafe struct Int8Of512 : IStoredWeights<Vector512<float>>
{
    public static int Size => sizeof(sbyte);

    public static bool HasScales => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* source) => Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(Vector128.Load((sbyte*)source)));

    public static float LoadOne(byte* source) => *(sbyte*)source;
}

/// <summary>int8, 8 at a time.</summary>
internal readonly unsafe struct Int8Of256 : IStoredWeights<Vector256<float>>
{
    public static int Size => sizeof(sbyte);

    public static bool HasScales => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(byte* source)
    {
        if (Avx2.IsSupported) return Avx.ConvertToVector256Single(Avx2.ConvertToVector256Int32((sbyte*)source));
        var (low, high) = Vector128.Widen(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)source).AsSByte()));
        return Vector256.ConvertToSingle(Vector256.Create(low, high));
    }

    public static float LoadOne(byte* source) => *(sbyte*)source;
}
