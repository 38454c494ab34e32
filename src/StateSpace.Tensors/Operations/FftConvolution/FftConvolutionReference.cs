using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.FftConvolution;

/// <summary>The truth, in double: y_t = Σ_{j ≤ t} k_j u_{t−j}.</summary>
internal static class FftConvolutionReference
{
    public static ReferenceArray Forward(ReferenceArray u, ReferenceArray kernel)
    {
        var y = ReferenceArray.Zeros(u.Shape);
        ForEach(u, kernel, (from, tap, to) => y.Values[to] += kernel.Values[tap] * u.Values[from]);
        return y;
    }

    /// <summary>∂u_s = Σ_j k_j g_{s+j}, ∂k_j = Σ_{b,t} g_t u_{t−j}.</summary>
    public static ReferenceArray[] Backward(ReferenceArray u, ReferenceArray kernel, ReferenceArray gradient)
    {
        ReferenceArray du = ReferenceArray.Zeros(u.Shape), dkernel = ReferenceArray.Zeros(kernel.Shape);
        ForEach(u, kernel, (from, tap, to) =>
        {
            du.Values[from] += kernel.Values[tap] * gradient.Values[to];
            dkernel.Values[tap] += gradient.Values[to] * u.Values[from];
        });
        return [du, dkernel];
    }

    /// <summary>Calls back with the positions of an input, a tap and the output that they reach.</summary>
    private static void ForEach(ReferenceArray u, ReferenceArray kernel, Action<long, long, long> body)
    {
        var (batch, length, channels, taps) = (u.Shape[0], u.Shape[1], u.Shape[2], kernel.Shape[1]);
        for (long b = 0; b < batch; b++)
        {
            for (long t = 0; t < length; t++)
            {
                for (long j = 0; j <= Math.Min(t, taps - 1); j++)
                {
                    for (long d = 0; d < channels; d++) body((((b * length) + t - j) * channels) + d, (d * taps) + j, (((b * length) + t) * channels) + d);
                }
            }
        }
    }
}
