using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Operations.PackedMatMul;

/// <summary>Blocks of 64 numbers as 16-bit whole numbers times the block's largest magnitude / 32767.</summary>
internal static unsafe class Int16Blocks
{
    private const float Largest = short.MaxValue;

    /// <summary>Rounds a row to nearest. What is missing in the last block becomes zero.</summary>
    /// <remarks>A block with an infinite number or NaN gets the scale NaN, so that its products are NaN.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(float* source, long count, short* values, float* scales)
    {
        for (long start = 0; start < count; start += Int8Blocks.Length, scales++)
        {
            var length = (int)Math.Min(Int8Blocks.Length, count - start);
            var magnitude = MathF.Abs(TensorPrimitives.MaxMagnitude(new ReadOnlySpan<float>(source + start, length)));
            var inverse = Largest / magnitude;
            var isPossible = float.IsFinite(inverse) && float.IsFinite(magnitude);
            *scales = isPossible ? magnitude / Largest : float.IsFinite(magnitude) ? 0 : float.NaN;
            if (!isPossible) inverse = 0;
            var i = 0;
            var factor = Vector256.Create(inverse);
            if (isPossible)
            {
                for (; i <= length - 16; i += 16)
                {
                    var low = Vector256.ConvertToInt32(Vector256.Round(Vector256.Load(source + start + i) * factor));
                    var high = Vector256.ConvertToInt32(Vector256.Round(Vector256.Load(source + start + i + 8) * factor));
                    Vector256.Narrow(low, high).Store(values + start + i);
                }
            }

            for (; i < length; i++) values[start + i] = isPossible ? (short)MathF.Round(source[start + i] * inverse) : (short)0;
            for (; i < Int8Blocks.Length; i++) values[start + i] = 0;
        }
    }
}
