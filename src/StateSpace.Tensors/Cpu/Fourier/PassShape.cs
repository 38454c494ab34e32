namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>Radix r, remaining length m = n/r and number s of sub-transforms of one pass.</summary>
internal readonly record struct PassShape(int Radix, int M, int S);

/// <summary>Where a pass reads and writes: split real and imaginary rows of <see cref="Vectors"/> vectors, a stride apart.</summary>
internal unsafe struct PassData<T>
    where T : unmanaged
{
    public T* InRe;
    public T* InIm;
    public long InStride;
    public T* OutRe;
    public T* OutIm;
    public long OutStride;
    public int Vectors;
}

/// <summary>
/// The loop of a pass in elements: between legs, between values of p, between values of q, and the width of a row. Where rows
/// lie back to back on both sides, a row of all q is one long row.
/// </summary>
internal readonly struct PassLoop
{
    public readonly long InLeg;
    public readonly long OutLeg;
    public readonly long InBlock;
    public readonly long OutBlock;
    public readonly long InStep;
    public readonly long OutStep;
    public readonly int Rows;
    public readonly long Width;

    public PassLoop(PassShape shape, int vectors, int vectorLength, long inStride, long outStride)
    {
        InLeg = (long)shape.S * shape.M * inStride;
        OutLeg = shape.S * outStride;
        InBlock = shape.S * inStride;
        OutBlock = (long)shape.Radix * shape.S * outStride;
        InStep = inStride;
        OutStep = outStride;
        Rows = shape.S;
        Width = (long)vectors * vectorLength;
        if (inStride == Width && outStride == Width)
        {
            Width *= shape.S;
            Rows = 1;
        }
    }
}
