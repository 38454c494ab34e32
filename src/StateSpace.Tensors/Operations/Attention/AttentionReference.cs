using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.Attention;

/// <summary>The truth, in double: y_t = Σ_s p_ts v_s, p_t = softmax(scale q_t·k_s) over the keys s that query t sees.</summary>
internal static class AttentionReference
{
    public static ReferenceArray Forward(ReferenceArray q, ReferenceArray k, ReferenceArray v, long? window, double? scale, ReferenceArray? first)
    {
        var y = ReferenceArray.Zeros([q.Shape[0], q.Shape[1], q.Shape[2], v.Shape[3]]);
        ForEachQuery(q, k, window, first, (query, key, low, high) =>
        {
            var p = Probabilities(q, k, scale, query, key, low, high);
            for (var s = low; s < high; s++) Add(y, query, p[s - low], v, key(s));
        });
        return y;
    }

    /// <summary>
    /// ∂v_s = Σ_t p_ts g_t; with z_ts = p_ts (g_t·v_s − g_t·y_t), the gradient of a score: ∂q_t = scale Σ_s z_ts k_s,
    /// ∂k_s = scale Σ_t z_ts q_t, sums over t including the heads that share the key.
    /// </summary>
    public static ReferenceArray?[] Backward(
        ReferenceArray q, ReferenceArray k, ReferenceArray v, long? window, double? scale, ReferenceArray? first, ReferenceArray gradient)
    {
        ReferenceArray dq = ReferenceArray.Zeros(q.Shape), dk = ReferenceArray.Zeros(k.Shape), dv = ReferenceArray.Zeros(v.Shape);
        ForEachQuery(q, k, window, first, (query, key, low, high) =>
        {
            var p = Probabilities(q, k, scale, query, key, low, high);
            double[] dp = [.. Enumerable.Range(low, high - low).Select(s => Dot(gradient, query, v, key(s)))];
            var mean = p.Zip(dp, (x, y) => x * y).Sum();
            for (var s = low; s < high; s++)
            {
                var dscore = (scale ?? 1 / Math.Sqrt(q.Shape[3])) * p[s - low] * (dp[s - low] - mean);
                Add(dv, key(s), p[s - low], gradient, query);
                Add(dq, query, dscore, k, key(s));
                Add(dk, key(s), dscore, q, query);
            }
        });
        return first is null ? [dq, dk, dv] : [dq, dk, dv, null];
    }

    /// <summary>Visits each query of each head: its number among the vectors of q, the number of key s among those of k, and the keys that it sees.</summary>
    private static void ForEachQuery(ReferenceArray q, ReferenceArray k, long? window, ReferenceArray? first, Action<int, Func<int, int>, int, int> visit)
    {
        var (batch, length, heads) = ((int)q.Shape[0], (int)q.Shape[1], (int)q.Shape[2]);
        var (keys, keyHeads) = ((int)k.Shape[1], (int)k.Shape[2]);
        for (var query = 0; query < batch * length * heads; query++)
        {
            var (b, t, head) = (query / heads / length, query / heads % length, query % heads);
            var position = keys - length + t;
            var low = (int)Math.Max(0, position - (window ?? keys) + 1);
            if (first is not null) low = Math.Max(low, (int)first.Values[(b * length) + t]);
            visit(query, s => (((b * keys) + s) * keyHeads) + (head / (heads / keyHeads)), low, position + 1);
        }
    }

    private static double[] Probabilities(ReferenceArray q, ReferenceArray k, double? scale, int query, Func<int, int> key, int low, int high)
    {
        double[] scores = [.. Enumerable.Range(low, high - low).Select(s => (scale ?? 1 / Math.Sqrt(q.Shape[3])) * Dot(q, query, k, key(s)))];
        var largest = scores.Max();
        double[] terms = [.. scores.Select(score => Math.Exp(score - largest))];
        var sum = terms.Sum();
        return [.. terms.Select(term => term / sum)];
    }

    private static double Dot(ReferenceArray x, int i, ReferenceArray y, int j)
    {
        var size = (int)x.Shape[^1];
        var sum = 0.0;
        for (var d = 0; d < size; d++) sum += x.Values[(i * size) + d] * y.Values[(j * size) + d];
        return sum;
    }

    private static void Add(ReferenceArray target, int i, double factor, ReferenceArray source, int j)
    {
        var size = (int)target.Shape[^1];
        for (var d = 0; d < size; d++) target.Values[(i * size) + d] += factor * source.Values[(j * size) + d];
    }
}
