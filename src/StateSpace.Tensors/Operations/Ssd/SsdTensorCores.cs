using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>Launches of the BFloat16 form on tensor cores: SsdForward.cu, SsdStates.cu, SsdStepGradient.cu and SsdGroupGradient.cu.</summary>
internal static class SsdTensorCores
{
    // Of ssd_chunk.cuh and the kernels.
    private const int Steps = 128;
    private const int Tile = 64;
    private const int Piece = 64;
    private const int Stages = 2;
    private const int Threads = 256;
    private const int GradientThreads = 512;
    private const int GradientWarps = 16;
    private const int DeltaThreads = 128;
    private const int Warp = 32;
    private const int Padding = 8;
    private const int Triangle = Steps / 16 * ((Steps / 16) + 1) / 2;
    private const int Pair = 256;

    /// <summary>Whether types, sizes, addresses and device are such as the kernels take.</summary>
    public static bool Fit(SsdTensors t)
    {
        var (size, states) = (t.X.Shape[3], t.B.Shape[3]);
        if (t.X.DType != DType.BFloat16 || t.X.Count == 0) return false;
        if (size is not (32 or 64 or 128) || states is not (32 or 64 or 96 or 128) || (size < Tile && states % Tile != 0)) return false;
        if (!IsAligned(t.X) || !IsAligned(t.B) || !IsAligned(t.C) || (t.Initial is not null && !IsAligned(t.Initial))) return false;
        var device = CudaDevice.Of(t.X.Device);
        return device.Capability >= 80 && device.SharedMemoryPerBlock >= Math.Max(StepBytes((int)size, (int)states), GroupBytes((int)size, (int)states));
    }

    public static void Forward(SsdTensors t, Tensor y, Tensor final)
    {
        var (batch, length, heads, size, groups, states) = SsdCuda.Sizes(t);
        var tiles = Grid.Cover(size, Tile);
        var (segments, chunksPerSegment) = Segments(t, batch * heads * tiles);
        using var starts = segments == 1 ? null : Tensor.Empty([batch, segments, heads, size, states], DType.Float32, t.X.Device);
        if (starts is not null)
        {
            using var wholes = Tensor.Empty([batch, segments, heads], DType.Float32, t.X.Device);
            Sweep(t, null, new(null, null, starts), default, wholes, segments, chunksPerSegment);
            Join(t, starts, wholes, t.Initial, null, reverse: false);
        }

        var chunks = Grid.Cover(length, Steps);
        using var scores = Tensor.Empty([batch * chunks, groups, Triangle, Pair], DType.Float32, t.X.Device);
        CudaKernel.For(t.X, "SsdForward", "ssd_scores", Defines(t)).Launch(
            (batch * chunks, groups), Threads, [t.B, t.C, scores, length, groups], 2 * 2 * Steps * ((int)states + Padding));
        CudaKernel.For(t.X, "SsdForward", "ssd_forward", Defines(t)).Launch(
            batch * segments * heads * tiles,
            Threads,
            [
                t.X, t.Delta, t.A, t.B, t.C, t.Skip, starts ?? t.Initial, t.Resets, scores, y, final, length, heads, groups, segments, chunksPerSegment,
            ],
            ForwardBytes((int)size, (int)states));
    }

    public static SsdGradients Backward(SsdTensors t, Tensor gradient, Tensor? finalGradient)
    {
        using var alignedGradient = IsAligned(gradient) ? null : gradient.Clone();
        using var alignedFinal = finalGradient is null || IsAligned(finalGradient) ? null : finalGradient.Clone();
        return BackwardAligned(t, alignedGradient ?? gradient, alignedFinal ?? finalGradient);
    }

    private static SsdGradients BackwardAligned(SsdTensors t, Tensor gradient, Tensor? finalGradient)
    {
        var (batch, length, heads, size, groups, states) = SsdCuda.Sizes(t);
        var device = t.X.Device;
        long chunks = Grid.Cover(length, Steps), rows = batch * chunks;
        var (splits, headsPerSplit) = SsdCuda.Split(t, rows);
        Tensor Real(params long[] sizes) => Tensor.Empty(sizes, DType.Float32, device);
        SsdGradients gradients = new(
            t.X.EmptyLike(), t.Delta?.EmptyLike(), t.A?.EmptyLike(), t.B.EmptyLike(), t.C.EmptyLike(), t.Skip?.EmptyLike(), t.Initial?.EmptyLike());

        using Tensor before = Tensor.Empty([batch, chunks, heads, size, states], DType.BFloat16, device), behind = before.EmptyLike();
        States(t, gradient, finalGradient, before, behind, gradients.Initial);

        using var ofScores = Tensor.Empty([splits, groups, rows, Steps, Steps], DType.BFloat16, device);
        using Tensor across = Real(batch, heads, chunks * Steps), outgoing = across.EmptyLike(), ofStep = across.EmptyLike();
        using Tensor ofA = Real(rows, heads), ofSkip = Real(rows, heads);
        CudaKernel.For(t.X, "SsdStepGradient", "ssd_step_gradient", Defines(t)).Launch(
            (rows, groups, splits),
            GradientThreads,
            [
                t.X, gradient, t.Delta, t.A, t.B, t.C, t.Skip, t.Resets, behind, gradients.X, ofScores, across, outgoing, ofStep, ofSkip, length, heads, groups,
                headsPerSplit,
            ],
            StepBytes((int)size, (int)states));

        using var partsOfB = splits == 1 ? null : Real(splits, batch, length, groups, states);
        using var partsOfC = partsOfB?.EmptyLike();
        using Tensor incoming = Real(batch, heads, chunks, 2, Steps), between = Real(batch, heads, chunks, GradientWarps);
        string[] groupDefines = [.. Defines(t), splits == 1 ? "GRADIENT=bf16" : "GRADIENT=float"];
        CudaKernel.For(t.X, "SsdGroupGradient", "ssd_group_gradient", groupDefines).Launch(
            (rows, groups, splits),
            GradientThreads,
            [
                t.X, gradient, t.Delta, t.A, t.B, t.C, t.Resets, before, behind, ofScores, incoming, between, partsOfB ?? gradients.B, partsOfC ?? gradients.C,
                length, batch, heads, groups, headsPerSplit,
            ],
            GroupBytes((int)size, (int)states));
        if (gradients.Delta is not null)
        {
            CudaKernel.For(t.X, "SsdGroupGradient", "ssd_delta_gradient", groupDefines).Launch(
                Grid.Cover(rows * heads, DeltaThreads / Warp),
                DeltaThreads,
                t.Delta, t.A, t.Resets, across, outgoing, ofStep, incoming, between, gradients.Delta, ofA, length, batch, heads);
        }

        if (partsOfB is not null) SsdCuda.Sum(partsOfB, DType.BFloat16, gradients.B);
        if (partsOfC is not null) SsdCuda.Sum(partsOfC, DType.BFloat16, gradients.C);
        if (gradients.A is not null) SsdCuda.Sum(ofA, DType.BFloat16, gradients.A);
        if (gradients.Skip is not null) SsdCuda.Sum(ofSkip, DType.BFloat16, gradients.Skip);
        return gradients;
    }

    /// <summary>The states before each chunk, the gradients of those behind, and that of the first state.</summary>
    private static void States(SsdTensors t, Tensor gradient, Tensor? finalGradient, Tensor before, Tensor behind, Tensor? ofInitial)
    {
        var (batch, _, heads, size, _, states) = SsdCuda.Sizes(t);
        var (segments, chunksPerSegment) = Segments(t, 2 * batch * heads * Grid.Cover(size, Tile));
        if (segments == 1)
        {
            Sweep(t, gradient, new(t.Initial, before, null), new(finalGradient, behind, ofInitial), null, segments, chunksPerSegment);
            return;
        }

        using Tensor starts = Tensor.Empty([batch, segments, heads, size, states], DType.Float32, t.X.Device), startsBehind = starts.EmptyLike();
        using var wholes = Tensor.Empty([batch, segments, heads], DType.Float32, t.X.Device);
        Sweep(t, gradient, new(null, null, starts), new(null, null, startsBehind), wholes, segments, chunksPerSegment);
        Join(t, starts, wholes, t.Initial, null, reverse: false);
        Join(t, startsBehind, wholes, finalGradient, ofInitial, reverse: true);
        Sweep(t, gradient, new(starts, before, null), new(startsBehind, behind, null), null, segments, chunksPerSegment);
    }

    private static void Sweep(SsdTensors t, Tensor? gradient, Way forward, Way backward, Tensor? wholes, long segments, long chunksPerSegment)
    {
        var (batch, length, heads, size, groups, states) = SsdCuda.Sizes(t);
        CudaKernel.For(t.X, "SsdStates", "ssd_states", Defines(t)).Launch(
            (gradient is null ? 1 : 2) * batch * segments * heads * Grid.Cover(size, Tile),
            Threads,
            [
                t.X, gradient, t.B, t.C, t.Delta, t.A, t.Resets, forward.Starts, backward.Starts, forward.States, backward.States, forward.Ends, backward.Ends,
                wholes, length, batch, heads, groups, segments, chunksPerSegment,
            ],
            StatesBytes((int)size, (int)states));
    }

    private static void Join(SsdTensors t, Tensor ends, Tensor wholes, Tensor? start, Tensor? end, bool reverse)
    {
        var (batch, _, heads, size, _, states) = SsdCuda.Sizes(t);
        CudaKernel.For(t.X, "SsdStates", "ssd_join", Defines(t)).Launch(
            (Grid.Cover(size * states, Threads), heads, batch), Threads, ends, wholes, start, end, size * states, heads, ends.Shape[1], reverse ? 1 : 0);
    }

    /// <summary>Whether 16 bytes at a time can be read: a view may begin anywhere.</summary>
    private static bool IsAligned(Tensor tensor) => (tensor.Address() & 15) == 0;

    /// <summary>Into how many parts time is cut, so that the device has enough blocks: one and a half for each multiprocessor, as measured.</summary>
    private static (long Segments, long ChunksPerSegment) Segments(SsdTensors t, long blocks)
    {
        var chunks = Grid.Cover(t.X.Shape[1], Steps);
        var wanted = Math.Clamp(3 * CudaDevice.Of(t.X.Device).Multiprocessors / 2 / blocks, 1, chunks);
        var chunksPerSegment = Grid.Cover(chunks, wanted);
        return (Grid.Cover(chunks, chunksPerSegment), chunksPerSegment);
    }

    private static string[] Defines(SsdTensors t)
    {
        string size = $"SIZE={t.X.Shape[3]}", states = $"STATES={t.B.Shape[3]}";
        return [size, states, t.Resets is null ? "RESETS=0" : "RESETS=1"];
    }

    // Shared memory, as the kernels' structures lay it out.
    private static int ForwardBytes(int size, int states)
    {
        int tile = Math.Min(size, Tile), x = tile + Padding, n = states + Padding;
        return Rounded(2 * ((Steps * (x + n + n)) + (tile * n))) + (2 * DecayBytes);
    }

    private static int StatesBytes(int size, int states)
    {
        int tile = Math.Min(size, Tile), x = tile + Padding, n = states + Padding;
        return Rounded(2 * Stages * Piece * (x + n)) + (2 * DecayBytes);
    }

    private static int StepBytes(int size, int states)
    {
        int buffers = size > Tile ? 1 : 2, x = size + Padding, n = states + Padding, square = Steps + Padding, parts = (2 * (Steps / 16)) + 6;
        return Rounded(2 * ((Steps * (n + Math.Max(n, square))) + (buffers * ((2 * Steps * x) + (size * n))))) + (2 * DecayBytes) + (2 * sizeof(float) * Steps * parts);
    }

    private static int GroupBytes(int size, int states)
    {
        int buffers = size > Tile ? 1 : 2, x = size + Padding, n = states + Padding, square = Steps + Padding;
        return Rounded(2 * Steps * n) + Rounded(2 * Math.Max(buffers * 2 * ((Steps * x) + (size * n)), Steps * (n + square))) + (2 * DecayBytes);
    }

    private static int DecayBytes => Rounded((7 * sizeof(float) * Steps) + sizeof(float));

    private static int Rounded(int bytes) => (bytes + 15) / 16 * 16;

    /// <summary>What a sweep of the states starts from, and gives, where not null.</summary>
    /// <param name="Starts">States before each segment, zeros where null.</param>
    /// <param name="States">States ahead of each chunk on the way.</param>
    /// <param name="Ends">States behind each segment.</param>
    private readonly record struct Way(Tensor? Starts, Tensor? States, Tensor? Ends);
}
