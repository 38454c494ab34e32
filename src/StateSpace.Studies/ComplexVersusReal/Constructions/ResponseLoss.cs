namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>
/// The paper's training loss of a real system (Eq. 7; appendix C): ℓ(A, B, C) = Σ_k (Σ_j C_j B_j A_j^k − φ_k)², with gradient and Hessian
/// in the order A, B, C.
/// </summary>
internal static class ResponseLoss
{
    public static double Value(RealRealization system, ReadOnlySpan<double> target)
    {
        var error = system.ErrorAgainst(target).L2;
        return error * error;
    }

    /// <summary>Gradient (3n) and Hessian (3n, 3n).</summary>
    public static (double[] Gradient, double[,] Hessian) Derivatives(RealRealization system, ReadOnlySpan<double> target)
    {
        var n = system.States;
        var response = system.ImpulseResponse(target.Length);
        var gradient = new double[3 * n];
        var hessian = new double[3 * n, 3 * n];
        for (var k = 0; k < target.Length; k++)
        {
            var residual = response[k] - target[k];
            var slope = new double[3 * n];
            for (var j = 0; j < n; j++)
            {
                var (a, b, c) = (system.A[j], system.B[j], system.C[j]);
                var power = Math.Pow(a, k);
                var first = k == 0 ? 0 : k * Math.Pow(a, k - 1);
                var second = k < 2 ? 0 : (double)k * (k - 1) * Math.Pow(a, k - 2);
                (slope[j], slope[n + j], slope[(2 * n) + j]) = (c * b * first, c * power, b * power);
                hessian[j, j] += 2 * residual * c * b * second;
                Couple(j, n + j, 2 * residual * c * first);
                Couple(j, (2 * n) + j, 2 * residual * b * first);
                Couple(n + j, (2 * n) + j, 2 * residual * power);
            }

            for (var i = 0; i < slope.Length; i++)
            {
                gradient[i] += 2 * residual * slope[i];
                for (var j = 0; j < slope.Length; j++) hessian[i, j] += 2 * slope[i] * slope[j];
            }
        }

        return (gradient, hessian);

        void Couple(int row, int column, double value)
        {
            hessian[row, column] += value;
            hessian[column, row] += value;
        }
    }
}
