using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>
/// The linear programme min Σ|w_j| subject to Σ_k |Σ_j w_j a_j^k − φ_k| ≤ ε over real systems, by the revised simplex method with
/// columns generated on the continuous range of eigenvalues.
/// </summary>
/// <remarks>
/// Rows are the moments in the Chebyshev basis, Σ_j w_j T_i(a_j) + Σ_k τ_ik r_k = φ̂_i, where φ̂_i = Σ_k τ_ik φ_k and τ_ik is the
/// coefficient of x^k in T_i, and, for ε &gt; 0, Σ_k |r_k| + s = ε.
/// The prices of the rows are the polynomial p: a weight at a is
/// worth entering where |p(a)| &gt; 1. There are as many rows as values, so that each iteration factors a small dense matrix afresh.
/// The start is the Chebyshev extrema, whose matrix is a cosine transform.
/// </remarks>
internal sealed class ExchangeProgram
{
    private const double Tolerance = 1e-10;

    private readonly int _moments;
    private readonly bool _hasSlackRow;
    private readonly double[] _right;
    private readonly double[][] _residuals;
    private readonly double[] _gridAngles;
    private readonly double[] _gridCosines;
    private readonly CancellationToken _cancellation;

    /// <param name="rows">τ, the polynomials' coefficients; element [i][k], k ≤ i.</param>
    /// <param name="moments">φ̂, (t), not all zero.</param>
    /// <param name="epsilon">ε ≥ 0.</param>
    /// <param name="cancellation">Polled every iteration.</param>
    public ExchangeProgram(BigInteger[][] rows, double[] moments, double epsilon, CancellationToken cancellation)
    {
        _moments = moments.Length;
        _hasSlackRow = epsilon > 0;
        _cancellation = cancellation;
        Scale = moments.Max(Math.Abs);

        // A tiny fixed perturbation of the right side keeps symmetric targets, whose solutions have zero weights, from cycling. It
        // moves the optimum by about 1e−10 of itself and leaves the certificate valid.
        _right = [.. moments.Select((value, i) => (value / Scale) + (1e-11 * (1 + (((i * 0.6180339887498949) + 0.5) % 1))))];

        // Residuals count in units of ε, so that every variable of the last row lies between 0 and 1.
        _residuals = [.. Enumerable.Range(0, _moments).Select(k => rows.Select(row => k < row.Length ? (double)row[k] * (epsilon / Scale) : 0).ToArray())];
        var points = 16 * _moments;
        _gridAngles = [.. Enumerable.Range(0, points + 1).Select(g => g * Math.PI / points)];
        _gridCosines = [.. _gridAngles.Select(Math.Cos)];
    }

    private enum Kind
    {
        Eigenvalue,
        Residual,
        Slack,
    }

    /// <summary>What the moments were divided by.</summary>
    public double Scale { get; }

    /// <summary>Runs to the optimum, or as near as rounding lets it come.</summary>
    /// <returns>Σ|w_j| of the last system, and the polynomial's coefficients in the Chebyshev basis, not yet scaled to |p| ≤ 1.</returns>
    public (double Total, double[] Polynomial) Solve()
    {
        var basis = Start();
        var entries = basis.Select(Entries).ToArray();
        var size = basis.Length;
        for (var iteration = 0; ; iteration++)
        {
            _cancellation.ThrowIfCancellationRequested();
            var matrix = new double[size][];
            for (var i = 0; i < size; i++) matrix[i] = [.. entries.Select(entry => entry[i])];
            var factors = new LowerUpper(matrix);
            var values = factors.Solve(RightSide());
            var prices = factors.SolveTransposed([.. basis.Select(member => member.Kind == Kind.Eigenvalue ? 1.0 : 0)]);

            var (entering, gain) = BestColumn(prices);
            if (gain <= Tolerance || iteration == 400 * size) return (Total(basis, values), prices[.._moments]);
            var column = Entries(entering);
            var direction = factors.Solve(column);
            var leaving = Leaving(values, direction);
            if (leaving < 0) return (Total(basis, values), prices[.._moments]);
            basis[leaving] = entering;
            entries[leaving] = column;
        }
    }

    private static int Leaving(double[] values, double[] direction)
    {
        var smallest = 1e-9 * direction.Max(Math.Abs);

        // Two passes: the step that keeps every value above a tiny negative allowance, then the largest pivot within that step.
        var step = double.PositiveInfinity;
        for (var i = 0; i < values.Length; i++)
            if (direction[i] > smallest) step = Math.Min(step, (Math.Max(0, values[i]) + 1e-13) / direction[i]);
        var leaving = -1;
        for (var i = 0; i < values.Length; i++)
        {
            if (direction[i] <= smallest || Math.Max(0, values[i]) / direction[i] > step) continue;
            if (leaving < 0 || direction[i] > direction[leaving]) leaving = i;
        }

        return leaving;
    }

    private static double Total(Column[] basis, double[] values) => basis.Zip(values, (column, value) => column.Kind == Kind.Eigenvalue ? Math.Abs(value) : 0).Sum();

    private Column[] Start()
    {
        var angles = Enumerable.Range(0, _moments).Select(j => _moments == 1 ? 0 : Math.PI * j / (_moments - 1)).ToArray();
        var matrix = new double[_moments][];
        for (var i = 0; i < _moments; i++) matrix[i] = [.. angles.Select(angle => Math.Cos(i * angle))];
        var weights = new LowerUpper(matrix).Solve(_right);
        var columns = angles.Zip(weights, (angle, weight) => new Column(Kind.Eigenvalue, angle, 0, weight < 0 ? -1 : 1));
        return _hasSlackRow ? [.. columns, new Column(Kind.Slack, 0, 0, 1)] : [.. columns];
    }

    private double[] RightSide() => _hasSlackRow ? [.. _right, 1] : _right;

    private double[] Entries(Column column)
    {
        var entries = new double[_moments + (_hasSlackRow ? 1 : 0)];
        if (column.Kind == Kind.Slack)
        {
            entries[_moments] = 1;
            return entries;
        }

        for (var i = 0; i < _moments; i++)
            entries[i] = column.Sign * (column.Kind == Kind.Eigenvalue ? Math.Cos(i * column.Angle) : _residuals[column.Power][i]);
        if (column.Kind == Kind.Residual) entries[_moments] = 1;
        return entries;
    }

    private (Column Column, double Gain) BestColumn(double[] prices)
    {
        var polynomial = prices.AsSpan(0, _moments);
        var best = (new Column(Kind.Slack, 0, 0, 1), Gain: _hasSlackRow ? prices[_moments] : 0);
        var values = new double[_gridAngles.Length];
        CosinePolynomial.Values(polynomial, _gridCosines, values);
        for (var g = 0; g < values.Length; g++)
        {
            var value = Math.Abs(values[g]);
            if (value < 0.98 * (1 + best.Gain)) continue;
            if ((g > 0 && Math.Abs(values[g - 1]) > value) || (g + 1 < values.Length && Math.Abs(values[g + 1]) > value)) continue;
            Consider(_gridAngles[g]);
            if (g > 0 && g + 1 < values.Length) Consider(CosinePolynomial.Extremum(polynomial, _gridAngles[g], _gridAngles[1]));
        }

        if (_hasSlackRow)
        {
            for (var k = 0; k < _moments; k++)
            {
                var coefficient = 0.0;
                for (var i = 0; i < _moments; i++) coefficient += prices[i] * _residuals[k][i];
                var gain = Math.Abs(coefficient) + prices[_moments];
                if (gain > best.Gain) best = (new Column(Kind.Residual, 0, k, coefficient < 0 ? -1 : 1), gain);
            }
        }

        return best;

        void Consider(double angle)
        {
            var value = CosinePolynomial.Value(prices.AsSpan(0, _moments), angle);
            if (Math.Abs(value) - 1 > best.Gain) best = (new Column(Kind.Eigenvalue, angle, 0, value < 0 ? -1 : 1), Math.Abs(value) - 1);
        }
    }

    /// <summary>A variable ≥ 0 of the programme: a weight of one sign at an eigenvalue, a residual of one sign, or what is left of ε.</summary>
    private readonly record struct Column(Kind Kind, double Angle, int Power, int Sign);
}
