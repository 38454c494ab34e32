using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.LayerNorm;

/// <summary>The truth, in double: y_d = x̂_d w_d + b_d with x̂_d = (x_d − μ) r, r = (mean((x − μ)²) + ε)^(−1/2).</summary>
internal static class LayerNormReference
{
    public static ReferenceArray Forward(ReferenceArray x, ReferenceArray weight, ReferenceArray bias, double epsilon)
    {
        var channels = (int)x.Shape[^1];
        var y = ReferenceArray.Zeros(x.Shape);
        for (var row = 0; row < x.Values.Length; row += channels)
        {
            var (mean, inverse) = Statistics(x, row, channels, epsilon);
            for (var d = 0; d < channels; d++) y.Values[row + d] = ((x.Values[row + d] - mean) * inverse * weight.Values[d]) + bias.Values[d];
        }

        return y;
    }

    /// <summary>∂x_d = r (w_d g_d − mean(w g) − x̂_d mean(w g x̂)), ∂w_d = Σ_rows g_d x̂_d, ∂b_d = Σ_rows g_d.</summary>
    public static ReferenceArray[] Backward(ReferenceArray x, ReferenceArray weight, double epsilon, ReferenceArray gradient)
    {
        var channels = (int)x.Shape[^1];
        ReferenceArray dx = ReferenceArray.Zeros(x.Shape), dweight = ReferenceArray.Zeros(weight.Shape), dbias = ReferenceArray.Zeros(weight.Shape);
        for (var row = 0; row < x.Values.Length; row += channels)
        {
            var (mean, inverse) = Statistics(x, row, channels, epsilon);
            double plain = 0, projected = 0;
            for (var d = 0; d < channels; d++)
            {
                var normalized = (x.Values[row + d] - mean) * inverse;
                plain += weight.Values[d] * gradient.Values[row + d] / channels;
                projected += weight.Values[d] * gradient.Values[row + d] * normalized / channels;
                dweight.Values[d] += gradient.Values[row + d] * normalized;
                dbias.Values[d] += gradient.Values[row + d];
            }

            for (var d = 0; d < channels; d++)
            {
                var normalized = (x.Values[row + d] - mean) * inverse;
                dx.Values[row + d] = inverse * ((weight.Values[d] * gradient.Values[row + d]) - plain - (normalized * projected));
            }
        }

        return [dx, dweight, dbias];
    }

    private static (double Mean, double Inverse) Statistics(ReferenceArray x, int row, int channels, double epsilon)
    {
        double mean = 0, variance = 0;
        for (var d = 0; d < channels; d++) mean += x.Values[row + d] / channels;
        for (var d = 0; d < channels; d++) variance += (x.Values[row + d] - mean) * (x.Values[row + d] - mean) / channels;
        return (mean, 1 / Math.Sqrt(variance + epsilon));
    }
}
