namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>Eigenvalues of a small dense symmetric matrix by Jacobi's rotations.</summary>
internal static class SymmetricEigenvalues
{
    /// <summary>The largest eigenvalue; the matrix is overwritten.</summary>
    public static double Largest(double[,] matrix)
    {
        var n = matrix.GetLength(0);
        for (var sweep = 0; sweep < 50; sweep++)
        {
            double off = 0, diagonal = 0;
            for (var i = 0; i < n; i++)
            {
                diagonal += matrix[i, i] * matrix[i, i];
                for (var j = i + 1; j < n; j++) off += matrix[i, j] * matrix[i, j];
            }

            // The remaining entries move an eigenvalue by less than rounding does.
            if (off <= 1e-32 * diagonal) break;
            for (var i = 0; i < n; i++)
                for (var j = i + 1; j < n; j++) Rotate(matrix, i, j);
        }

        var largest = matrix[0, 0];
        for (var i = 1; i < n; i++) largest = Math.Max(largest, matrix[i, i]);
        return largest;
    }

    /// <summary>The rotation in the plane (p, q) that makes entry (p, q) zero.</summary>
    private static void Rotate(double[,] matrix, int p, int q)
    {
        if (matrix[p, q] == 0) return;
        var ratio = (matrix[q, q] - matrix[p, p]) / (2 * matrix[p, q]);
        var tangent = (ratio < 0 ? -1 : 1) / (Math.Abs(ratio) + Math.Sqrt(1 + (ratio * ratio)));
        var cosine = 1 / Math.Sqrt(1 + (tangent * tangent));
        var sine = tangent * cosine;
        for (var k = 0; k < matrix.GetLength(0); k++)
        {
            var (left, right) = (matrix[k, p], matrix[k, q]);
            (matrix[k, p], matrix[k, q]) = ((cosine * left) - (sine * right), (sine * left) + (cosine * right));
        }

        for (var k = 0; k < matrix.GetLength(0); k++)
        {
            var (upper, lower) = (matrix[p, k], matrix[q, k]);
            (matrix[p, k], matrix[q, k]) = ((cosine * upper) - (sine * lower), (sine * upper) + (cosine * lower));
        }

        matrix[p, q] = matrix[q, p] = 0;
    }
}
