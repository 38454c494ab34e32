using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.CausalConvolution;

/// <summary>
/// The truth, in double: z_t = b + Σ_k w_k e_{t+k} over e = (initial, x), y = z or z σ(z), final = the last K − 1 rows of e. Rows of e
/// before a reset are zero for the rows of z and final from the reset on.
/// </summary>
internal static class CausalConvolutionReference
{
    /// <returns>y and the final state.</returns>
    public static ReferenceArray[] Forward(
        ReferenceArray x,
        ReferenceArray weight,
        ReferenceArray? bias,
        ReferenceArray? initial,
        ReferenceArray? resets,
        ConvolutionActivation activation)
    {
        var (batch, length, channels, taps) = (x.Shape[0], x.Shape[1], x.Shape[2], weight.Shape[1]);
        ReferenceArray y = ReferenceArray.Zeros(x.Shape), final = ReferenceArray.Zeros([batch, taps - 1, channels]);
        for (long b = 0; b < batch; b++)
        {
            for (long d = 0; d < channels; d++)
            {
                var extended = Extended(x, initial, b, d, taps);
                for (long t = 0; t < length; t++)
                {
                    var z = Sum(extended, weight, bias, resets, b, d, t);
                    y.Values[(((b * length) + t) * channels) + d] = activation == ConvolutionActivation.None ? z : z / (1 + Math.Exp(-z));
                }

                for (long j = 0; j < taps - 1; j++) final.Values[(((b * (taps - 1)) + j) * channels) + d] = Sees(resets, b, length, length - taps + 1 + j) ? extended[length + j] : 0;
            }
        }

        return [y, final];
    }

    /// <returns>Gradients of x, the weight, the bias and the initial state; of the latter two where they are given.</returns>
    public static ReferenceArray[] Backward(
        ReferenceArray x,
        ReferenceArray weight,
        ReferenceArray? bias,
        ReferenceArray? initial,
        ReferenceArray? resets,
        ConvolutionActivation activation,
        ReferenceArray[] gradients)
    {
        var (batch, length, channels, taps) = (x.Shape[0], x.Shape[1], x.Shape[2], weight.Shape[1]);
        ReferenceArray dx = ReferenceArray.Zeros(x.Shape), dweight = ReferenceArray.Zeros(weight.Shape), dbias = ReferenceArray.Zeros([channels]);
        var dinitial = ReferenceArray.Zeros([batch, taps - 1, channels]);
        for (long b = 0; b < batch; b++)
        {
            for (long d = 0; d < channels; d++)
            {
                var extended = Extended(x, initial, b, d, taps);
                var dextended = new double[extended.Length];
                for (long j = 0; j < taps - 1; j++)
                {
                    if (Sees(resets, b, length, length - taps + 1 + j)) dextended[length + j] = gradients[1].Values[(((b * (taps - 1)) + j) * channels) + d];
                }

                for (long t = 0; t < length; t++)
                {
                    var g = gradients[0].Values[(((b * length) + t) * channels) + d];
                    if (activation == ConvolutionActivation.Silu)
                    {
                        var z = Sum(extended, weight, bias, resets, b, d, t);
                        var sigma = 1 / (1 + Math.Exp(-z));
                        g *= sigma * (1 + (z * (1 - sigma)));
                    }

                    dbias.Values[d] += g;
                    for (long k = 0; k < taps; k++)
                    {
                        if (!Sees(resets, b, t, t - taps + 1 + k)) continue;
                        dweight.Values[(d * taps) + k] += g * extended[t + k];
                        dextended[t + k] += g * weight.Values[(d * taps) + k];
                    }
                }

                for (long j = 0; j < taps - 1; j++) dinitial.Values[(((b * (taps - 1)) + j) * channels) + d] = dextended[j];
                for (long t = 0; t < length; t++) dx.Values[(((b * length) + t) * channels) + d] = dextended[t + taps - 1];
            }
        }

        return [dx, dweight, .. bias is null ? (ReferenceArray[])[] : [dbias], .. initial is null ? (ReferenceArray[])[] : [dinitial]];
    }

    private static double[] Extended(ReferenceArray x, ReferenceArray? initial, long b, long d, long taps)
    {
        var (length, channels) = (x.Shape[1], x.Shape[2]);
        var extended = new double[taps - 1 + length];
        for (long j = 0; j < taps - 1; j++) extended[j] = initial?.Values[(((b * (taps - 1)) + j) * channels) + d] ?? 0;
        for (long t = 0; t < length; t++) extended[t + taps - 1] = x.Values[(((b * length) + t) * channels) + d];
        return extended;
    }

    /// <summary>Whether no reset lies in (s, t]. Row L is the final state's.</summary>
    private static bool Sees(ReferenceArray? resets, long b, long t, long s)
    {
        if (resets is null) return true;
        var length = resets.Shape[1];
        for (var r = Math.Max(s + 1, 0); r <= Math.Min(t, length - 1); r++)
        {
            if (resets.Values[(b * length) + r] != 0) return false;
        }

        return true;
    }

    private static double Sum(double[] extended, ReferenceArray weight, ReferenceArray? bias, ReferenceArray? resets, long b, long d, long t)
    {
        var taps = weight.Shape[1];
        var z = bias?.Values[d] ?? 0;
        for (long k = 0; k < taps; k++)
        {
            if (Sees(resets, b, t, t - taps + 1 + k)) z += weight.Values[(d * taps) + k] * extended[t + k];
        }

        return z;
    }
}
