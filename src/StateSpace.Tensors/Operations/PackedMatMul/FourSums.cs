using System.Runtime.CompilerServices;
using StateSpace.Tensors.Cpu.Gemm;

namespace StateSpace.Tensors.Operations.PackedMatMul;

/// <summary>Accumulators of one row with four lines.</summary>
internal unsafe struct FourSums<T, V, S>
    where T : unmanaged
    where V : struct
    where S : ISimd<T, V>
{
    private V _v0;
    private V _v1;
    private V _v2;
    private V _v3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step(V x, V y0, V y1, V y2, V y3)
    {
        _v0 = S.MultiplyAdd(x, y0, _v0);
        _v1 = S.MultiplyAdd(x, y1, _v1);
        _v2 = S.MultiplyAdd(x, y2, _v2);
        _v3 = S.MultiplyAdd(x, y3, _v3);
    }

    /// <summary>Adds other sums, each times a factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddScaled(in FourSums<T, V, S> sums, V s0, V s1, V s2, V s3)
    {
        _v0 = S.MultiplyAdd(sums._v0, s0, _v0);
        _v1 = S.MultiplyAdd(sums._v1, s1, _v1);
        _v2 = S.MultiplyAdd(sums._v2, s2, _v2);
        _v3 = S.MultiplyAdd(sums._v3, s3, _v3);
    }

    /// <summary>Adds these sums, each times a factor, to what lies in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void AddScaledTo(T* total, V s0, V s1, V s2, V s3)
    {
        S.Store(S.MultiplyAdd(_v0, s0, S.Load(total)), total);
        S.Store(S.MultiplyAdd(_v1, s1, S.Load(total + S.Count)), total + S.Count);
        S.Store(S.MultiplyAdd(_v2, s2, S.Load(total + (2 * S.Count))), total + (2 * S.Count));
        S.Store(S.MultiplyAdd(_v3, s3, S.Load(total + (3 * S.Count))), total + (3 * S.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(T* partial)
    {
        S.Store(_v0, partial);
        S.Store(_v1, partial + S.Count);
        S.Store(_v2, partial + (2 * S.Count));
        S.Store(_v3, partial + (3 * S.Count));
    }
}
