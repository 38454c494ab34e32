using System.Numerics;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Operations.DiagonalRecurrence;

/// <summary>∂ℓ/∂x and what has been summed for ∂ℓ/∂λ and ∂ℓ/∂w of one block of rows, each (N, lanes).</summary>
internal readonly unsafe struct Adjoints<T>(T* memory, long stride)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public readonly T* StateRe = memory;
    public readonly T* StateIm = memory + stride;
    public readonly T* LambdaRe = memory + (2 * stride);
    public readonly T* LambdaIm = memory + (3 * stride);
    public readonly T* WeightRe = memory + (4 * stride);
    public readonly T* WeightIm = memory + (5 * stride);

    /// <summary>Vectors that N states need.</summary>
    public static long Vectors(long states) => 6 * states;

    /// <summary>Where a block's adjoints lie in the memory of a group.</summary>
    public static Adjoints<T> At(T* memory, int block, long states) =>
        new(memory + (block * Vectors(states) * Vector512<T>.Count), states * Vector512<T>.Count);

    /// <summary>What was summed for w lacks the factor s.</summary>
    public void ScaleWeights(T scale, long states)
    {
        for (long i = 0; i < 2 * states * Vector512<T>.Count; i++) WeightRe[i] *= scale;
    }

    public void Clear() => new Span<T>(StateRe, checked((int)(6 * stride))).Clear();

    /// <summary>The same from state <paramref name="n"/> on.</summary>
    public Adjoints<T> From(long n) => new(StateRe + (n * Vector512<T>.Count), stride);
}
