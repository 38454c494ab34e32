using System.Collections.Concurrent;

namespace StateSpace.Models.Initialization;

/// <summary>
/// The normal part of the HiPPO-LegS matrix in its eigenbasis, the S4D-LegS initialization (Gu et al., 2022, arXiv 2206.11893, sec. 4.1): with
/// S_nk = ∓½ √((2n+1)(2k+1)) (− below the diagonal), A = −½ + S has the eigenvalues −½ ± iω_n, and B = Vᴴ (√(2n+1))_n.
/// </summary>
/// <remarks>
/// Of each conjugate pair the one of positive imaginary part is given. Eigenvectors have norm 1 and a first entry that is real and positive, as
/// LAPACK's have up to sign.
/// </remarks>
internal static class LegendreModes
{
    private const int MaximumSweeps = 60;

    /// <summary>Modes by number of states: the layers of a model share them.</summary>
    private static readonly ConcurrentDictionary<int, (double Frequency, double Re, double Im)[]> Known = [];

    /// <summary>ω_n and B_n of the conjugate pairs, by ascending ω.</summary>
    /// <param name="states">Number of real states N, even: there are N/2 pairs.</param>
    public static IReadOnlyList<(double Frequency, double Re, double Im)> Of(int states) => Known.GetOrAdd(states, Compute);

    private static (double Frequency, double Re, double Im)[] Compute(int states)
    {
        // iS is Hermitian. Its real embedding [[0, −S], [S, 0]] is symmetric and has each eigenvalue twice; any eigenvector (p; q) gives one, p + iq, of iS.
        var size = 2 * states;
        var matrix = new double[size, size];
        for (var n = 0; n < states; n++)
        {
            for (var k = 0; k < states; k++)
            {
                if (n == k) continue;
                var entry = (n > k ? -0.5 : 0.5) * Math.Sqrt(((2 * n) + 1.0) * ((2 * k) + 1.0));
                matrix[n, states + k] = -entry;
                matrix[states + n, k] = entry;
            }
        }

        var vectors = Diagonalize(matrix);

        // iS v = μ v means S v = −iμ v: the eigenvalue +iω belongs to μ = −ω. Equal eigenvalues lie side by side once sorted; each second one is kept.
        var order = Enumerable.Range(0, size).OrderByDescending(i => matrix[i, i]).Skip(states).ToArray();
        return [.. Enumerable.Range(0, states / 2).Select(i => Mode(-matrix[order[2 * i], order[2 * i]], vectors, order[2 * i]))];
    }

    private static (double Frequency, double Re, double Im) Mode(double frequency, double[,] vectors, int column)
    {
        var states = vectors.GetLength(0) / 2;
        var (re, im) = (0.0, 0.0);
        for (var n = 0; n < states; n++)
        {
            // conj(V) · √(2n+1)
            re += vectors[n, column] * Math.Sqrt((2 * n) + 1.0);
            im -= vectors[states + n, column] * Math.Sqrt((2 * n) + 1.0);
        }

        // Turning v by the phase that makes its first entry p + iq positive turns conj(v) by the opposite one.
        var (p, q) = (vectors[0, column], vectors[states, column]);
        var length = Math.Sqrt((p * p) + (q * q));
        (p, q) = (p / length, q / length);
        return (frequency, (re * p) - (im * q), (re * q) + (im * p));
    }

    /// <summary>Cyclic Jacobi rotations: the matrix becomes diagonal, the eigenvectors are the columns of the result.</summary>
    private static double[,] Diagonalize(double[,] a)
    {
        var size = a.GetLength(0);
        var v = new double[size, size];
        for (var i = 0; i < size; i++) v[i, i] = 1;
        for (var sweep = 0; sweep < MaximumSweeps && OffDiagonal(a) > 1e-26 * size * size; sweep++)
        {
            for (var p = 0; p < size - 1; p++)
            {
                for (var q = p + 1; q < size; q++)
                {
                    if (a[p, q] != 0) Rotate(a, v, p, q);
                }
            }
        }

        return v;
    }

    private static double OffDiagonal(double[,] a)
    {
        var (sum, scale) = (0.0, 0.0);
        for (var i = 0; i < a.GetLength(0); i++)
        {
            for (var j = 0; j < a.GetLength(0); j++)
            {
                if (i != j) sum += a[i, j] * a[i, j];
                scale = Math.Max(scale, Math.Abs(a[i, j]));
            }
        }

        return sum / (scale * scale);
    }

    private static void Rotate(double[,] a, double[,] v, int p, int q)
    {
        var theta = (a[q, q] - a[p, p]) / (2 * a[p, q]);
        var t = (theta < 0 ? -1 : 1) / (Math.Abs(theta) + Math.Sqrt((theta * theta) + 1));
        var c = 1 / Math.Sqrt((t * t) + 1);
        var s = t * c;
        for (var i = 0; i < a.GetLength(0); i++) (a[i, p], a[i, q]) = ((c * a[i, p]) - (s * a[i, q]), (s * a[i, p]) + (c * a[i, q]));
        for (var i = 0; i < a.GetLength(0); i++) (a[p, i], a[q, i]) = ((c * a[p, i]) - (s * a[q, i]), (s * a[p, i]) + (c * a[q, i]));
        for (var i = 0; i < a.GetLength(0); i++) (v[i, p], v[i, q]) = ((c * v[i, p]) - (s * v[i, q]), (s * v[i, p]) + (c * v[i, q]));
    }
}
