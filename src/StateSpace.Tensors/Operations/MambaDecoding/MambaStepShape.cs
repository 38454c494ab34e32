using System.Globalization;
using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.MambaDecoding;

/// <summary>How the kernel for one sequence divides a model among the GPU's blocks; the names are those of <c>MambaStep.cu</c>.</summary>
internal sealed record MambaStepShape(DType Storage, int Blocks, int Threads, int Split, int Depth, int LayerPacks, int SmallPacks, int InputPacks, int OutputPacks, int Wide, int Part, int HeadRounds, int SharedBytes)
{
    public const int PackBytes = 16;

    private const int Warp = 32;
    private const int DeepestRing = 16;
    private const int ShallowestRing = 6;

    // A thread holds a row of weights for each of two products in registers.
    private const int WidestRow = 12;

    private static readonly int[] Splits = [1, 2, 3, 4, 6, 8];

    /// <summary>The best division, or null where the kernel does not serve these sizes or this device.</summary>
    public static MambaStepShape? TryFind(MambaWeights weights, DType storage, CudaDevice device)
    {
        int width = weights.Width, inner = weights.Inner;
        if (device.Capability < 90 || width % 2 != 0 || inner % 2 != 0 || weights.States > Warp || weights.Taps is < 2 or > 16) return null;
        // As few channels to a block as the device allows, then as few blocks.
        var channels = Cover(inner, device.Multiprocessors);
        var blocks = Cover(inner, channels);
        var warps = Math.Max(4, Cover(channels, Cover(channels, 14)));
        var (threads, span) = (warps * Warp, Warp * (PackBytes / storage.Size()));
        var (wide, outputs) = (Cover(width, span), Cover(width, blocks));
        if (wide > WidestRow) return null;
        var split = Splits.MinBy(count => Cover(outputs * count, warps) * Cover(inner, span * count));
        var (part, units) = (Cover(inner, span * split), Cover(outputs * split, warps));
        var small = width + (channels * (weights.Mixed + weights.Rank + weights.Taps + 1 + weights.States + 2));
        var smallPacks = Cover(small * sizeof(float), threads * PackBytes);
        var inputPacks = Cover(channels, warps) * 2 * wide;
        var words = Cover(weights.Mixed, 3);
        if (words > threads) return null;
        var sums = (threads / words * words * 3) + (words * 3);
        var fixedBytes = sizeof(float) * ((smallPacks * threads * 4) + (2 * wide * span) + (part * split * span) + (2 * channels) + sums + (units * warps) + (2 * warps) + 1 + 8);
        var ring = (device.SharedMemoryPerBlock - fixedBytes - 64) / (threads * PackBytes);
        if (ring < ShallowestRing) return null;
        var depth = Math.Min(DeepestRing, ring);
        var shared = (Cover(fixedBytes, PackBytes) * PackBytes) + (depth * threads * PackBytes);
        var headRounds = Cover(Cover(weights.Vocabulary, blocks), warps);
        return new(storage, blocks, threads, split, depth, smallPacks + inputPacks + (units * part), smallPacks, inputPacks, units * part, wide, part, headRounds, shared);
    }

    /// <summary>Packs of a thread in a whole step.</summary>
    public long Packs(MambaWeights weights) => ((long)weights.Layers.Count * LayerPacks) + ((long)HeadRounds * Wide);

    /// <summary>The kernels' macros.</summary>
    public string[] Defines(MambaWeights weights)
    {
        (string Name, int Value)[] macros =
        [
            ("THREADS", Threads), ("WIDTH", weights.Width), ("INNER", weights.Inner), ("RANK", weights.Rank), ("STATES", weights.States), ("TAPS", weights.Taps),
            ("BLOCKS", Blocks), ("SPLIT", Split), ("ROWS", 1), ("DEPTH", Depth),
        ];
        return [$"WEIGHT={CudaKernel.Element(Storage)}", .. macros.Select(macro => string.Create(CultureInfo.InvariantCulture, $"{macro.Name}={macro.Value}"))];
    }

    private static int Cover(int count, int each) => (count + each - 1) / each;
}
