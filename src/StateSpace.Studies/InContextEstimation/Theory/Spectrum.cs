using MathNet.Numerics.LinearAlgebra;

namespace StateSpace.Studies.InContextEstimation;

/// <summary>Symmetric matrices by their eigenvectors.</summary>
internal static class Spectrum
{
    /// <summary>Eigenvalues, the largest first, and their eigenvectors as columns.</summary>
    public static (double[] Values, Matrix<double> Vectors) Of(Matrix<double> symmetric)
    {
        var evd = symmetric.Evd(Symmetricity.Symmetric);
        var order = Enumerable.Range(0, symmetric.RowCount).OrderByDescending(i => evd.EigenValues[i].Real).ToArray();
        return ([.. order.Select(i => evd.EigenValues[i].Real)], Matrix<double>.Build.DenseOfColumnVectors(order.Select(evd.EigenVectors.Column)));
    }

    /// <summary>Σᵢ f(λᵢ) uᵢuᵢᵀ.</summary>
    public static Matrix<double> Compose(Matrix<double> vectors, double[] values, Func<double, double> function) =>
        vectors * Matrix<double>.Build.DenseDiagonal(values.Length, values.Length, i => function(values[i])) * vectors.Transpose();

    /// <summary>The symmetric root of a positive semidefinite matrix; eigenvalues below 0 by rounding count as 0.</summary>
    public static Matrix<double> Root(Matrix<double> symmetric)
    {
        var (values, vectors) = Of(symmetric);
        return Compose(vectors, values, value => Math.Sqrt(Math.Max(value, 0)));
    }
}
