using System.Numerics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>
/// S = C Bᵀ of every chunk, which all heads of a group share. Where a group has one block of heads, that block computes it when needed; else
/// all are computed ahead, L·Q numbers for each group of a sequence.
/// </summary>
internal sealed unsafe class ChunkScores<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly SsdArrays<T> _x;
    private readonly ChunkScratch<T> _scratch = new();
    private readonly ChunkMatrix<T> _all;
    private readonly bool _ahead;

    public ChunkScores(SsdArrays<T> x)
    {
        _x = x;
        _ahead = x.BlocksPerGroup > 1;
        if (!_ahead) return;
        var count = x.Batch * x.Groups * x.Chunks;
        _all = _scratch.Matrix(count * x.Chunk, x.Chunk);
        CpuTeam.For(checked((int)count), index =>
        {
            var (rest, chunk) = Math.DivRem(index, x.Chunks);
            var (sequence, group) = Math.DivRem(rest, x.Groups);
            Compute(sequence, group, chunk, Ahead(sequence, group, chunk));
        });
    }

    /// <summary>S of a chunk, up to the ends of the strips of <see cref="Triangle"/>.</summary>
    /// <param name="block">Whose group it is.</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="own">(Q, Q) of the caller, which may receive it.</param>
    public ChunkMatrix<T> Of(HeadBlock block, long chunk, ChunkMatrix<T> own)
    {
        if (_ahead) return Ahead(block.Sequence, block.Group, chunk);
        Compute(block.Sequence, block.Group, chunk, own);
        return own;
    }

    public void Dispose() => _scratch.Dispose();

    private ChunkMatrix<T> Ahead(long sequence, long group, long chunk) =>
        _all.From(((((sequence * _x.Groups) + group) * _x.Chunks) + chunk) * _x.Chunk, 0);

    private void Compute(long sequence, long group, long chunk, ChunkMatrix<T> target)
    {
        var at = _x.AtB(sequence, chunk * _x.Chunk, group);
        Triangle.Outer(_x.C + at, _x.StrideOfB, _x.B + at, _x.StrideOfB, _x.States, target, _x.Steps(chunk));
    }
}
