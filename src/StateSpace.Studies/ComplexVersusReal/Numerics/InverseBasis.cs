namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>The inverse of a small square matrix in 32 digits, kept up to date while columns of the matrix are exchanged.</summary>
internal sealed class InverseBasis
{
    private readonly DoubleDouble[][] _rows;

    /// <param name="columns">The matrix by columns; not singular.</param>
    public InverseBasis(IReadOnlyList<DoubleDouble[]> columns)
    {
        var n = columns.Count;
        _rows = new DoubleDouble[n][];

        // Gauss and Jordan with row pivoting on [M | I].
        var matrix = new DoubleDouble[n][];
        for (var i = 0; i < n; i++)
        {
            matrix[i] = new DoubleDouble[n];
            _rows[i] = new DoubleDouble[n];
            for (var j = 0; j < n; j++) matrix[i][j] = columns[j][i];
            _rows[i][i] = 1;
        }

        for (var column = 0; column < n; column++)
        {
            var pivot = column;
            for (var i = column + 1; i < n; i++)
                if (Math.Abs(matrix[i][column].High) > Math.Abs(matrix[pivot][column].High)) pivot = i;
            (matrix[pivot], matrix[column]) = (matrix[column], matrix[pivot]);
            (_rows[pivot], _rows[column]) = (_rows[column], _rows[pivot]);
            var scale = 1 / matrix[column][column];
            Scale(matrix[column], scale, column);
            Scale(_rows[column], scale, 0);
            for (var i = 0; i < n; i++)
            {
                var factor = matrix[i][column];
                if (i == column || factor.High == 0) continue;
                Subtract(matrix[i], factor, matrix[column], column);
                Subtract(_rows[i], factor, _rows[column], 0);
            }
        }
    }

    /// <summary>M⁻¹ v.</summary>
    public DoubleDouble[] Solve(DoubleDouble[] v)
    {
        var solution = new DoubleDouble[_rows.Length];
        for (var i = 0; i < solution.Length; i++)
        {
            DoubleDouble sum = 0;
            var row = _rows[i];
            for (var j = 0; j < row.Length; j++) sum += row[j] * v[j];
            solution[i] = sum;
        }

        return solution;
    }

    /// <summary>M⁻ᵀ v for a vector v of zeros and ones.</summary>
    public DoubleDouble[] SumRows(ReadOnlySpan<bool> chosen)
    {
        var sums = new DoubleDouble[_rows.Length];
        for (var i = 0; i < sums.Length; i++)
        {
            if (!chosen[i]) continue;
            for (var j = 0; j < sums.Length; j++) sums[j] += _rows[i][j];
        }

        return sums;
    }

    /// <summary>Replaces a column of the matrix.</summary>
    /// <param name="index">Which.</param>
    /// <param name="direction">M⁻¹ times the new column.</param>
    public void Replace(int index, DoubleDouble[] direction)
    {
        Scale(_rows[index], 1 / direction[index], 0);
        for (var i = 0; i < _rows.Length; i++)
            if (i != index && direction[i].High != 0) Subtract(_rows[i], direction[i], _rows[index], 0);
    }

    private static void Scale(DoubleDouble[] row, DoubleDouble factor, int from)
    {
        for (var j = from; j < row.Length; j++) row[j] *= factor;
    }

    private static void Subtract(DoubleDouble[] row, DoubleDouble factor, DoubleDouble[] other, int from)
    {
        var negative = -factor;
        for (var j = from; j < row.Length; j++) row[j] += negative * other[j];
    }
}
