using System.Numerics.Tensors;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.PackedMatMul;

/// <summary>
/// Symmetric int8: a block of 64 columns of a row is q · s with q = −127 … 127 and s the block's largest magnitude / 127, rounded up to bf16. The numbers
/// are rounded with the s that is stored, so that its rounding costs no accuracy but the coarser step, at most 1/128.
/// </summary>
internal static unsafe class Int8Blocks
{
    /// <summary>Columns that share a scale.</summary>
    public const int Length = 64;

    private const int Largest = 127;

    /// <summary>Scales of a row.</summary>
    public static long Count(long columns) => (columns + Length - 1) / Length;

    /// <summary>Rounds a row to nearest, ties to even.</summary>
    public static void Pack(float* source, long columns, sbyte* values, ushort* scales)
    {
        for (long start = 0; start < columns; start += Length, scales++)
        {
            var count = (int)Math.Min(Length, columns - start);
            var magnitude = Math.Abs(TensorPrimitives.MaxMagnitude(new ReadOnlySpan<float>(source + start, count)));
            *scales = float.IsFinite(magnitude) ? BrainFloats.RoundUp(magnitude / Largest) : (ushort)0;
            var scale = BrainFloats.Widen(*scales);
            for (var i = start; i < start + count; i++)
            {
                values[i] = scale == 0 ? (sbyte)0 : (sbyte)Math.Clamp(MathF.Round(source[i] / scale), -Largest, Largest);
            }
        }
    }

    /// <summary>Writes q · s.</summary>
    public static void Unpack(sbyte* values, ushort* scales, long columns, float* target)
    {
        for (long start = 0; start < columns; start += Length, scales++)
        {
            var scale = BrainFloats.Widen(*scales);
            var end = Math.Min(columns, start + Length);
            for (var i = start; i < end; i++) target[i] = values[i] * scale;
        }
    }
}
