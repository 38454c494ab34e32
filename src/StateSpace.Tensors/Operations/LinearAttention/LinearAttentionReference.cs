using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.LinearAttention;

/// <summary>The truth, in double: S_t = S_{t−1} + v_t k_tᵀ, y_t = S_t q_t, step by step; S_{t−1} is zero at a reset.</summary>
internal static class LinearAttentionReference
{
    /// <returns>y and the final state.</returns>
    public static ReferenceArray[] Forward(ReferenceArray q, ReferenceArray k, ReferenceArray v, ReferenceArray? initial, ReferenceArray? resets)
    {
        var (batch, length, heads, keys, values) = (q.Shape[0], q.Shape[1], q.Shape[2], q.Shape[3], v.Shape[3]);
        ReferenceArray y = ReferenceArray.Zeros(v.Shape), final = ReferenceArray.Zeros([batch, heads, values, keys]);
        initial?.Values.CopyTo(final.Values, 0);
        foreach (var (b, h, i, j) in Elements(batch, heads, values, keys))
        {
            ref var state = ref final.Values[(((((b * heads) + h) * values) + i) * keys) + j];
            for (long t = 0; t < length; t++)
            {
                if (IsReset(resets, b, t)) state = 0;
                var row = (((b * length) + t) * heads) + h;
                state += v.Values[(row * values) + i] * k.Values[(row * keys) + j];
                y.Values[(row * values) + i] += state * q.Values[(row * keys) + j];
            }
        }

        return [y, final];
    }

    /// <summary>With a_t the gradient of S_t: a_t = g_t q_tᵀ + a_{t+1}; ∂q_t = S_tᵀ g_t, ∂k_t = a_tᵀ v_t, ∂v_t = a_t k_t.</summary>
    /// <returns>Gradients of q, k, v, and of the initial state where it is given.</returns>
    public static ReferenceArray[] Backward(
        ReferenceArray q, ReferenceArray k, ReferenceArray v, ReferenceArray? initial, ReferenceArray? resets, ReferenceArray[] gradients)
    {
        var (batch, length, heads, keys, values) = (q.Shape[0], q.Shape[1], q.Shape[2], q.Shape[3], v.Shape[3]);
        ReferenceArray dq = ReferenceArray.Zeros(q.Shape), dk = ReferenceArray.Zeros(k.Shape), dv = ReferenceArray.Zeros(v.Shape);
        var dinitial = ReferenceArray.Zeros([batch, heads, values, keys]);
        foreach (var (b, h, i, j) in Elements(batch, heads, values, keys))
        {
            var at = (((((b * heads) + h) * values) + i) * keys) + j;
            var state = new double[length + 1];
            state[0] = initial?.Values[at] ?? 0;
            for (long t = 0; t < length; t++)
            {
                var row = (((b * length) + t) * heads) + h;
                state[t + 1] = (IsReset(resets, b, t) ? 0 : state[t]) + (v.Values[(row * values) + i] * k.Values[(row * keys) + j]);
            }

            var adjoint = gradients[1].Values[at];
            for (var t = length - 1; t >= 0; t--)
            {
                var row = (((b * length) + t) * heads) + h;
                var g = gradients[0].Values[(row * values) + i];
                dq.Values[(row * keys) + j] += g * state[t + 1];
                adjoint += g * q.Values[(row * keys) + j];
                dk.Values[(row * keys) + j] += adjoint * v.Values[(row * values) + i];
                dv.Values[(row * values) + i] += adjoint * k.Values[(row * keys) + j];
                if (IsReset(resets, b, t)) adjoint = 0;
            }

            dinitial.Values[at] = adjoint;
        }

        return [dq, dk, dv, .. initial is null ? (ReferenceArray[])[] : [dinitial]];
    }

    private static IEnumerable<(long B, long H, long V, long K)> Elements(long batch, long heads, long values, long keys)
    {
        for (long index = 0; index < batch * heads * values * keys; index++)
            yield return (index / (heads * values * keys), index / (values * keys) % heads, index / keys % values, index % keys);
    }

    private static bool IsReset(ReferenceArray? resets, long b, long t) => resets is not null && resets.Values[(b * resets.Shape[1]) + t] != 0;
}
