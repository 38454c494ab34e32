using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.PackedMatMul;

/// <summary>The truth, in double: y[i, n] = Σ_k x[i, k] Ŵ[n, k], Ŵ being the numbers that the storage type keeps of W.</summary>
internal static class PackedMatMulReference
{
    public static ReferenceArray Forward(ReferenceArray x, ReferenceArray weight)
    {
        var (depth, lines) = ((int)weight.Shape[1], (int)weight.Shape[0]);
        var y = ReferenceArray.Zeros(x.Shape.With(x.Shape.Rank - 1, lines));
        for (var i = 0; i < y.Values.Length; i++)
        {
            for (var k = 0; k < depth; k++) y.Values[i] += x.Values[(i / lines * depth) + k] * weight.Values[(i % lines * depth) + k];
        }

        return y;
    }

    /// <summary>The numbers that a storage type keeps, by its definition.</summary>
    public static ReferenceArray Stored(ReferenceArray weight, WeightStorage storage)
    {
        var values = weight.Values.Select(value => (double)(float)value).ToArray();
        if (storage == WeightStorage.BFloat16)
        {
            for (var i = 0; i < values.Length; i++) values[i] = RoundTo(values[i], Math.Round);
        }
        else if (storage == WeightStorage.Int8)
        {
            var columns = (int)weight.Shape[1];
            for (var row = 0; row < values.Length; row += columns)
            {
                for (var start = 0; start < columns; start += 64) RoundBlock(values.AsSpan(row + start, Math.Min(64, columns - start)));
            }
        }

        return new(weight.Shape, values);
    }

    private static void RoundBlock(Span<double> block)
    {
        var largest = 0.0;
        foreach (var value in block) largest = Math.Max(largest, Math.Abs(value));
        var scale = RoundTo((float)largest / 127f, Math.Ceiling);
        foreach (ref var value in block) value = scale == 0 ? 0 : Math.Clamp(MathF.Round((float)value / (float)scale), -127, 127) * scale;
    }

    /// <summary>A number with 8 significant bits.</summary>
    private static double RoundTo(double value, Func<double, double> round)
    {
        if (value == 0) return 0;
        var unit = Math.ScaleB(1, Math.ILogB(value) - 7);
        return round(value / unit) * unit;
    }
}
