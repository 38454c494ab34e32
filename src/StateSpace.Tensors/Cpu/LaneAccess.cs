using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Cpu;

/// <summary>How a kernel reads and writes a vector, as a type argument: one body serves full vectors and the end of a row.</summary>
internal unsafe interface ILaneAccess
{
    static abstract Vector512<T> Load<T>(T* source, int lanes)
        where T : unmanaged;

    static abstract void Store<T>(Vector512<T> vector, T* target, int lanes)
        where T : unmanaged;
}

/// <summary>All lanes; the count is ignored.</summary>
internal readonly unsafe struct FullLanes : ILaneAccess
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Load<T>(T* source, int lanes)
        where T : unmanaged => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(Vector512<T> vector, T* target, int lanes)
        where T : unmanaged => Vector512.Store(vector, target);
}

/// <summary>The first lanes alone; the others read as zero and are not written.</summary>
internal readonly unsafe struct FirstLanes : ILaneAccess
{
    public static Vector512<T> Load<T>(T* source, int lanes)
        where T : unmanaged
    {
        var vector = Vector512<T>.Zero;
        Unsafe.CopyBlockUnaligned(&vector, source, (uint)(lanes * sizeof(T)));
        return vector;
    }

    public static void Store<T>(Vector512<T> vector, T* target, int lanes)
        where T : unmanaged => Unsafe.CopyBlockUnaligned(target, &vector, (uint)(lanes * sizeof(T)));
}
