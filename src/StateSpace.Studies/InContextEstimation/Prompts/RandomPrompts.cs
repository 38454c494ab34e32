using MathNet.Numerics.LinearAlgebra;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.InContextEstimation;

/// <summary>Random matrices for the checks.</summary>
internal static class RandomPrompts
{
    /// <summary>Independent standard normal entries, (d, d).</summary>
    public static Matrix<double> Matrix(int dimension, RandomSource random)
    {
        var values = new double[dimension * dimension];
        random.FillNormal(values);
        return Matrix<double>.Build.Dense(dimension, dimension, values);
    }

    /// <summary>A covariance with eigenvalues well apart, AAᵀ/d + I/4.</summary>
    public static Matrix<double> Covariance(int dimension, RandomSource random)
    {
        var matrix = Matrix(dimension, random);
        var product = matrix * matrix.Transpose() / dimension;
        return ((product + product.Transpose()) / 2) + (Matrix<double>.Build.DenseIdentity(dimension) / 4);
    }
}
