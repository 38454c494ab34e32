using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.GatedRmsNorm;

/// <summary>The truth, in double: y_d = v_d r w_d with v_d = x_d z_d σ(z_d) and r = (mean(v²) + ε)^(−1/2) over the channels of d's group.</summary>
internal static class GatedRmsNormReference
{
    public static ReferenceArray Forward(ReferenceArray x, ReferenceArray z, ReferenceArray weight, long groups, double epsilon)
    {
        var channels = weight.Values.Length / (int)groups;
        var y = ReferenceArray.Zeros(x.Shape);
        for (var start = 0; start < x.Values.Length; start += channels)
        {
            var inverse = Inverse(x, z, start, channels, epsilon);
            for (var i = start; i < start + channels; i++) y.Values[i] = Gated(x, z, i) * inverse * weight.Values[i % weight.Values.Length];
        }

        return y;
    }

    /// <summary>∂v_d = r (w_d g_d − v̂_d mean(w g v̂)), ∂x = ∂v SiLU(z), ∂z = ∂v x SiLU′(z), ∂w_d = Σ_rows g_d v̂_d, with v̂ = v r.</summary>
    public static ReferenceArray[] Backward(
        ReferenceArray x, ReferenceArray z, ReferenceArray weight, long groups, double epsilon, ReferenceArray gradient)
    {
        var channels = weight.Values.Length / (int)groups;
        ReferenceArray dx = ReferenceArray.Zeros(x.Shape), dz = ReferenceArray.Zeros(x.Shape), dweight = ReferenceArray.Zeros(weight.Shape);
        for (var start = 0; start < x.Values.Length; start += channels)
        {
            var inverse = Inverse(x, z, start, channels, epsilon);
            var mean = 0.0;
            for (var i = start; i < start + channels; i++)
            {
                var d = i % weight.Values.Length;
                mean += weight.Values[d] * gradient.Values[i] * Gated(x, z, i) * inverse / channels;
                dweight.Values[d] += gradient.Values[i] * Gated(x, z, i) * inverse;
            }

            for (var i = start; i < start + channels; i++)
            {
                var dv = inverse * ((weight.Values[i % weight.Values.Length] * gradient.Values[i]) - (Gated(x, z, i) * inverse * mean));
                var sigma = Sigmoid(z.Values[i]);
                dx.Values[i] = dv * z.Values[i] * sigma;
                dz.Values[i] = dv * x.Values[i] * sigma * (1 + (z.Values[i] * (1 - sigma)));
            }
        }

        return [dx, dz, dweight];
    }

    private static double Inverse(ReferenceArray x, ReferenceArray z, int start, int channels, double epsilon)
    {
        var sum = 0.0;
        for (var i = start; i < start + channels; i++) sum += Gated(x, z, i) * Gated(x, z, i);
        return 1 / Math.Sqrt((sum / channels) + epsilon);
    }

    private static double Gated(ReferenceArray x, ReferenceArray z, int i) => x.Values[i] * z.Values[i] * Sigmoid(z.Values[i]);

    private static double Sigmoid(double z) => 1 / (1 + Math.Exp(-z));
}
