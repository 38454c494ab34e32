using StateSpace.Tensors;
using StateSpace.Tensors.Operations.GatedRecurrence;

namespace StateSpace.Models.Layers;

/// <summary>
/// Forms of the selective scan that <see cref="Tensors.Operations.SelectiveScan.SelectiveScan"/> does not have: all gates and states, (B, L, E, N), are in
/// memory. For small models. Shapes are those of the scan: u and Δ (B, L, E), A (E, N), B and C (B, L, N) or (E, N), the skip (E).
/// </summary>
internal static class ScanInMemory
{
    /// <summary>Gates of both signs: h_t = (2 exp(Δ_t A) − 1) h_{t−1} + Δ_t B_t u_t and y_t = C_t · h_t + D̲ u_t (Grazzi et al., 2025, arXiv 2411.12537, sec. 4).</summary>
    /// <returns>y, (B, L, E), and the last state, (B, E, N).</returns>
    public static (Tensor Y, Tensor Final) Signed(Tensor u, Tensor delta, Tensor a, Tensor b, Tensor c, Tensor skip, Tensor? initial, Tensor? resets)
    {
        var gate = ((delta.Unsqueeze(3) * a).Exp() * 2) - 1;
        var h = Recur(Keep(gate, resets), (delta * u).Unsqueeze(3) * PerStep(b), initial);
        return ((h * PerStep(c)).Sum(3) + (u * skip), Last(h));
    }

    /// <summary>
    /// The complex scan by real numbers alone. With the angles φ_t = Im A Σ_{s ≤ t} Δ_s, g_t = exp(−iφ_t) h_t has the real gates exp(Δ_t Re A), and B and C
    /// are turned by −φ_t and φ_t: a rotary embedding whose angles depend on the input (Mamba-3, arXiv 2603.15569, prop. 3).
    /// </summary>
    /// <remarks>A call counts its angles from its own first step, so that its states are those of the complex scan.</remarks>
    /// <returns>y, (B, L, E), and the last state of the complex scan, (B, E, N) each.</returns>
    public static (Tensor Y, ComplexTensor Final) Rotating(
        Tensor u, Tensor delta, ComplexTensor a, ComplexTensor b, ComplexTensor c, Tensor skip, ComplexTensor? initial, Tensor? resets)
    {
        var angle = delta.CumulativeSum(1).Unsqueeze(3) * a.Im;
        ComplexTensor turn = new(angle.Cos(), angle.Sin());
        ComplexTensor back = new(turn.Re, -turn.Im);
        var gate = Keep((delta.Unsqueeze(3) * a.Re).Exp(), resets);
        var input = back * PerStep(b) * (delta * u).Unsqueeze(3);
        ComplexTensor g = new(Recur(gate, input.Re, initial?.Re), Recur(gate, input.Im, initial?.Im));
        var read = turn * PerStep(c);
        var y = (((read.Re * g.Re) - (read.Im * g.Im)).Sum(3) * 2) + (u * skip);
        return (y, new ComplexTensor(Last(turn.Re), Last(turn.Im)) * new ComplexTensor(Last(g.Re), Last(g.Im)));
    }

    private static Tensor Recur(Tensor gate, Tensor input, Tensor? initial)
    {
        Shape flat = [gate.Shape[0], gate.Shape[1], gate.Shape[2] * gate.Shape[3]];
        return GatedRecurrence.Apply(gate.Reshape(flat), input.Reshape(flat), initial?.Reshape(flat[0], flat[2])).Reshape(gate.Shape);
    }

    /// <summary>The gates, 0 where a sequence begins.</summary>
    private static Tensor Keep(Tensor gate, Tensor? resets)
    {
        if (resets is null) return gate;
        var keeps = resets.ToArray<int>().Select(reset => reset == 0 ? 1f : 0f).ToArray();
        return gate * Tensor.From<float>(keeps, [gate.Shape[0], gate.Shape[1], 1, 1]).Convert(gate.DType).To(gate.Device);
    }

    private static Tensor Last(Tensor h) => h.Slice(1, h.Shape[1] - 1, 1).Squeeze(1);

    private static Tensor PerStep(Tensor coefficient) => coefficient.Rank == 3 ? coefficient.Unsqueeze(2) : coefficient;

    private static ComplexTensor PerStep(ComplexTensor coefficient) => new(PerStep(coefficient.Re), PerStep(coefficient.Im));
}
