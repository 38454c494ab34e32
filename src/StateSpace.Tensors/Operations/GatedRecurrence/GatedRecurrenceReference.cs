using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.GatedRecurrence;

/// <summary>The truth, in double, one element after the other.</summary>
internal static class GatedRecurrenceReference
{
    /// <returns>h and the last state.</returns>
    public static ReferenceArray[] Forward(ReferenceArray gate, ReferenceArray input, ReferenceArray? initial, ReferenceArray? resets)
    {
        ReferenceArray h = ReferenceArray.Zeros(gate.Shape), final = ReferenceArray.Zeros([gate.Shape[0], gate.Shape[2]]);
        initial?.Values.CopyTo(final.Values, 0);
        foreach (var (b, t, m, at) in Positions(gate.Shape))
        {
            h.Values[at] = (gate.Values[at] * Before(h, initial, resets, b, t, m, at)) + input.Values[at];
            final.Values[(b * h.Shape[2]) + m] = h.Values[at];
        }

        return [h, final];
    }

    /// <returns>Gradients of gate, input and, where there is one, initial state.</returns>
    public static ReferenceArray[] Backward(ReferenceArray gate, ReferenceArray input, ReferenceArray? initial, ReferenceArray? resets, ReferenceArray[] upstream)
    {
        var h = Forward(gate, input, initial, resets)[0];
        ReferenceArray da = ReferenceArray.Zeros(gate.Shape), g = ReferenceArray.Zeros(gate.Shape);
        var (length, width) = (gate.Shape[1], gate.Shape[2]);

        // What reaches the state before the step that is looked at, from all steps from there on.
        ReferenceArray back = new(upstream[1].Shape, [.. upstream[1].Values]);
        foreach (var (b, t, m, at) in Positions(gate.Shape).Reverse())
        {
            var row = (b * width) + m;
            g.Values[at] = upstream[0].Values[at] + back.Values[row];
            da.Values[at] = g.Values[at] * Before(h, initial, resets, b, t, m, at);
            back.Values[row] = IsReset(resets, (b * length) + t) ? 0 : gate.Values[at] * g.Values[at];
        }

        return initial is null ? [da, g] : [da, g, back];
    }

    private static double Before(ReferenceArray h, ReferenceArray? initial, ReferenceArray? resets, long b, long t, long m, long at) =>
        IsReset(resets, (b * h.Shape[1]) + t) ? 0 : t > 0 ? h.Values[at - h.Shape[2]] : initial?.Values[(b * h.Shape[2]) + m] ?? 0;

    private static bool IsReset(ReferenceArray? resets, long step) => resets is not null && resets.Values[step] != 0;

    private static IEnumerable<(long B, long T, long M, long At)> Positions(Shape shape)
    {
        for (long at = 0; at < shape.Count; at++) yield return (at / shape[2] / shape[1], at / shape[2] % shape[1], at % shape[2], at);
    }
}
