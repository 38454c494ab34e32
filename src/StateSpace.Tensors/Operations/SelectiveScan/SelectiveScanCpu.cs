using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>
/// Channels across lanes; time in chunks whose Δ, Δu and sums stay in cache, and for each chunk a quad of states at a time in registers
/// (<see cref="ScanKernel{T}"/>).
/// </summary>
internal static unsafe class SelectiveScanCpu
{
    /// <summary>Steps of a chunk.</summary>
    public const long Chunk = 32;

    /// <summary>Shape of the states before each chunk: (B, blocks of channels, chunks, vectors, lanes).</summary>
    public static Shape BorderShape(ScanTensors x)
    {
        var (lanes, states) = (64 / x.Input.DType.Size(), x.ARe.Shape[1]);
        return [x.Input.Shape[0], (x.Input.Shape[2] + lanes - 1) / lanes, ChunksOf(x.Input.Shape[1]), new ScanQuads<float>(states, x.IsComplex).Vectors, lanes];
    }

    public static long ChunksOf(long length) => (length + Chunk - 1) / Chunk;

    /// <summary>The states of a block before a chunk.</summary>
    public static Span<T> Border<T>(T* borders, in ScanArrays<T> x, ScanGroup<T> group, int block, long chunk)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var size = x.Quads.Vectors * ScanGroup<T>.Lanes;
        var row = (group.Sequence * ScanGroup<T>.BlocksOf(x.Channels)) + group.FirstBlock + block;
        return new(borders + (((row * ChunksOf(x.Length)) + chunk) * size), checked((int)size));
    }

    /// <param name="operands">What to read.</param>
    /// <param name="y">(B, L, D).</param>
    /// <param name="finalRe">(B, D, N).</param>
    /// <param name="finalIm">Its imaginary part where complex.</param>
    /// <param name="borders">Where to keep the states before each chunk, or null.</param>
    public static void Forward<T>(ScanTensors operands, Tensor y, Tensor finalRe, Tensor? finalIm, Tensor? borders)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var x = new ScanArrays<T>(operands);
        var kernel = x.CreateKernel();
        T* output = y.Pointer<T>(), endRe = finalRe.Pointer<T>(), endIm = ScanArrays<T>.Pointer(finalIm), kept = ScanArrays<T>.Pointer(borders);
        if (borders is null && SelectiveScanStep.Serves(operands)) ScanGroup<T>.ForAll(x.Batch, x.Length, x.Channels, group => RunStep(x, kernel, group, output, endRe, endIm));
        else ScanGroup<T>.ForAll(x.Batch, x.Length, x.Channels, group => RunGroup(x, kernel, group, output, endRe, endIm, kept));
    }

    private static void RunGroup<T>(in ScanArrays<T> x, ScanKernel<T> kernel, ScanGroup<T> group, T* output, T* endRe, T* endIm, T* borders)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        long blocks = group.Blocks, vectors = x.Quads.Vectors, chunk = Math.Min(Chunk, Math.Max(1, x.Length)), w = ScanGroup<T>.Lanes;
        using var scratch = new VectorScratch<T>((blocks * ((5 * chunk) + (4 * vectors) + 3)) + (ScanQuads<T>.Size * chunk) + (2 * x.CoefficientVectors(group, chunk)));
        T* u = scratch.Take(blocks * chunk), delta = scratch.Take(blocks * chunk), input = scratch.Take(blocks * chunk), sum = scratch.Take(blocks * chunk);
        T* gate = scratch.Take(blocks * chunk), rates = scratch.Take(blocks * vectors), states = scratch.Take(blocks * vectors);
        T* b = scratch.Take(x.CoefficientVectors(group, chunk)), c = scratch.Take(x.CoefficientVectors(group, chunk));
        T* skips = scratch.Take(blocks), biases = scratch.Take(blocks), largestRates = scratch.Take(blocks), decays = scratch.Take(ScanQuads<T>.Size * chunk);
        for (var block = 0; block < blocks; block++)
        {
            var at = block * vectors * w;
            x.LoadRates(group, block, rates + at);
            x.LoadStates(group, block, x.InitialRe, x.InitialIm, states + at);
            if (!x.IsBPerStep) x.LoadParameters(group, block, x.BRe, x.BIm, b + at);
            if (!x.IsCPerStep) x.LoadParameters(group, block, x.CRe, x.CIm, c + at);
            Vector512.Store(group.LoadChannels(x.Skip, block), skips + (block * w));
            Vector512.Store(group.LoadChannels(x.DeltaBias, block), biases + (block * w));
            kernel.LargestMagnitudes(rates + at, vectors, largestRates + (block * w));
        }

        for (long start = 0; start < x.Length; start += chunk)
        {
            var steps = Math.Min(chunk, x.Length - start);
            var runs = x.Runs(group.Sequence, start, steps);
            group.LoadSteps(x.Input, start, steps, u, chunk);
            group.LoadSteps(x.Delta, start, steps, delta, chunk);
            if (x.Gate != null) group.LoadSteps(x.Gate, start, steps, gate, chunk);
            if (x.IsBPerStep) x.LoadSteps(group, start, steps, x.BRe, x.BIm, b, chunk);
            if (x.IsCPerStep) x.LoadSteps(group, start, steps, x.CRe, x.CIm, c, chunk);
            for (var block = 0; block < blocks; block++)
            {
                long at = block * chunk * w, parameters = block * vectors * w;
                if (borders != null) new Span<T>(states + parameters, (int)(vectors * w)).CopyTo(Border(borders, x, group, block, start / Chunk));
                var elements = new ScanElements<T>
                {
                    U = u + at,
                    Delta = delta + at,
                    Input = input + at,
                    Sum = sum + at,
                    Gate = x.Gate == null ? null : gate + at,
                    Skip = skips + (block * w),
                    Bias = biases + (block * w),
                };
                var isNormal = kernel.PrepareSteps(elements, steps, x.Softplus, largestRates + (block * w));
                new Span<T>(sum + at, (int)(steps * w)).Clear();
                var quad = new ScanQuad<T> { Delta = delta + at, Input = input + at, Sum = sum + at, Decays = decays };
                for (long i = 0; i < x.Quads.Count; i++)
                {
                    var skip = parameters + (i * ScanQuads<T>.Size * w);
                    quad.Rate = rates + skip;
                    quad.State = states + skip;
                    quad.B = x.IsBPerStep ? b + (i * ScanQuads<T>.Size * chunk) : b + skip;
                    quad.C = x.IsCPerStep ? c + (i * ScanQuads<T>.Size * chunk) : c + skip;
                    kernel.Forward(quad, runs, isNormal);
                    var (from, to) = (start + chunk + (i * chunk / x.Quads.Count), start + chunk + ((i + 1) * chunk / x.Quads.Count));
                    Prefetch(x, group, block, from, Math.Min(x.Length, to), output);
                }

                kernel.FinishForward(elements, steps, x.Scale);
                x.EndDecay(states + parameters);
            }

            group.StoreSteps(sum, chunk, output, start, steps);
        }

        for (var block = 0; block < blocks; block++) x.StoreStates(group, block, states + (block * vectors * w), endRe, endIm);
    }

    private static void RunStep<T>(in ScanArrays<T> x, ScanKernel<T> kernel, ScanGroup<T> group, T* output, T* endRe, T* endIm)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var scratch = new VectorScratch<T>(8);
        var elements = new ScanElements<T>
        {
            U = scratch.Take(1),
            Delta = scratch.Take(1),
            Input = scratch.Take(1),
            Sum = scratch.Take(1),
            Gate = x.Gate == null ? null : scratch.Take(1),
            Skip = scratch.Take(1),
            Bias = scratch.Take(1),
        };

        // A single step runs the code for any exponent.
        var rates = scratch.Take(1);
        Vector512.Store(Vector512<T>.Zero, rates);
        var isReset = x.Resets != null && x.Resets[group.Sequence] != 0;
        long ofStep = group.Sequence * x.States;
        for (var block = 0; block < group.Blocks; block++)
        {
            long at = group.Offset(block, 0), ofParameters = group.Channel(block) * x.States, ofState = x.StateOffset(group, block);
            var count = group.Count(block);
            Vector512.Store(Cpu.Lanes.Load(x.Input + at, count), elements.U);
            Vector512.Store(Cpu.Lanes.Load(x.Delta + at, count), elements.Delta);
            if (x.Gate != null) Vector512.Store(Cpu.Lanes.Load(x.Gate + at, count), elements.Gate);
            Vector512.Store(group.LoadChannels(x.Skip, block), elements.Skip);
            Vector512.Store(group.LoadChannels(x.DeltaBias, block), elements.Bias);
            Vector512.Store(Vector512<T>.Zero, elements.Sum);
            kernel.PrepareSteps(elements, 1, x.Softplus, rates);
            var rows = new ScanRows<T>
            {
                ARe = x.ARe + ofParameters,
                AIm = x.AIm == null ? null : x.AIm + ofParameters,
                BRe = x.BRe + ofStep,
                BIm = x.BIm == null ? null : x.BIm + ofStep,
                CRe = x.CRe + ofStep,
                CIm = x.CIm == null ? null : x.CIm + ofStep,
                InitialRe = x.InitialRe == null || isReset ? null : x.InitialRe + ofState,
                InitialIm = x.InitialIm == null || isReset ? null : x.InitialIm + ofState,
                FinalRe = endRe + ofState,
                FinalIm = endIm == null ? null : endIm + ofState,
                States = x.States,
            };
            SelectiveScanStep.Run(rows, count, elements.Delta, elements.Input, elements.Sum);
            kernel.FinishForward(elements, 1, x.Scale);
            Cpu.Lanes.Store(Vector512.Load(elements.Sum), output + at, count);
        }
    }

    /// <summary>A quad's share of what a block meets in the next chunk.</summary>
    private static void Prefetch<T>(in ScanArrays<T> x, ScanGroup<T> group, int block, long start, long end, T* output)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        group.PrefetchSteps(x.Input, block, start, end);
        group.PrefetchSteps(x.Delta, block, start, end);
        group.PrefetchSteps(x.Gate, block, start, end);
        group.PrefetchSteps(output, block, start, end);
    }
}
