using System.Numerics;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.Gemm;

namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>
/// States of a block of heads as the products want them: (N, heads·P), the transpose of (P, N) of each head side by side, so that C·h and
/// Bᵀ·x are single products for all heads.
/// </summary>
internal static unsafe class HeadStates
{
    /// <summary>From (B, H, P, N).</summary>
    public static void Load<T>(SsdArrays<T> x, HeadBlock block, T* states, ChunkMatrix<T> target)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (var i = 0; i < block.Heads; i++)
            Transpose(states + x.AtState(block.Sequence, block.Head + i), x.States, target.First + (i * x.HeadSize), target.Stride, x.States, x.HeadSize);
    }

    /// <summary>To (B, H, P, N).</summary>
    public static void Store<T>(SsdArrays<T> x, HeadBlock block, ChunkMatrix<T> source, T* states)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (var i = 0; i < block.Heads; i++)
            Transpose(source.First + (i * x.HeadSize), source.Stride, states + x.AtState(block.Sequence, block.Head + i), x.States, x.HeadSize, x.States);
    }

    /// <summary>Zeros to (B, H, P, N).</summary>
    public static void StoreZeros<T>(SsdArrays<T> x, HeadBlock block, T* states)
        where T : unmanaged, IFloatingPointIeee754<T> =>
        new Span<T>(states + x.AtState(block.Sequence, block.Head), checked(block.Heads * x.HeadSize * x.States)).Clear();

    /// <summary>A row of Δ x for each step of a head.</summary>
    public static void LoadSteps<T>(SsdArrays<T> x, HeadBlock block, int head, long start, int steps, ChunkDecay<T> decay, ChunkMatrix<T> target)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var from = x.X + x.AtX(block.Sequence, start, block.Head + head);
        for (var t = 0; t < steps; t++) ChunkRows.Scale(decay.Delta[t], from + (t * x.StrideOfX), target.Row(t) + (head * x.HeadSize), x.HeadSize);
    }

    /// <summary>Scales the columns of a head in each step's row.</summary>
    public static void ScaleSteps<T>(SsdArrays<T> x, int head, T* factors, int steps, ChunkMatrix<T> rows)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (var t = 0; t < steps; t++)
        {
            var row = rows.Row(t) + (head * x.HeadSize);
            ChunkRows.Scale(factors[t], row, row, x.HeadSize);
        }
    }

    /// <summary>state = Bᵀ·rows, or += where <paramref name="accumulate"/>: the step from chunk to chunk.</summary>
    public static void AddChunk<T>(SsdArrays<T> x, HeadBlock block, long start, int steps, ChunkMatrix<T> rows, ChunkMatrix<T> state, bool accumulate)
        where T : unmanaged, IFloatingPointIeee754<T> =>
        Gemm.Multiply(
            true, false, x.States, block.Heads * x.HeadSize, steps, x.B + x.AtB(block.Sequence, start, block.Group), x.StrideOfB, rows.First, rows.Stride,
            state.First, state.Stride, accumulate);

    /// <summary>Lets a head's columns of a state decay over a chunk; the target may be the same.</summary>
    public static void Decay<T>(SsdArrays<T> x, int head, T whole, ChunkMatrix<T> state, ChunkMatrix<T> target)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (whole == T.One && state.First == target.First) return;
        for (long n = 0; n < x.States; n++) ChunkRows.Decay(whole, state.Row(n) + (head * x.HeadSize), target.Row(n) + (head * x.HeadSize), x.HeadSize);
    }

    private static void Transpose<T>(T* source, long sourceStride, T* target, long targetStride, long width, long length)
        where T : unmanaged
    {
        for (long i = 0; i < width; i += TileTranspose.Strip)
            TileTranspose.Run(source + i, sourceStride, target + (i * targetStride), targetStride, (int)Math.Min(TileTranspose.Strip, width - i), length);
    }
}
