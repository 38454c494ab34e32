using System.Runtime.CompilerServices;

namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>How B and C lie in memory, as a type argument of a kernel.</summary>
internal unsafe interface IScanCoefficient
{
    /// <summary>Whether there is one number for each step, shared by the channels; else one for each channel, the same at all steps.</summary>
    static abstract bool IsPerStep { get; }

    /// <summary>Vector i of a quad at a step.</summary>
    static abstract V Load<T, V, TSimd>(T* quad, long step, int i)
        where T : unmanaged
        where V : struct
        where TSimd : struct, IScanSimd<T, V>;
}

/// <summary>(steps, 4): a number for all lanes.</summary>
internal readonly unsafe struct PerStep : IScanCoefficient
{
    public static bool IsPerStep => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<T, V, TSimd>(T* quad, long step, int i)
        where T : unmanaged
        where V : struct
        where TSimd : struct, IScanSimd<T, V> => TSimd.Broadcast(quad[(step * ScanQuads<float>.Size) + i]);
}

/// <summary>(4, lanes): the same at each step.</summary>
internal readonly unsafe struct PerChannel : IScanCoefficient
{
    public static bool IsPerStep => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<T, V, TSimd>(T* quad, long step, int i)
        where T : unmanaged
        where V : struct
        where TSimd : struct, IScanSimd<T, V> => TSimd.Load(quad + (i * (64 / sizeof(T))));
}
