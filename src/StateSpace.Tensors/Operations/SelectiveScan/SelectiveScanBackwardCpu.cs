using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>
/// Chunk by chunk from the last, a quad of states at a time: the states of the chunk are computed again from those before it into the L1 cache,
/// and the adjoint runs back over them. ∂B and ∂C of a step are summed over a group's blocks lane by lane, then over the lanes; the sums of the groups
/// are added in order at the end.
/// </summary>
internal static unsafe class SelectiveScanBackwardCpu
{
    private const long Chunk = SelectiveScanCpu.Chunk;
    private const int Size = 4;

    public static void Run<T>(ScanTensors operands, Tensor borders, Tensor yGradient, Tensor? finalGradientRe, Tensor? finalGradientIm, ScanGradients gradients)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var x = new ScanArrays<T>(operands);
        var kernel = x.CreateKernel();
        Shape partial = [ScanGroup<T>.GroupsOf(x.Batch, x.Channels), x.Batch, x.Length, x.Quads.Vectors];
        using var bPartial = x.IsBPerStep ? Tensor.Empty(partial, operands.Input.DType) : null;
        using var cPartial = x.IsCPerStep ? Tensor.Empty(partial, operands.Input.DType) : null;
        var to = new GradientArrays<T>(gradients, bPartial, cPartial);
        T* border = borders.Pointer<T>(), upstream = yGradient.Pointer<T>();
        T* endRe = ScanArrays<T>.Pointer(finalGradientRe), endIm = ScanArrays<T>.Pointer(finalGradientIm);
        ScanGroup<T>.ForAll(x.Batch, x.Length, x.Channels, group => RunGroup(x, kernel, group, border, upstream, endRe, endIm, to));
        if (bPartial is not null) SumGroups(x, to.BPartial, partial[0], to.BRe, to.BIm);
        if (cPartial is not null) SumGroups(x, to.CPartial, partial[0], to.CRe, to.CIm);
    }

    private static void RunGroup<T>(
        in ScanArrays<T> x, ScanKernel<T> kernel, ScanGroup<T> group, T* borders, T* upstream, T* endRe, T* endIm, GradientArrays<T> to)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var work = new BackwardScratch<T>(x, group);
        for (var block = 0; block < group.Blocks; block++) work.LoadBlock(x, kernel, group, block, endRe, endIm);
        var isNormal = stackalloc bool[group.Blocks];
        for (var chunk = SelectiveScanCpu.ChunksOf(x.Length) - 1; chunk >= 0; chunk--)
        {
            var (start, steps) = (chunk * Chunk, Math.Min(Chunk, x.Length - (chunk * Chunk)));
            var runs = x.Runs(group.Sequence, start, steps);
            work.LoadChunk(x, group, start, steps, upstream);
            for (var block = 0; block < group.Blocks; block++)
            {
                isNormal[block] = work.PrepareBlock(x, kernel, block, steps);
                SelectiveScanCpu.Border(borders, x, group, block, chunk).CopyTo(new(work.State(block), checked((int)work.RowSize)));
            }

            for (long quad = 0; quad < x.Quads.Count; quad++)
            {
                work.ClearSums(steps);
                for (var block = 0; block < group.Blocks; block++)
                {
                    kernel.Backward(work.Quad(x, block, quad), runs, isNormal[block]);
                    if (chunk > 0) Prefetch(x, group, block, start - Chunk + (quad * Chunk / x.Quads.Count), start - Chunk + ((quad + 1) * Chunk / x.Quads.Count), upstream, to);
                }

                StoreSums(kernel, x, group, work.BSums, start, steps, quad, to.BPartial);
                StoreSums(kernel, x, group, work.CSums, start, steps, quad, to.CPartial);
            }

            for (var block = 0; block < group.Blocks; block++)
            {
                x.EndDecay(work.Adjoint(block));
                kernel.FinishBackward(work.Elements(x, block), steps, x.Scale);
            }

            group.StoreSteps(work.InputSum, Chunk, to.Input, start, steps);
            group.StoreSteps(work.DecaySum, Chunk, to.Delta, start, steps);
            if (to.Gate != null) group.StoreSteps(work.Gate, Chunk, to.Gate, start, steps);
        }

        for (var block = 0; block < group.Blocks; block++) work.StoreBlock(x, group, block, to);
    }

    /// <summary>A quad's share of what a block meets in the next chunk.</summary>
    private static void Prefetch<T>(in ScanArrays<T> x, ScanGroup<T> group, int block, long start, long end, T* upstream, in GradientArrays<T> to)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        group.PrefetchSteps(x.Input, block, start, end);
        group.PrefetchSteps(x.Delta, block, start, end);
        group.PrefetchSteps(x.Gate, block, start, end);
        group.PrefetchSteps(upstream, block, start, end);
        group.PrefetchSteps(to.Input, block, start, end);
        group.PrefetchSteps(to.Delta, block, start, end);
        group.PrefetchSteps(to.Gate, block, start, end);
    }

    /// <summary>A group's share of ∂B or ∂C of a quad, to (groups, B, L, vectors).</summary>
    private static void StoreSums<T>(ScanKernel<T> kernel, in ScanArrays<T> x, ScanGroup<T> group, T* sums, long start, long steps, long quad, T* partial)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (partial == null) return;
        var reduced = stackalloc T[(int)Chunk * Size];
        kernel.SumLanes(sums, steps * Size, reduced);
        var to = partial + (((((group.Index * x.Batch) + group.Sequence) * x.Length) + start) * x.Quads.Vectors) + (quad * Size);
        for (long t = 0; t < steps; t++, to += x.Quads.Vectors)
        {
            for (var i = 0; i < Size; i++) to[i] = reduced[(t * Size) + i];
        }
    }

    /// <summary>The groups' shares, added in order, to (B, L, N).</summary>
    private static void SumGroups<T>(ScanArrays<T> x, T* partial, long groups, T* re, T* im)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        const long Block = 256;
        var (rows, vectors) = (x.Batch * x.Length, x.Quads.Vectors);
        CpuTeam.ForBlocks(rows, Block, (start, end) =>
        {
            using var scratch = new VectorScratch<T>((vectors / Vector512<T>.Count) + 1);
            var sum = scratch.Take((vectors / Vector512<T>.Count) + 1);
            for (var row = start; row < end; row++)
            {
                for (long i = 0; i < vectors; i++) sum[i] = partial[(row * vectors) + i];
                for (long group = 1; group < groups; group++)
                {
                    var from = partial + (((group * rows) + row) * vectors);
                    for (long i = 0; i < vectors; i++) sum[i] += from[i];
                }

                for (long n = 0; n < x.States; n++)
                {
                    re[(row * x.States) + n] = sum[x.Quads.Vector(n, 0)];
                    if (im != null) im[(row * x.States) + n] = sum[x.Quads.Vector(n, 1)];
                }
            }
        });
    }
}
