namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>A dense square matrix as P M = L U with partial pivoting, for the few dozen rows of the linear programmes here.</summary>
internal sealed class LowerUpper
{
    private readonly double[][] _rows;
    private readonly int[] _source;

    /// <param name="rows">The matrix by rows; taken over and overwritten.</param>
    public LowerUpper(double[][] rows)
    {
        var n = rows.Length;
        _rows = rows;
        _source = [.. Enumerable.Range(0, n)];
        for (var column = 0; column < n; column++)
        {
            var pivot = column;
            for (var i = column + 1; i < n; i++)
                if (Math.Abs(rows[i][column]) > Math.Abs(rows[pivot][column])) pivot = i;
            (rows[pivot], rows[column]) = (rows[column], rows[pivot]);
            (_source[pivot], _source[column]) = (_source[column], _source[pivot]);
            var top = rows[column];
            for (var i = column + 1; i < n; i++)
            {
                var row = rows[i];
                var factor = row[column] /= top[column];
                if (factor == 0) continue;
                for (var j = column + 1; j < n; j++) row[j] -= factor * top[j];
            }
        }
    }

    /// <summary>x with M x = right.</summary>
    public double[] Solve(ReadOnlySpan<double> right)
    {
        var x = new double[_rows.Length];
        for (var i = 0; i < x.Length; i++)
        {
            var sum = right[_source[i]];
            for (var j = 0; j < i; j++) sum -= _rows[i][j] * x[j];
            x[i] = sum;
        }

        for (var i = x.Length - 1; i >= 0; i--)
        {
            for (var j = i + 1; j < x.Length; j++) x[i] -= _rows[i][j] * x[j];
            x[i] /= _rows[i][i];
        }

        return x;
    }

    /// <summary>y with Mᵀ y = right.</summary>
    public double[] SolveTransposed(ReadOnlySpan<double> right)
    {
        var x = right.ToArray();
        for (var i = 0; i < x.Length; i++)
        {
            x[i] /= _rows[i][i];
            for (var j = i + 1; j < x.Length; j++) x[j] -= _rows[i][j] * x[i];
        }

        for (var i = x.Length - 1; i >= 0; i--)
            for (var j = 0; j < i; j++) x[j] -= _rows[i][j] * x[i];
        var y = new double[x.Length];
        for (var i = 0; i < x.Length; i++) y[_source[i]] = x[i];
        return y;
    }
}
