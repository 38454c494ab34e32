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
        var dtype = u.DType;
        (u, delta) = (Wide(u), Wide(delta));
        var gate = ((delta.Unsqueeze(3) * a).Exp() * 2) - 1;
        var (h, final) = Recur(gate, (delta * u).Unsqueeze(3) * PerStep(b), initial, resets);
        return (((h * PerStep(c)).Sum(3) + (u * skip)).Convert(dtype), final);
    }

    /// <summary>
    /// The complex scan by real numbers alone. With the angles φ_t = Im A Σ_{s ≤ t} Δ_s, g_t = exp(−iφ_t) h_t has the real gates exp(Δ_t Re A), and B and C
    /// are turned by −φ_t and φ_t: a rotary embedding whose angles depend on the input (Mamba-3, arXiv 2603.15569, prop. 3).
    /// </summary>
    /// <remarks>
    /// A call counts its angles from its own first step, so that its states are those of the complex scan. The sum of Δ is rounded to its own size: a Δ of
    /// 1e7 in Float32 leaves no angle to those after it.
    /// </remarks>
    /// <returns>y, (B, L, E), and the last state of the complex scan, (B, E, N) each.</returns>
    public static (Tensor Y, ComplexTensor Final) Rotating(
        Tensor u, Tensor delta, ComplexTensor a, ComplexTensor b, ComplexTensor c, Tensor skip, ComplexTensor? initial, Tensor? resets)
    {
        var dtype = u.DType;
        (u, delta) = (Wide(u), Wide(delta));
        var angle = delta.CumulativeSum(1).Unsqueeze(3) * a.Im;
        ComplexTensor turn = new(angle.Cos(), angle.Sin());
        var gate = (delta.Unsqueeze(3) * a.Re).Exp();
        var input = new ComplexTensor(turn.Re, -turn.Im) * PerStep(b) * (delta * u).Unsqueeze(3);
        var (re, lastRe) = Recur(gate, input.Re, initial?.Re, resets);
        var (im, lastIm) = Recur(gate, input.Im, initial?.Im, resets);
        var read = turn * PerStep(c);
        var y = (((read.Re * re) - (read.Im * im)).Sum(3) * 2) + (u * skip);
        return (y.Convert(dtype), new ComplexTensor(Last(turn.Re), Last(turn.Im)) * new ComplexTensor(lastRe, lastIm));
    }

    private static (Tensor H, Tensor Final) Recur(Tensor gate, Tensor input, Tensor? initial, Tensor? resets)
    {
        Shape flat = [gate.Shape[0], gate.Shape[1], gate.Shape[2] * gate.Shape[3]];
        var (h, final) = GatedRecurrence.Apply(gate.Reshape(flat), input.Reshape(flat), initial?.Reshape(flat[0], flat[2]), resets);
        return (h.Reshape(gate.Shape), final.Reshape(gate.Shape[0], gate.Shape[2], gate.Shape[3]));
    }

    private static Tensor Last(Tensor h) => h.Slice(1, h.Shape[1] - 1, 1).Squeeze(1);

    /// <summary>States and what makes them are never BFloat16.</summary>
    private static Tensor Wide(Tensor x) => x.Convert(x.DType.Accurate());

    private static Tensor PerStep(Tensor coefficient) => Wide(coefficient.Rank == 3 ? coefficient.Unsqueeze(2) : coefficient);

    private static ComplexTensor PerStep(ComplexTensor coefficient) => new(PerStep(coefficient.Re), PerStep(coefficient.Im));
}
