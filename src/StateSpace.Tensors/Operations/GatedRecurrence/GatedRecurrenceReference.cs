using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.GatedRecurrence;

/// <summary>The truth, in double, one element after the other.</summary>
internal static class GatedRecurrenceReference
{
    public static ReferenceArray Forward(ReferenceArray gate, ReferenceArray input, ReferenceArray? initial)
    {
        var h = ReferenceArray.Zeros(gate.Shape);
        foreach (var (b, t, m, at) in Positions(gate.Shape)) h.Values[at] = (gate.Values[at] * Before(h, initial, b, t, m, at)) + input.Values[at];
        return h;
    }

    /// <returns>Gradients of gate, input and, where there is one, initial state.</returns>
    public static ReferenceArray[] Backward(ReferenceArray gate, ReferenceArray input, ReferenceArray? initial, ReferenceArray upstream)
    {
        var h = Forward(gate, input, initial);
        ReferenceArray da = ReferenceArray.Zeros(gate.Shape), g = ReferenceArray.Zeros(gate.Shape), dinitial = ReferenceArray.Zeros([gate.Shape[0], gate.Shape[2]]);
        var (length, width) = (gate.Shape[1], gate.Shape[2]);
        foreach (var (b, t, m, at) in Positions(gate.Shape).Reverse())
        {
            g.Values[at] = upstream.Values[at] + (t + 1 < length ? gate.Values[at + width] * g.Values[at + width] : 0);
            da.Values[at] = g.Values[at] * Before(h, initial, b, t, m, at);
            if (t == 0) dinitial.Values[(b * width) + m] = gate.Values[at] * g.Values[at];
        }

        return initial is null ? [da, g] : [da, g, dinitial];
    }

    private static double Before(ReferenceArray h, ReferenceArray? initial, long b, long t, long m, long at) =>
        t > 0 ? h.Values[at - h.Shape[2]] : initial?.Values[(b * h.Shape[2]) + m] ?? 0;

    private static IEnumerable<(long B, long T, long M, long At)> Positions(Shape shape)
    {
        for (long at = 0; at < shape.Count; at++) yield return (at / shape[2] / shape[1], at / shape[2] % shape[1], at % shape[2], at);
    }
}
