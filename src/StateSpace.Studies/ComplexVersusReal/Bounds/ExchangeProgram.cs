using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>
/// The linear programme min Σ|w_j| subject to Σ_k |Σ_j w_j a_j^k − φ_k| ≤ ε over real systems, by the revised simplex method with columns
/// generated on the continuous range of eigenvalues.
/// </summary>
/// <remarks>
/// <para>Rows are the moments in the Chebyshev basis, Σ_j w_j T_i(a_j) + Σ_k τ_ik r_k = φ̂_i, where φ̂_i = Σ_k τ_ik φ_k and τ_ik is the
/// coefficient of x^k in T_i, and, for ε &gt; 0, Σ_k |r_k| + s = ε. The prices of the rows are the polynomial p: a weight at a is worth
/// entering where |p(a)| &gt; 1. The start is the Chebyshev extrema, whose matrix is a cosine transform.</para>
/// <para>The moments grow as 2.4^t while the minimum may be of the size of 1 where ε is large, so that the arithmetic has 32 digits.
/// Eigenvalues to enter are looked for in double: a column needs to be good, not best.</para>
/// </remarks>
internal sealed class ExchangeProgram
{
    private const double Tolerance = 2e-9;
    private const int MostIterations = 200;
    private const int Refresh = 100;

    private readonly int _moments;
    private readonly bool _hasSlackRow;
    private readonly DoubleDouble[] _right;
    private readonly DoubleDouble[][] _residuals;
    private readonly double[] _gridAngles;
    private readonly double[] _gridCosines;
    private readonly CancellationToken _cancellation;

    /// <param name="rows">τ, the polynomials' coefficients; element [i][k], k ≤ i.</param>
    /// <param name="moments">φ̂, (t), not all zero.</param>
    /// <param name="epsilon">ε ≥ 0.</param>
    /// <param name="cancellation">Polled every iteration.</param>
    public ExchangeProgram(BigInteger[][] rows, BigRational[] moments, double epsilon, CancellationToken cancellation)
    {
        _moments = moments.Length;
        _hasSlackRow = epsilon > 0;
        _cancellation = cancellation;

        // A power of two, so that scaling is exact.
        Scale = Math.ScaleB(1, Math.ILogB(moments.Max(value => Math.Abs(value.ToDouble()))));
        var scale = BigRational.From(1 / Scale);
        DoubleDouble[] right = [.. moments.Select(value => DoubleDouble.From(value * scale))];
        _right = _hasSlackRow ? [.. right, 1] : right;

        // Residuals count in units of ε, so that every variable of the last row lies between 0 and 1.
        var unit = BigRational.From(epsilon) * scale;
        _residuals = new DoubleDouble[_hasSlackRow ? _moments : 0][];
        for (var k = 0; k < _residuals.Length; k++)
        {
            _residuals[k] = new DoubleDouble[_moments + 1];
            for (var i = k; i < _moments; i++) _residuals[k][i] = DoubleDouble.From(new BigRational(rows[i][k], BigInteger.One) * unit);
            _residuals[k][_moments] = 1;
        }

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
    public (double Total, DoubleDouble[] Polynomial) Solve()
    {
        var basis = Start();
        var columns = basis.Select(Entries).ToArray();
        var inverse = new InverseBasis(columns);
        for (var iteration = 1; ; iteration++)
        {
            _cancellation.ThrowIfCancellationRequested();
            var values = inverse.Solve(_right);
            var total = Total(basis, values);
            var prices = inverse.SumRows([.. basis.Select(member => member.Kind == Kind.Eigenvalue)]);
            var (entering, gain) = BestColumn(prices, total);
            if (gain <= Tolerance || iteration == MostIterations * basis.Length) return (total, prices[.._moments]);
            var column = Entries(entering);
            var direction = inverse.Solve(column);
            var leaving = Leaving(values, direction);
            if (leaving < 0) return (total, prices[.._moments]);
            (basis[leaving], columns[leaving]) = (entering, column);
            if (iteration % Refresh == 0) inverse = new InverseBasis(columns);
            else inverse.Replace(leaving, direction);
        }
    }

    private static int Leaving(DoubleDouble[] values, DoubleDouble[] direction)
    {
        // Two passes: the step that keeps every value above a tiny negative allowance, then the largest pivot within that step.
        const double Allowance = 1e-28;
        var smallest = 1e-20 * direction.Max(value => Math.Abs(value.High));
        var step = double.PositiveInfinity;
        for (var i = 0; i < values.Length; i++)
            if (direction[i].High > smallest) step = Math.Min(step, (Math.Max(0, values[i].High) + Allowance) / direction[i].High);
        var leaving = -1;
        for (var i = 0; i < values.Length; i++)
        {
            if (direction[i].High <= smallest || Math.Max(0, values[i].High) / direction[i].High > step) continue;
            if (leaving < 0 || direction[i].High > direction[leaving].High) leaving = i;
        }

        return leaving;
    }

    private static double Total(Column[] basis, DoubleDouble[] values) =>
        basis.Zip(values, (column, value) => column.Kind == Kind.Eigenvalue ? Math.Abs(value.High) : 0).Sum();

    private Column[] Start()
    {
        double[] positions = _moments == 1 ? [1] : RealInterpolation.ChebyshevNodes(_moments, 1);
        Column[] extrema = [.. positions.Select(position => new Column(Kind.Eigenvalue, position, 0, 1))];
        var weights = new InverseBasis([.. extrema.Select(column => Entries(column)[.._moments])]).Solve(_right[.._moments]);
        for (var j = 0; j < _moments; j++) extrema[j] = extrema[j] with { Sign = weights[j].IsNegative ? -1 : 1 };
        return _hasSlackRow ? [.. extrema, new Column(Kind.Slack, 0, 0, 1)] : extrema;
    }

    private DoubleDouble[] Entries(Column column)
    {
        var entries = new DoubleDouble[_right.Length];
        switch (column.Kind)
        {
            case Kind.Slack:
                entries[_moments] = 1;
                break;
            case Kind.Residual:
                for (var i = 0; i < _moments; i++) entries[i] = column.Sign * _residuals[column.Power][i];
                entries[_moments] = 1;
                break;
            default:
                entries[0] = column.Sign;
                if (_moments > 1) entries[1] = column.Sign * column.Position;
                for (var i = 2; i < _moments; i++) entries[i] = (2 * column.Position * entries[i - 1]) - entries[i - 2];
                break;
        }

        return entries;
    }

    /// <summary>
    /// The column whose entering helps most. Gains are relative: |p| − 1 for an eigenvalue, and for residuals the excess over their price
    /// in units of the present Σ|w_j|, which is what either takes off the proved bound.
    /// </summary>
    private (Column Column, double Gain) BestColumn(DoubleDouble[] prices, double total)
    {
        var best = (Column: new Column(Kind.Slack, 0, 0, 1), Gain: _hasSlackRow ? prices[_moments].High / total : 0);
        double[] polynomial = [.. prices.Take(_moments).Select(price => price.High)];
        var values = new double[_gridCosines.Length];
        CosinePolynomial.Values(polynomial, _gridCosines, values);
        for (var g = 0; g < values.Length; g++)
        {
            var value = Math.Abs(values[g]);
            if (value < 0.98 * (1 + best.Gain)) continue;
            if ((g > 0 && Math.Abs(values[g - 1]) > value) || (g + 1 < values.Length && Math.Abs(values[g + 1]) > value)) continue;
            Consider(_gridAngles[g]);

            // p is even about both ends, where Newton's iteration would stay; an extremum beside an end is found from within.
            var start = Math.Clamp(_gridAngles[g], _gridAngles[1] / 2, Math.PI - (_gridAngles[1] / 2));
            Consider(CosinePolynomial.Extremum(polynomial, start, _gridAngles[1]));
        }

        for (var k = 0; k < _residuals.Length; k++)
        {
            DoubleDouble coefficient = 0;
            for (var i = k; i < _moments; i++) coefficient += prices[i] * _residuals[k][i];
            var gain = (DoubleDouble.Abs(coefficient) + prices[_moments]).High / total;
            if (gain > best.Gain) best = (new Column(Kind.Residual, 0, k, coefficient.IsNegative ? -1 : 1), gain);
        }

        return best;

        void Consider(double angle)
        {
            var position = Math.Cos(angle);
            var value = CosinePolynomial.AtCosine(polynomial, position);
            if (Math.Abs(value) - 1 > best.Gain) best = (new Column(Kind.Eigenvalue, position, 0, value < 0 ? -1 : 1), Math.Abs(value) - 1);
        }
    }

    /// <summary>
    /// A variable ≥ 0 of the programme: a weight of one sign at an eigenvalue, a residual of one sign, or what is left of ε.
    /// </summary>
    private readonly record struct Column(Kind Kind, double Position, int Power, int Sign);
}
