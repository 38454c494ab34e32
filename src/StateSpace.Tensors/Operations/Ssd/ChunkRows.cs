using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>Passes over rows that lie in a cache: a few microseconds beside the products.</summary>
internal static unsafe class ChunkRows
{
    /// <summary>y = f x. The rows may be the same.</summary>
    public static void Scale<T>(T f, T* x, T* y, long count)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var factor = Vector512.Create(f);
        for (long i = 0; i < count; i += Vector512<T>.Count) Lanes.Store(factor * Lanes.Load(x + i, count - i), y + i, count - i);
    }

    /// <summary>z = y + f x. The rows may be the same.</summary>
    public static void Add<T>(T f, T* x, T* y, T* z, long count)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var factor = Vector512.Create(f);
        for (long i = 0; i < count; i += Vector512<T>.Count)
            Lanes.Store(Lanes.MultiplyAdd(factor, Lanes.Load(x + i, count - i), Lanes.Load(y + i, count - i)), z + i, count - i);
    }

    /// <summary>z = f x + g y.</summary>
    public static void Combine<T>(T f, T* x, T g, T* y, T* z, long count)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> first = Vector512.Create(f), second = Vector512.Create(g);
        for (long i = 0; i < count; i += Vector512<T>.Count)
            Lanes.Store(Lanes.MultiplyAdd(first, Lanes.Load(x + i, count - i), second * Lanes.Load(y + i, count - i)), z + i, count - i);
    }

    /// <summary>y = f x, where what has all but decayed becomes zero; see <see cref="Cpu.Decay"/>. The rows may be the same.</summary>
    public static void Decay<T>(T f, T* x, T* y, long count)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var factor = Vector512.Create(f);
        var unused = Vector512<T>.Zero;
        for (long i = 0; i < count; i += Vector512<T>.Count)
        {
            var value = factor * Lanes.Load(x + i, count - i);
            Cpu.Decay.End<T, RealField>(ref value, ref unused);
            Lanes.Store(value, y + i, count - i);
        }
    }
}
