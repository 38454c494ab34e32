namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>Where in a chunk the state is taken as zero: runs of steps between resets.</summary>
internal unsafe struct ScanRuns
{
    /// <summary>First step of each run, and after the last one the number of steps.</summary>
    public fixed int Starts[(int)SelectiveScanCpu.Chunk + 1];

    public int Count;

    /// <summary>Whether the first run begins with a reset; the others do.</summary>
    public bool FirstResets;

    /// <param name="resets">The chunk's part of (B, L), or null.</param>
    /// <param name="steps">Steps of the chunk, at least 1.</param>
    public ScanRuns(int* resets, long steps)
    {
        FirstResets = resets != null && resets[0] != 0;
        Count = 1;
        for (var t = 1; resets != null && t < steps; t++)
        {
            if (resets[t] != 0) Starts[Count++] = t;
        }

        Starts[Count] = (int)steps;
    }

    public readonly bool IsReset(int run) => run > 0 || FirstResets;
}
