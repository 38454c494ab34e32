using System.Numerics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.DiagonalRecurrence;

/// <summary>Whether states are taken as zero before some steps, as a type argument of a kernel: without resets there is nothing to read.</summary>
internal interface IResetMask
{
    static abstract bool IsPresent { get; }
}

/// <summary>No resets; masks are not read.</summary>
internal readonly struct WithoutResets : IResetMask
{
    public static bool IsPresent => false;
}

/// <summary>Masks of (steps, lanes): all bits of a lane set, or none where the state before the step is zero.</summary>
internal readonly struct WithResets : IResetMask
{
    public static bool IsPresent => true;
}

internal static unsafe class ResetMasks
{
    /// <summary>The masks of steps <paramref name="start"/> … of each block of a group, to (blocks, stride, lanes).</summary>
    public static void Load<T>(int* resets, LaneGroup<T> group, long length, long start, long steps, T* packed, long stride)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var lanes = LaneRows<T>.Lanes;
        for (var block = 0; block < group.Blocks; block++)
        {
            var rows = group[block];
            for (var lane = 0; lane < lanes; lane++)
            {
                var from = resets + (rows.SequenceOf(lane) * length) + start;
                var to = packed + (block * stride * lanes) + lane;
                for (long t = 0; t < steps; t++)
                {
                    if (sizeof(T) == 4) *(int*)(to + (t * lanes)) = from[t] != 0 ? 0 : -1;
                    else *(long*)(to + (t * lanes)) = from[t] != 0 ? 0 : -1;
                }
            }
        }
    }
}
