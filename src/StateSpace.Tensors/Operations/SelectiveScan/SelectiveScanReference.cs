using System.Numerics;
using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>The operands in double: pairs (re, im) whose second is null where real; absent inputs are null.</summary>
internal sealed record ScanReferenceInputs(
    ReferenceArray U,
    ReferenceArray Delta,
    ReferenceArray?[] A,
    ReferenceArray?[] B,
    ReferenceArray?[] C,
    ReferenceArray? Skip,
    ReferenceArray? Gate,
    ReferenceArray? DeltaBias,
    ReferenceArray?[]? Initial,
    ReferenceArray? Resets,
    bool Softplus);

/// <summary>
/// The truth, in double, one channel and state after the other: h_t = exp(Δ_t A) h_{t−1} + Δ_t B_t u_t,
/// y_t = (s Re Σ_n C_t h_t + D̲ u_t) SiLU(z_t), s = 1 where real and 2 where complex.
/// </summary>
internal static class SelectiveScanReference
{
    /// <returns>y and the final state (re, and im where complex).</returns>
    public static ReferenceArray[] Forward(ScanReferenceInputs x)
    {
        var run = new Sizes(x);
        var y = ReferenceArray.Zeros(x.U.Shape);
        var final = new Complex[run.Batch * run.Channels * run.States];
        foreach (var (b, d) in run.Rows())
        {
            for (long n = 0; n < run.States; n++)
            {
                var h = run.Initial(b, d, n);
                for (long t = 0; t < run.Length; t++)
                {
                    var (at, delta) = (run.Position(b, t, d), run.Delta(b, t, d));
                    if (run.IsReset(b, t)) h = Complex.Zero;
                    h = (Complex.Exp(delta * run.A(d, n)) * h) + (delta * run.B(b, t, d, n) * x.U.Values[at]);
                    y.Values[at] += run.Scale * (run.C(b, t, d, n) * h).Real;
                }

                final[run.Row(b, d, n)] = h;
            }

            for (long t = 0; t < run.Length; t++)
            {
                var at = run.Position(b, t, d);
                y.Values[at] += (x.Skip?.Values[d] ?? 0) * x.U.Values[at];
                if (x.Gate is not null) y.Values[at] *= x.Gate.Values[at] * Sigmoid(x.Gate.Values[at]);
            }
        }

        return [y, .. Parts(final, run.StateShape, run.IsComplex)];
    }

    /// <summary>
    /// With g = ∂ℓ/∂y SiLU(z): G_t = s g_t C̄_t + conj(exp(Δ_{t+1} A)) G_{t+1}, ∂C_t = s g_t h̄_t, ∂B_t = Δ_t u_t G_t, q_t = h̄_{t−1} conj(exp(Δ_t A)) G_t,
    /// ∂A = Σ_t Δ_t q_t, ∂Δ_t = Σ_n Re(Ā q_t + B̄_t G_t u_t), ∂u_t = Δ_t Σ_n Re(B̄_t G_t) + D̲ g_t (bars: conjugates).
    /// </summary>
    /// <returns>Gradients in the order of the inputs, imaginary parts after real ones, without those of absent inputs and of the resets.</returns>
    public static ReferenceArray[] Backward(ScanReferenceInputs x, ReferenceArray[] gradients)
    {
        var run = new Sizes(x);
        var (du, ddelta, dgate) = (ReferenceArray.Zeros(x.U.Shape), ReferenceArray.Zeros(x.U.Shape), ReferenceArray.Zeros(x.U.Shape));
        var (dskip, dbias) = (ReferenceArray.Zeros([run.Channels]), ReferenceArray.Zeros([run.Channels]));
        Complex[] da = new Complex[run.Channels * run.States], db = new Complex[x.B[0]!.Shape.Count], dc = new Complex[x.C[0]!.Shape.Count];
        var dinitial = new Complex[run.Batch * run.Channels * run.States];
        foreach (var (b, d) in run.Rows())
        {
            var (g, inner) = (new double[run.Length], new double[run.Length]);
            for (long t = 0; t < run.Length; t++)
            {
                var at = run.Position(b, t, d);
                g[t] = gradients[0].Values[at];
                if (x.Gate is not null) g[t] *= x.Gate.Values[at] * Sigmoid(x.Gate.Values[at]);
                inner[t] = (x.Skip?.Values[d] ?? 0) * x.U.Values[at];
            }

            for (long n = 0; n < run.States; n++)
            {
                Complex[] before = new Complex[run.Length], after = new Complex[run.Length];
                var h = run.Initial(b, d, n);
                for (long t = 0; t < run.Length; t++)
                {
                    before[t] = run.IsReset(b, t) ? Complex.Zero : h;
                    var delta = run.Delta(b, t, d);
                    h = after[t] = (Complex.Exp(delta * run.A(d, n)) * before[t]) + (delta * run.B(b, t, d, n) * x.U.Values[run.Position(b, t, d)]);
                    inner[t] += run.Scale * (run.C(b, t, d, n) * h).Real;
                }

                var adjoint = new Complex(gradients[1].Values[run.Row(b, d, n)], run.IsComplex ? gradients[2].Values[run.Row(b, d, n)] : 0);
                for (var t = run.Length - 1; t >= 0; t--)
                {
                    var (at, delta) = (run.Position(b, t, d), run.Delta(b, t, d));
                    var (u, input) = (x.U.Values[at], run.B(b, t, d, n));
                    adjoint += run.Scale * g[t] * Complex.Conjugate(run.C(b, t, d, n));
                    dc[run.Position(x.C, b, t, d, n)] += run.Scale * g[t] * Complex.Conjugate(after[t]);
                    db[run.Position(x.B, b, t, d, n)] += delta * u * adjoint;
                    var through = (Complex.Conjugate(input) * adjoint).Real;
                    var earlier = Complex.Conjugate(Complex.Exp(delta * run.A(d, n))) * adjoint;
                    var q = Complex.Conjugate(before[t]) * earlier;
                    da[(d * run.States) + n] += delta * q;
                    du.Values[at] += delta * through;
                    ddelta.Values[at] += (Complex.Conjugate(run.A(d, n)) * q).Real + (u * through);
                    adjoint = run.IsReset(b, t) ? Complex.Zero : earlier;
                }

                dinitial[run.Row(b, d, n)] = adjoint;
            }

            for (long t = 0; t < run.Length; t++)
            {
                var at = run.Position(b, t, d);
                du.Values[at] += (x.Skip?.Values[d] ?? 0) * g[t];
                dskip.Values[d] += g[t] * x.U.Values[at];
                if (x.Softplus) ddelta.Values[at] *= Sigmoid(run.RawDelta(b, t, d));
                dbias.Values[d] += ddelta.Values[at];
                if (x.Gate is null) continue;
                var (z, sigma) = (x.Gate.Values[at], Sigmoid(x.Gate.Values[at]));
                dgate.Values[at] = gradients[0].Values[at] * inner[t] * sigma * (1 + (z * (1 - sigma)));
            }
        }

        return
        [
            du,
            ddelta,
            .. Parts(da, x.A[0]!.Shape, run.IsComplex),
            .. Parts(db, x.B[0]!.Shape, run.IsComplex),
            .. Parts(dc, x.C[0]!.Shape, run.IsComplex),
            .. x.Skip is null ? [] : new[] { dskip },
            .. x.Gate is null ? [] : new[] { dgate },
            .. x.DeltaBias is null ? [] : new[] { dbias },
            .. x.Initial is null ? [] : Parts(dinitial, run.StateShape, run.IsComplex),
        ];
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static IEnumerable<ReferenceArray> Parts(Complex[] values, Shape shape, bool complex)
    {
        yield return new(shape, [.. values.Select(value => value.Real)]);
        if (complex) yield return new(shape, [.. values.Select(value => value.Imaginary)]);
    }

    /// <summary>Sizes of the problem, and its numbers by their indices.</summary>
    private sealed class Sizes(ScanReferenceInputs x)
    {
        public long Batch => x.U.Shape[0];

        public long Length => x.U.Shape[1];

        public long Channels => x.U.Shape[2];

        public long States => x.A[0]!.Shape[1];

        public bool IsComplex => x.A[1] is not null;

        public double Scale => IsComplex ? 2 : 1;

        public Shape StateShape => [Batch, Channels, States];

        public IEnumerable<(long B, long D)> Rows()
        {
            for (long b = 0; b < Batch; b++)
            {
                for (long d = 0; d < Channels; d++) yield return (b, d);
            }
        }

        public long Position(long b, long t, long d) => (((b * Length) + t) * Channels) + d;

        public long Position(ReferenceArray?[] pair, long b, long t, long d, long n) =>
            pair[0]!.Shape.Rank == 3 ? (((b * Length) + t) * States) + n : (d * States) + n;

        public long Row(long b, long d, long n) => (((b * Channels) + d) * States) + n;

        public double RawDelta(long b, long t, long d) => x.Delta.Values[Position(b, t, d)] + (x.DeltaBias?.Values[d] ?? 0);

        public double Delta(long b, long t, long d)
        {
            var raw = RawDelta(b, t, d);
            return x.Softplus ? Math.Max(raw, 0) + Math.Log(1 + Math.Exp(-Math.Abs(raw))) : raw;
        }

        public bool IsReset(long b, long t) => x.Resets is not null && x.Resets.Values[(b * Length) + t] != 0;

        public Complex A(long d, long n) => At(x.A, (d * States) + n);

        public Complex B(long b, long t, long d, long n) => At(x.B, Position(x.B, b, t, d, n));

        public Complex C(long b, long t, long d, long n) => At(x.C, Position(x.C, b, t, d, n));

        public Complex Initial(long b, long d, long n) => x.Initial is null ? Complex.Zero : At(x.Initial, Row(b, d, n));

        private static Complex At(ReferenceArray?[] pair, long position) => new(pair[0]!.Values[position], pair[1]?.Values[position] ?? 0);
    }
}
