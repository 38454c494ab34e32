using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>
/// Loss and gradient of the diagonal SSM in double precision, term by term as they are written down. The truth that the fast
/// kernels are held against.
/// </summary>
internal static class ReferenceModel
{
    /// <summary>ŷ_k = Σ_j C_j B_j a_j^k (real), 2·Re Σ_j C_j B_j λ_j^k (complex), k = 0 … t−1.</summary>
    public static double[] ImpulseResponse(SsmParameters parameters, int t)
    {
        var response = new double[t];
        var (re, im) = parameters.Eigenvalues();
        var factor = parameters.Field == StateField.Real ? 1.0 : 2.0;
        for (var j = 0; j < parameters.N; j++)
        {
            var lambda = new Complex(re[j], im[j]);
            var term = Input(parameters, j) * Output(parameters, j);
            for (var k = 0; k < t; k++)
            {
                response[k] += factor * term.Real;
                term *= lambda;
            }
        }

        return response;
    }

    /// <summary>Σ_k (ŷ_k − T_k)².</summary>
    public static double Loss(SsmParameters parameters, ReadOnlySpan<float> target)
    {
        var response = ImpulseResponse(parameters, target.Length);
        var loss = 0.0;
        for (var k = 0; k < target.Length; k++) loss += (response[k] - target[k]) * (response[k] - target[k]);
        return loss;
    }

    /// <summary>
    /// Gradient of the loss in the order of <see cref="SsmParameters.Trainable"/>. With e_k = 2(ŷ_k − T_k), G_j = Σ e_k λ_j^k and
    /// H_j = Σ k e_k λ_j^k: real ∂B = C G, ∂C = B G, ∂ν = −e^ν C B H; complex (w = B C) ∂Re B = 2 Re(C G), ∂Im B = −2 Im(C G), likewise C,
    /// ∂ν = −2 e^ν Re(w H), ∂θ = −2 Im(w H).
    /// </summary>
    public static IReadOnlyList<double[]> Gradient(SsmParameters parameters, ReadOnlySpan<float> target)
    {
        var response = ImpulseResponse(parameters, target.Length);
        var (re, im) = parameters.Eigenvalues();
        var gradient = parameters.Trainable.Select(values => new double[values.Length]).ToArray();
        for (var j = 0; j < parameters.N; j++)
        {
            var (lambda, power) = (new Complex(re[j], im[j]), Complex.One);
            var (g, h) = (Complex.Zero, Complex.Zero);
            for (var k = 0; k < target.Length; k++)
            {
                var error = 2 * (response[k] - target[k]);
                g += error * power;
                h += k * error * power;
                power *= lambda;
            }

            var (b, c) = (Input(parameters, j), Output(parameters, j));
            var decay = Math.Exp(parameters.Nu[j]);
            if (parameters.Field == StateField.Real)
            {
                gradient[0][j] = -decay * (c * b * h).Real;
                gradient[1][j] = (c * g).Real;
                gradient[2][j] = (b * g).Real;
            }
            else
            {
                gradient[0][j] = -2 * decay * (b * c * h).Real;
                gradient[1][j] = -2 * (b * c * h).Imaginary;
                gradient[2][j] = 2 * (c * g).Real;
                gradient[3][j] = -2 * (c * g).Imaginary;
                gradient[4][j] = 2 * (b * g).Real;
                gradient[5][j] = -2 * (b * g).Imaginary;
            }
        }

        return gradient;
    }

    private static Complex Input(SsmParameters p, int j) => new(p.InputRe[j], p.Field == StateField.Real ? 0 : p.InputIm[j]);

    private static Complex Output(SsmParameters p, int j) => new(p.OutputRe[j], p.Field == StateField.Real ? 0 : p.OutputIm[j]);
}
