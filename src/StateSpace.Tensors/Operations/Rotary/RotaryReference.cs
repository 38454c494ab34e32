using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.Rotary;

/// <summary>The truth, in double: (x_i + j x_{i + P/2}) e^(j n θ^(−2i/P)), as a pair of real numbers.</summary>
internal static class RotaryReference
{
    public static ReferenceArray Forward(ReferenceArray x, long start, double theta, ReferenceArray? positions) => Rotate(x, start, theta, positions, 1);

    /// <summary>The rotation's transpose is its inverse.</summary>
    public static ReferenceArray?[] Backward(ReferenceArray gradient, long start, double theta, ReferenceArray? positions)
    {
        var dx = Rotate(gradient, start, theta, positions, -1);
        return positions is null ? [dx] : [dx, null];
    }

    private static ReferenceArray Rotate(ReferenceArray x, long start, double theta, ReferenceArray? positions, int direction)
    {
        var (length, heads, size) = (x.Shape[1], x.Shape[2], (int)x.Shape[3]);
        var y = ReferenceArray.Zeros(x.Shape);
        for (var vector = 0; vector < x.Values.Length; vector += size)
        {
            var step = vector / size / heads;
            var position = positions?.Values[step] ?? start + (step % length);
            for (var i = 0; i < size / 2; i++)
            {
                var angle = direction * position * Math.Pow(theta, -2.0 * i / size);
                var (left, right) = (x.Values[vector + i], x.Values[vector + i + (size / 2)]);
                y.Values[vector + i] = (left * Math.Cos(angle)) - (right * Math.Sin(angle));
                y.Values[vector + i + (size / 2)] = (left * Math.Sin(angle)) + (right * Math.Cos(angle));
            }
        }

        return y;
    }
}
