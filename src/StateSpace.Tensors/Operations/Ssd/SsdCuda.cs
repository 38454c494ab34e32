using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>The forms for NVIDIA GPUs: chunks on tensor cores where sizes allow, else step by step, with the gradient by chunks in plain arithmetic.</summary>
internal static class SsdCuda
{
    /// <summary>Up to this many steps, such as in decoding, the recurrence is faster than a chunk.</summary>
    private const long LongestRecurrence = 16;

    // Of SsdRecurrent.cu and SsdChunkGradient.cu.
    private const int Rows = 4;
    private const int Warps = 4;
    private const int Warp = 32;
    private const int Steps = 64;
    private const int Threads = 256;

    public static void Forward(SsdTensors tensors, Tensor y, Tensor final)
    {
        if (tensors.X.Shape.Without(1).Count == 0) return;
        if (tensors.X.Shape[1] > LongestRecurrence && SsdTensorCores.Fit(tensors)) SsdTensorCores.Forward(tensors, y, final);
        else Recurrent(tensors, y, final);
    }

    /// <summary>Gradients in the types of what they belong to; those of inputs that are null are null.</summary>
    public static SsdGradients Backward(SsdTensors tensors, Tensor gradient, Tensor? finalGradient) =>
        SsdTensorCores.Fit(tensors) ? SsdTensorCores.Backward(tensors, gradient, finalGradient) : Chunked(tensors, gradient, finalGradient);

    /// <summary>Sums over the first axis in a fixed order, from the arithmetic type to that of the result.</summary>
    /// <param name="parts">(K, …), of <see cref="DTypes.Accurate"/> of <paramref name="activations"/>.</param>
    /// <param name="activations">The activations' type.</param>
    /// <param name="result">Of that type or of the parts'.</param>
    public static Tensor Sum(Tensor parts, DType activations, Tensor result)
    {
        if (result.Count == 0) return result;
        var (count, width) = (parts.Shape[0], result.Count);
        var lanes = count >= Warp ? Warp : count >= Rows ? Rows : 1;
        CudaKernel.For(parts.Device, activations, "SsdRecurrent", result.DType == activations ? "ssd_sum" : "ssd_sum_accurate", "LANE_STATES=1")
            .Launch(Grid.Cover(width, Threads / lanes), Threads, parts, result, count, width, lanes);
        return result;
    }

    private static void Recurrent(SsdTensors t, Tensor y, Tensor final)
    {
        var (batch, length, heads, size, groups, states) = Sizes(t);
        CudaKernel.For(t.X, "SsdRecurrent", "ssd_recurrent", LaneStates(states)).Launch(
            (Grid.Cover(size, Rows * Warps), heads, batch),
            Warps * Warp,
            t.X, t.Delta, t.A, t.B, t.C, t.Skip, t.Initial, t.Resets, y, final, length, heads, groups, size, states);
    }

    private static SsdGradients Chunked(SsdTensors t, Tensor gradient, Tensor? finalGradient)
    {
        var (batch, length, heads, size, groups, states) = Sizes(t);
        var (type, accurate, device) = (t.X.DType, t.X.DType.Accurate(), t.X.Device);
        long chunks = Grid.Cover(length, Steps), headsPerGroup = heads / Math.Max(1, groups);
        var (splits, headsPerSplit) = Split(t, batch * chunks);
        Tensor Real(params long[] sizes) => Tensor.Empty(sizes, accurate, device);

        using Tensor before = Real(batch, chunks, heads, size, states), behind = Real(batch, chunks, heads, size, states);
        using Tensor ofA = Real(batch * chunks, heads), ofSkip = Real(batch * chunks, heads);
        using Tensor ofB = Real(splits, batch, length, groups, states), ofC = ofB.EmptyLike();
        SsdGradients gradients = new(
            t.X.EmptyLike(), t.Delta?.EmptyLike(), t.A?.EmptyLike(), t.B.EmptyLike(), t.C.EmptyLike(), t.Skip?.EmptyLike(), t.Initial?.EmptyLike());
        if (batch * heads * size > 0)
        {
            CudaKernel.For(t.X, "SsdRecurrent", "ssd_recurrent_states", LaneStates(states)).Launch(
                (Grid.Cover(size, Rows * Warps), heads, 2 * batch),
                Warps * Warp,
                t.X, gradient, t.Delta, t.A, t.B, t.C, t.Initial, finalGradient, t.Resets, before, behind, gradients.Initial, length, batch, heads, groups, size,
                states, Steps);
        }

        if (batch * chunks * heads > 0)
        {
            CudaKernel.For(t.X, "SsdChunkGradient", "ssd_chunk_gradient").Launch(
                (batch * chunks, groups, splits),
                Threads,
                [
                    t.X, gradient, t.Delta, t.A, t.B, t.C, t.Skip, t.Resets, before, behind, gradients.X, gradients.Delta, ofA, ofSkip, ofB, ofC, length, batch,
                    heads, groups, size, states, headsPerSplit,
                ],
                SharedBytes(accurate.Size()));
        }
        else
        {
            ofB.Clear();
            ofC.Clear();
        }

        Sum(ofB, type, gradients.B);
        Sum(ofC, type, gradients.C);
        if (gradients.A is not null) Sum(ofA, type, gradients.A);
        if (gradients.Skip is not null) Sum(ofSkip, type, gradients.Skip);
        return gradients;
    }

    /// <summary>Into how many blocks the heads of a group are dealt out, so that the device has enough of them.</summary>
    public static (long Splits, long HeadsPerSplit) Split(SsdTensors t, long rows)
    {
        var (_, _, heads, _, groups, _) = Sizes(t);
        long headsPerGroup = Math.Max(1, heads / Math.Max(1, groups)), blocks = Math.Max(1, rows * groups);
        var wanted = Math.Clamp(CudaDevice.Of(t.X.Device).Multiprocessors / blocks, 1, headsPerGroup);
        var headsPerSplit = Grid.Cover(headsPerGroup, wanted);
        return (Grid.Cover(headsPerGroup, headsPerSplit), headsPerSplit);
    }

    public static (long Batch, long Length, long Heads, long Size, long Groups, long States) Sizes(SsdTensors t) =>
        (t.X.Shape[0], t.X.Shape[1], t.X.Shape[2], t.X.Shape[3], t.B.Shape[2], t.B.Shape[3]);

    private static string LaneStates(long states) => $"LANE_STATES={Math.Max(1, Grid.Cover(states, Warp))}";

    private static int SharedBytes(int element)
    {
        // GradientShared: sums in double, two panels of 16, four squares, eight vectors, counts, one number.
        const int Panels = 2 * 16 * (Steps + 4), Squares = 4 * Steps * (Steps + 1), Vectors = 8 * Steps;
        return (8 * Steps) + (element * (Panels + Squares + Vectors + 2)) + (4 * Steps) + 16;
    }
}
