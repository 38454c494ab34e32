using System.Collections.Immutable;
using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>
/// Complex diagonal systems that match a given impulse response up to time t, all with eigenvalues of magnitude 0.5^{1/(t−1)} and weights
/// of the size of the response (Proposition 3 and variants).
/// </summary>
public static class ComplexConstructions
{
    /// <summary>
    /// Proposition 3: t states on the grid of the discrete Fourier transform, A_j = α e^{2πij/t}, B = DFT(φ_k α^{−k})/√t, C = 1/√t. ‖B‖₂ ≤
    /// 2‖φ‖₂ and ‖C‖₂ = 1.
    /// </summary>
    /// <param name="target">φ, (t), t ≥ 2.</param>
    public static ComplexRealization Fourier(ReadOnlySpan<double> target)
    {
        var t = Check(target);
        var spectrum = Spectrum(target, t);
        var root = 1 / Math.Sqrt(t);
        return new(Eigenvalues(t, t), [.. spectrum.Select(value => value * root)], [.. Enumerable.Repeat(new Complex(root, 0), t)]);
    }

    /// <summary>
    /// The half of <see cref="Fourier"/> that a real response needs: ⌊t/2⌋ + 1 states, the mirrored frequencies folded into weights 2.
    /// </summary>
    /// <param name="target">φ, (t), t ≥ 2.</param>
    public static ComplexRealization HalfSpectrum(ReadOnlySpan<double> target)
    {
        var t = Check(target);
        var n = (t / 2) + 1;
        var spectrum = Spectrum(target, n);
        var root = Math.Sqrt(n);
        return new(
            Eigenvalues(t, n),
            [.. spectrum.Select((value, j) => value * ((j == 0 || 2 * j == t ? 1 : 2) * root / t))],
            [.. Enumerable.Repeat(new Complex(1 / root, 0), n)]);
    }

    /// <summary>
    /// Complex eigenvalues with real input and output weights (appendix A.3): t states at the angles θ_j = π(j + ½)/t of the cosine
    /// transform, w_j = φ₀/t + (2/t) Σ_{k≥1} φ_k α^{−k} cos(kθ_j), B = w√t, C = 1/√t.
    /// </summary>
    /// <param name="target">φ, (t), t ≥ 2.</param>
    public static ComplexRealization Cosine(ReadOnlySpan<double> target)
    {
        var t = Check(target);
        var radius = Radius(t);

        // kθ_j = π k (2j + 1) / (2t): a multiple of π/(2t), of which only 4t differ.
        var cosines = Enumerable.Range(0, 4 * t).Select(m => Math.Cos(Math.PI * m / (2 * t))).ToArray();
        var lifted = new double[t];
        for (var k = 0; k < t; k++) lifted[k] = target[k] / Math.Pow(radius, k);
        var weights = new Complex[t];
        for (var j = 0; j < t; j++)
        {
            var sum = target[0] / 2;
            for (var k = 1; k < t; k++)
            {
                if (lifted[k] != 0) sum += lifted[k] * cosines[(long)k * ((2 * j) + 1) % (4 * t)];
            }

            weights[j] = 2 * sum / t * Math.Sqrt(t);
        }

        ImmutableArray<Complex> a = [.. Enumerable.Range(0, t).Select(j => Complex.FromPolarCoordinates(radius, Math.PI * (j + 0.5) / t))];
        return new(a, [.. weights], [.. Enumerable.Repeat(new Complex(1 / Math.Sqrt(t), 0), t)]);
    }

    /// <summary>One state, A = ri, B C = 1: the response r^k (1, 0, −1, 0, …).</summary>
    /// <param name="radius">r, below 1 for a stable system.</param>
    public static ComplexRealization Oscillator(double radius) => new([new Complex(0, radius)], [Complex.One], [Complex.One]);

    /// <summary>α = 0.5^{1/(t−1)}, the magnitude of the eigenvalues for a response of t values.</summary>
    public static double Radius(int t) => Math.Pow(0.5, 1.0 / (t - 1));

    private static ImmutableArray<Complex> Eigenvalues(int t, int n) =>
        [.. Enumerable.Range(0, n).Select(j => Complex.FromPolarCoordinates(Radius(t), 2 * Math.PI * j / t))];

    /// <summary>X_j = Σ_k φ_k α^{−k} e^{−2πijk/t}, j below n.</summary>
    private static Complex[] Spectrum(ReadOnlySpan<double> target, int n)
    {
        var t = target.Length;
        var radius = Radius(t);
        var roots = Enumerable.Range(0, t).Select(m => Complex.FromPolarCoordinates(1, -2 * Math.PI * m / t)).ToArray();
        var spectrum = new Complex[n];
        for (var k = 0; k < t; k++)
        {
            if (target[k] == 0) continue;
            var lifted = target[k] / Math.Pow(radius, k);
            for (var j = 0; j < n; j++) spectrum[j] += lifted * roots[(int)((long)j * k % t)];
        }

        return spectrum;
    }

    private static int Check(ReadOnlySpan<double> target) =>
        target.Length >= 2 ? target.Length : throw new ArgumentException(
            $"ComplexConstructions: the target has {target.Length} values; it needs at least two");
}
