using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>The truth, in double: h_t = exp(Δ_t A) h_{t−1} + Δ_t x_t B_tᵀ, y_t = h_t C_t + D̲ x_t, step by step; h_{t−1} is zero at a reset.</summary>
internal static class SsdReference
{
    /// <returns>y and the final state.</returns>
    public static ReferenceArray[] Forward(SsdReferenceInputs inputs)
    {
        var (x, batch, length, heads, size, states) = (inputs.X, inputs.Batch, inputs.Length, inputs.Heads, inputs.Size, inputs.States);
        ReferenceArray y = ReferenceArray.Zeros(x.Shape), final = ReferenceArray.Zeros([batch, heads, size, states]);
        for (long row = 0; row < batch * heads; row++)
        {
            var (s, head) = Math.DivRem(row, heads);
            var history = History(inputs, s, head);
            for (long t = 0; t < length; t++)
            {
                for (long p = 0; p < size; p++)
                {
                    var at = inputs.AtX(s, t, head) + p;
                    y.Values[at] = inputs.SkipOf(head) * x.Values[at];
                    for (long n = 0; n < states; n++) y.Values[at] += history[t + 1][(p * states) + n] * inputs.C.Values[inputs.AtB(s, t, head) + n];
                }
            }

            history[length].CopyTo(final.Values, row * size * states);
        }

        return [y, final];
    }

    /// <summary>
    /// With a_t the gradient of h_t: a_t = g_t C_tᵀ + exp(Δ_{t+1} A) a_{t+1}; ∂C_t = Σ g_t h_t, ∂x_t = Δ_t a_t B_t + D̲ g_t, ∂B_t = Δ_t a_tᵀ x_t,
    /// ∂(Δ_t A) = ⟨a_t, exp(Δ_t A) h_{t−1}⟩ and ∂Δ_t = ⟨a_t, x_t B_tᵀ⟩ + A ∂(Δ_t A).
    /// </summary>
    /// <returns>Gradients of x, Δ, A, B, C, and of D̲ and the initial state where they are given.</returns>
    public static ReferenceArray[] Backward(SsdReferenceInputs inputs, ReferenceArray[] gradients)
    {
        var (x, batch, length, heads, size, states) = (inputs.X, inputs.Batch, inputs.Length, inputs.Heads, inputs.Size, inputs.States);
        ReferenceArray dx = ReferenceArray.Zeros(x.Shape), ddelta = ReferenceArray.Zeros(inputs.Delta.Shape), da = ReferenceArray.Zeros([heads]);
        ReferenceArray db = ReferenceArray.Zeros(inputs.B.Shape), dc = ReferenceArray.Zeros(inputs.B.Shape), dskip = ReferenceArray.Zeros([heads]);
        var dinitial = ReferenceArray.Zeros([batch, heads, size, states]);
        for (long row = 0; row < batch * heads; row++)
        {
            var (s, head) = Math.DivRem(row, heads);
            var history = History(inputs, s, head);
            var adjoint = gradients[1].Values[(int)(row * size * states)..(int)((row + 1) * size * states)];
            for (var t = length - 1; t >= 0; t--)
            {
                var (atX, atB, atDelta) = (inputs.AtX(s, t, head), inputs.AtB(s, t, head), (((s * length) + t) * heads) + head);
                var delta = inputs.Delta.Values[atDelta];
                var decay = inputs.IsReset(s, t) ? 0 : Math.Exp(delta * inputs.A.Values[head]);
                double ofDecay = 0, ofStep = 0;
                for (long p = 0; p < size; p++)
                {
                    var (g, u) = (gradients[0].Values[atX + p], x.Values[atX + p]);
                    dskip.Values[head] += g * u;
                    dx.Values[atX + p] += inputs.SkipOf(head) * g;
                    for (long n = 0; n < states; n++)
                    {
                        var at = (p * states) + n;
                        dc.Values[atB + n] += g * history[t + 1][at];
                        adjoint[at] += g * inputs.C.Values[atB + n];
                        dx.Values[atX + p] += delta * adjoint[at] * inputs.B.Values[atB + n];
                        db.Values[atB + n] += delta * adjoint[at] * u;
                        ofStep += adjoint[at] * u * inputs.B.Values[atB + n];
                        ofDecay += adjoint[at] * decay * history[t][at];
                        adjoint[at] *= decay;
                    }
                }

                ddelta.Values[atDelta] = ofStep + (inputs.A.Values[head] * ofDecay);
                da.Values[head] += delta * ofDecay;
            }

            adjoint.CopyTo(dinitial.Values, row * size * states);
        }

        return [dx, ddelta, da, db, dc, .. inputs.Skip is null ? (ReferenceArray[])[] : [dskip], .. inputs.Initial is null ? (ReferenceArray[])[] : [dinitial]];
    }

    /// <summary>The states of one head, (P, N) each: before the first step, and after each.</summary>
    private static double[][] History(SsdReferenceInputs inputs, long s, long head)
    {
        var (size, states) = (inputs.Size, inputs.States);
        var history = new double[inputs.Length + 1][];
        history[0] = new double[size * states];
        if (inputs.Initial is { } initial) Array.Copy(initial.Values, ((s * inputs.Heads) + head) * size * states, history[0], 0, size * states);
        for (long t = 0; t < inputs.Length; t++)
        {
            var delta = inputs.Delta.Values[(((s * inputs.Length) + t) * inputs.Heads) + head];
            var decay = inputs.IsReset(s, t) ? 0 : Math.Exp(delta * inputs.A.Values[head]);
            history[t + 1] = new double[size * states];
            for (long i = 0; i < size * states; i++)
            {
                var (p, n) = Math.DivRem(i, states);
                history[t + 1][i] = (decay * history[t][i]) + (delta * inputs.X.Values[inputs.AtX(s, t, head) + p] * inputs.B.Values[inputs.AtB(s, t, head) + n]);
            }
        }

        return history;
    }
}

/// <summary>The operation's inputs in double; skip, initial and resets or null.</summary>
internal sealed record SsdReferenceInputs(
    ReferenceArray X,
    ReferenceArray Delta,
    ReferenceArray A,
    ReferenceArray B,
    ReferenceArray C,
    ReferenceArray? Skip,
    ReferenceArray? Initial,
    ReferenceArray? Resets)
{
    public long Batch => X.Shape[0];

    public long Length => X.Shape[1];

    public long Heads => X.Shape[2];

    public long Size => X.Shape[3];

    public long States => B.Shape[3];

    public double SkipOf(long head) => Skip?.Values[head] ?? 0;

    public bool IsReset(long s, long t) => Resets is not null && Resets.Values[(s * Length) + t] != 0;

    public long AtX(long s, long t, long head) => ((((s * Length) + t) * Heads) + head) * Size;

    /// <summary>Position of a head's B_t or C_t: those of its group.</summary>
    public long AtB(long s, long t, long head) => ((((s * Length) + t) * B.Shape[2]) + (head / (Heads / B.Shape[2]))) * States;
}
