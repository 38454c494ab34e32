using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.RmsNorm;

/// <summary>The truth, in double: y_d = x_d r w_d with r = (mean(x²) + ε)^(−1/2).</summary>
internal static class RmsNormReference
{
    public static ReferenceArray Forward(ReferenceArray x, ReferenceArray weight, double epsilon)
    {
        var channels = (int)x.Shape[^1];
        var y = ReferenceArray.Zeros(x.Shape);
        for (var row = 0; row < x.Values.Length; row += channels)
        {
            var inverse = Inverse(x, row, channels, epsilon);
            for (var d = 0; d < channels; d++) y.Values[row + d] = x.Values[row + d] * inverse * weight.Values[d];
        }

        return y;
    }

    /// <summary>∂x_d = r (w_d g_d − x̂_d mean(w g x̂)), ∂w_d = Σ_rows g_d x̂_d, with x̂ = x r.</summary>
    public static ReferenceArray[] Backward(ReferenceArray x, ReferenceArray weight, double epsilon, ReferenceArray gradient)
    {
        var channels = (int)x.Shape[^1];
        ReferenceArray dx = ReferenceArray.Zeros(x.Shape), dweight = ReferenceArray.Zeros(weight.Shape);
        for (var row = 0; row < x.Values.Length; row += channels)
        {
            var inverse = Inverse(x, row, channels, epsilon);
            var mean = 0.0;
            for (var d = 0; d < channels; d++)
            {
                var normalized = x.Values[row + d] * inverse;
                mean += weight.Values[d] * gradient.Values[row + d] * normalized / channels;
                dweight.Values[d] += gradient.Values[row + d] * normalized;
            }

            for (var d = 0; d < channels; d++)
            {
                dx.Values[row + d] = inverse * ((weight.Values[d] * gradient.Values[row + d]) - (x.Values[row + d] * inverse * mean));
            }
        }

        return [dx, dweight];
    }

    private static double Inverse(ReferenceArray x, int row, int channels, double epsilon)
    {
        var sum = 0.0;
        for (var d = 0; d < channels; d++) sum += x.Values[row + d] * x.Values[row + d];
        return 1 / Math.Sqrt((sum / channels) + epsilon);
    }
}
