using System.Numerics;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.Gemm;

namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>
/// The forward pass by chunks of Q steps (arXiv 2405.21060, sec. 6): with S = C Bᵀ, L the decays within the chunk and h the incoming state,
/// Y = (S ∘ L) (Δ X) + exp(s) ∘ (C h), and h′ = exp(s_end) h + Bᵀ (exp(s_end − s) ∘ Δ X).
/// </summary>
internal static unsafe class SsdChunkedCpu
{
    public static void Forward<T>(SsdTensors tensors, Tensor y, Tensor final)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var x = new SsdArrays<T>(tensors);
        using var scores = new ChunkScores<T>(x);
        T* output = y.Pointer<T>(), end = final.Pointer<T>();
        CpuTeam.For(x.Blocks, index => Run(x, x.Block(index), scores, output, end));
    }

    private static void Run<T>(SsdArrays<T> x, HeadBlock block, ChunkScores<T> scores, T* y, T* final)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var columns = block.Heads * x.HeadSize;
        using var scratch = new ChunkScratch<T>();
        using var decay = new ChunkDecay<T>(x);
        ChunkMatrix<T> state = scratch.Matrix(x.States, columns), steps = scratch.Matrix(x.Chunk, columns), result = scratch.Matrix(x.Chunk, columns);
        ChunkMatrix<T> own = scratch.Matrix(x.Chunk, x.Chunk), weights = scratch.Matrix(x.Chunk, x.Chunk);
        var hasState = x.Initial != null;
        if (hasState) HeadStates.Load(x, block, x.Initial, state);
        for (long chunk = 0; chunk < x.Chunks; chunk++)
        {
            var (start, count) = (chunk * x.Chunk, x.Steps(chunk));
            var ofGroup = scores.Of(block, chunk, own);
            if (hasState)
            {
                var c = x.C + x.AtB(block.Sequence, start, block.Group);
                Gemm.Multiply(false, false, count, columns, x.States, c, x.StrideOfB, state.First, state.Stride, result.First, result.Stride, accumulate: false);
            }

            for (var i = 0; i < block.Heads; i++)
            {
                decay.Read(block.Sequence, block.Head + i, start, count);
                HeadStates.LoadSteps(x, block, i, start, count, decay, steps);
                for (var t = 0; t < count; t++) decay.Weigh(t, Triangle.End(t, count), ofGroup.Row(t), weights.Row(t), null);
                ChunkMatrix<T> ofHead = steps.From(0, i * x.HeadSize), resultOfHead = result.From(0, i * x.HeadSize);
                if (hasState) HeadStates.ScaleSteps(x, i, decay.FromStart, count, result);
                Triangle.Multiply(weights, count, ofHead.First, ofHead.Stride, resultOfHead.First, resultOfHead.Stride, x.HeadSize, hasState);
                Write(x, block, i, start, count, resultOfHead, y);
                HeadStates.ScaleSteps(x, i, decay.ToEnd, count, steps);
                if (hasState) HeadStates.Decay(x, i, decay.Whole, state, state);
            }

            HeadStates.AddChunk(x, block, start, count, steps, state, hasState);
            hasState = true;
        }

        if (hasState) HeadStates.Store(x, block, state, final);
        else HeadStates.StoreZeros(x, block, final);
    }

    /// <summary>y = result + D̲ x for the steps of a head.</summary>
    private static void Write<T>(SsdArrays<T> x, HeadBlock block, int head, long start, int steps, ChunkMatrix<T> result, T* y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var skip = x.Skip == null ? T.Zero : x.Skip[block.Head + head];
        var at = x.AtX(block.Sequence, start, block.Head + head);
        for (var t = 0; t < steps; t++, at += x.StrideOfX) ChunkRows.Add(skip, x.X + at, result.Row(t), y + at, x.HeadSize);
    }
}
