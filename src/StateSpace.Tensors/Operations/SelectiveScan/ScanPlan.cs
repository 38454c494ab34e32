using System.Collections.Concurrent;
using System.Numerics;

namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>How the GPU's kernels are specialised for a scan, see scan_tile.cuh: macros, and the shared memory that follows from them.</summary>
internal sealed class ScanPlan
{
    /// <summary>Threads of a block.</summary>
    public const int Threads = 128;

    private const int Warp = 32;
    private const int LongestTile = 64;

    // Other numbers of states have a plain form that compiles in a fraction of the time.
    private const int FastMultiple = 4;
    private const int MostSharedBytes = 200_000;

    private static readonly ConcurrentDictionary<Key, ScanPlan> Plans = new();

    private readonly int _lanes = 2;
    private readonly int _states;
    private readonly int _real;
    private readonly int _parts;
    private readonly bool _usesTensorCores;

    private ScanPlan(Key key)
    {
        (_real, _parts) = (key.DType == DType.Float64 ? 8 : 4, key.IsComplex ? 2 : 1);

        // Four numbers of state in a thread, more only where a warp would not do.
        _states = 4 / _parts;
        while (_states * Warp < key.States) _states *= 2;
        while (_states * _lanes < key.States) _lanes *= 2;
        _usesTensorCores = key is { DType: DType.BFloat16, IsComplex: false, Width: 2, IsBPerStep: true, IsCPerStep: true } && (_lanes, _states) == (4, 4);
        var group = Math.Min(_lanes, 4);
        Border = 16;
        while (Border > 2 && BackwardShared(Border, group) > MostSharedBytes)
        {
            Border /= 2;
            group = Math.Min(group, Border / 2);
        }

        // Rows of 32-bit numbers in flight take too many registers for the longest.
        var tile = key.DType == DType.BFloat16 ? LongestTile : LongestTile / 2;
        while (tile > Border && ForwardShared(tile) > MostSharedBytes) tile /= 2;
        (ForwardBytes, BackwardBytes) = (ForwardShared(tile), BackwardShared(Border, group));
        var isFast = _real == 4 && _states * _parts == 4 && key.IsUsual;
        string[] common =
        [
            $"COMPLEX={_parts - 1}", $"LANES={_lanes}", $"PER={_states}", $"WIDTH={key.Width}", $"COEFFICIENT_WIDTH={key.CoefficientWidth}", $"BORDER={Border}", $"GROUP={group}",
            $"SOFTPLUS={(key.Softplus ? 1 : 0)}", $"GATE={(key.HasGate ? 1 : 0)}", $"RESETS={(key.HasResets ? 1 : 0)}",
            $"B_PER_STEP={(key.IsBPerStep ? 1 : 0)}", $"C_PER_STEP={(key.IsCPerStep ? 1 : 0)}",
        ];
        ForwardDefines = [.. common, $"TILE={tile}", $"UNROLL={(isFast ? 2 : 1)}"];

        // Three blocks share a multiprocessor's registers where a thread has four numbers of state.
        BackwardDefines =
        [
            .. common, $"TILE={Border}", $"TENSOR_CORES={(_usesTensorCores ? 1 : 0)}", $"UNROLLED={(isFast ? 1 : 0)}", $"BLOCKS={(isFast ? 3 : 1)}",
        ];
        SumDefines = [$"PARTS={_parts}"];
    }

    /// <summary>Steps from one kept state to the next.</summary>
    public int Border { get; }

    /// <summary>Channels of a block.</summary>
    public int Channels => Threads / _lanes;

    public string[] ForwardDefines { get; }

    public string[] BackwardDefines { get; }

    public string[] SumDefines { get; }

    public int ForwardBytes { get; }

    public int BackwardBytes { get; }

    private int Padded => _lanes * _states;

    private int Shares => _lanes <= 8 ? _lanes : 4;

    private int RowStride => Channels + 8;

    public static ScanPlan Of(ScanTensors x)
    {
        var (channels, states) = (x.Input.Shape[2], x.ARe.Shape[1]);
        var isSingle = x.Input.DType != DType.Float64;
        var width = isSingle && states <= Warp && channels % 2 == 0 && AreAligned(2, x.Input, x.Delta, x.Gate) ? 2 : 1;
        var coefficientWidth = isSingle && states % 4 == 0 && AreAligned(4, x.BRe, x.BIm, x.CRe, x.CIm) ? 4 : 1;
        return Plans.GetOrAdd(
            new Key(x.Input.DType, x.IsComplex, (int)BitOperations.RoundUpToPowerOf2((uint)states), states > 0 && states % FastMultiple == 0, width, coefficientWidth, x.Softplus, x.Gate is not null, x.Resets is not null, x.IsBPerStep, x.IsCPerStep), static key => new(key));
    }

    private static bool AreAligned(int elements, params ReadOnlySpan<Tensor?> tensors)
    {
        foreach (var tensor in tensors)
        {
            if (tensor is not null && tensor.Address() % (ulong)(elements * tensor.DType.Size()) != 0) return false;
        }

        return true;
    }

    /// <summary>Steps and inputs, B and C, shares of the sums over a channel's states, resets.</summary>
    private int ForwardShared(int tile) => (_real * tile * ((2 * Channels) + (2 * Padded * _parts) + (RowStride * Shares))) + (4 * tile);

    /// <summary>
    /// Six numbers of a step and channel, B and C, the warps' sums of their gradients, what these are made from, shares of the sums over a channel's states,
    /// factors for tensor cores, resets.
    /// </summary>
    private int BackwardShared(int tile, int group)
    {
        const int warps = Threads / Warp, vector = 16;
        var coefficients = 2 * Padded * _parts * _real;
        var exchange = _usesTensorCores ? 0 : group * (Warp / _lanes) * coefficients;
        var factors = _usesTensorCores ? tile * Channels / 2 * 8 : 0;
        var sums = _usesTensorCores ? Shares + 2 : 3 * Shares;
        return (_real * tile * (((4 + sums) * RowStride) + (2 * Channels))) + (tile * coefficients) + (warps * tile * (coefficients + vector)) + (warps * exchange) + factors + (4 * tile);
    }

    private readonly record struct Key(DType DType, bool IsComplex, int States, bool IsUsual, int Width, int CoefficientWidth, bool Softplus, bool HasGate, bool HasResets, bool IsBPerStep, bool IsCPerStep);
}
