using System.Runtime.Intrinsics;

namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>Vectors of 16 floats at addresses that are multiples of 64 and never move; zero at first.</summary>
internal sealed unsafe class AlignedVectors
{
    // Keeps the memory alive as long as this object.
    private readonly float[] _memory;

    public AlignedVectors(int count)
    {
        Count = count;
        _memory = GC.AllocateArray<float>((count + 1) * Vector512<float>.Count, pinned: true);
        fixed (float* start = _memory) Pointer = (Vector512<float>*)(((nuint)start + 63) & ~(nuint)63);
    }

    /// <summary>Number of vectors.</summary>
    public int Count { get; }

    /// <summary>The first vector.</summary>
    public Vector512<float>* Pointer { get; }

    /// <summary>All floats in order.</summary>
    public Span<float> Floats => new(Pointer, Count * Vector512<float>.Count);
}
