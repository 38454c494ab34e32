using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>Rows of split real and imaginary parts, a stride apart.</summary>
internal readonly unsafe struct SplitRows<T>(T* re, T* im, long stride)
    where T : unmanaged
{
    public readonly T* Re = re;
    public readonly T* Im = im;
    public readonly long Stride = stride;

    /// <summary>Exchanges the parts, which turns a forward transform into an inverse one.</summary>
    public SplitRows<T> Swapped => new(Im, Re, Stride);

    /// <summary>Rows of whole vectors back to back in a buffer of 2 · rows · vectors vectors.</summary>
    public static SplitRows<T> In(T* buffer, long rows, int vectors)
    {
        var width = (long)vectors * Vector512<T>.Count;
        return new(buffer, buffer + (rows * width), width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (Vector512<T> Re, Vector512<T> Im) Load(long row, long lane) =>
        (Vector512.Load(Re + (row * Stride) + lane), Vector512.Load(Im + (row * Stride) + lane));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(long row, long lane, Vector512<T> re, Vector512<T> im)
    {
        Vector512.Store(re, Re + (row * Stride) + lane);
        Vector512.Store(im, Im + (row * Stride) + lane);
    }

    /// <summary>Stores past the caches; the rows have to be aligned to 64 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Stream(long row, long lane, Vector512<T> re, Vector512<T> im)
    {
        Vector512.StoreAlignedNonTemporal(re, Re + (row * Stride) + lane);
        Vector512.StoreAlignedNonTemporal(im, Im + (row * Stride) + lane);
    }
}

/// <summary>A complex forward transform of one length, on vectors of independent columns.</summary>
internal abstract unsafe class FftPlan<T> : IFftTables
    where T : unmanaged, INumber<T>
{
    /// <summary>Length n.</summary>
    public abstract int Length { get; }

    /// <summary>Rows of workspace that <see cref="Run"/> needs; a row has the width of the data.</summary>
    public abstract long WorkRows { get; }

    /// <summary>Elements that the tables of the plan hold.</summary>
    public abstract long TableSize { get; }

    /// <summary>y_k = scale · Σ_j x_j e^(−2πijk/n) for each lane. <paramref name="y"/> may be <paramref name="x"/> itself.</summary>
    /// <param name="x">n rows.</param>
    /// <param name="y">n rows.</param>
    /// <param name="vectors">Vectors in a row.</param>
    /// <param name="work"><see cref="WorkRows"/> rows, overwritten.</param>
    /// <param name="scale">Factor of the result.</param>
    /// <param name="stream">Writes y past the caches, if the algorithm can; y is aligned to 64 bytes then.</param>
    public abstract void Run(SplitRows<T> x, SplitRows<T> y, int vectors, T* work, T scale, bool stream);

    /// <summary>The plan for a length: mixed radix where its primes are at most 13, else Bluestein.</summary>
    public static FftPlan<T> Create(int n) =>
        FftLength.Radices(n) is { } radices ? new MixedRadixPlan<T>(n, radices) : new BluesteinPlan<T>(n);
}
