using System.Numerics;
using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.RealFft;

/// <summary>The truth, in double, by the definitions. Both transforms are linear: a gradient is the transpose of the matrix.</summary>
internal static class RealFftReference
{
    /// <returns>Real and imaginary part of rfft(x, n).</returns>
    public static ReferenceArray[] Forward(ReferenceArray x, long length)
    {
        var bins = (length / 2) + 1;
        ReferenceArray re = ReferenceArray.Zeros(x.Shape.With(1, bins)), im = ReferenceArray.Zeros(x.Shape.With(1, bins));
        ForEach(x.Shape, bins, length, (inner, outer, root) =>
        {
            re.Values[outer] += x.Values[inner] * root.Real;
            im.Values[outer] += x.Values[inner] * root.Imaginary;
        });
        return [re, im];
    }

    /// <summary>∂x_l = Σ_k g_re cos(2πkl/n) − g_im sin(2πkl/n).</summary>
    public static ReferenceArray[] ForwardGradient(ReferenceArray x, long length, ReferenceArray[] gradients)
    {
        var dx = ReferenceArray.Zeros(x.Shape);
        ForEach(x.Shape, (length / 2) + 1, length, (inner, outer, root) =>
            dx.Values[inner] += (gradients[0].Values[outer] * root.Real) + (gradients[1].Values[outer] * root.Imaginary));
        return [dx];
    }

    /// <returns>irfft(X, n).</returns>
    public static ReferenceArray Inverse(ReferenceArray re, ReferenceArray im, long length)
    {
        var x = ReferenceArray.Zeros(re.Shape.With(1, length));
        ForEach(x.Shape, re.Shape[1], length, (inner, outer, root) =>
        {
            var (share, edge) = Share(outer, re.Shape, length);
            x.Values[inner] += share * ((re.Values[outer] * root.Real) + (edge ? 0 : im.Values[outer] * root.Imaginary));
        });
        return x;
    }

    /// <summary>∂X_k = (2/n, or 1/n at the edges) Σ_l g_l (cos(2πkl/n), −sin(2πkl/n)), without imaginary part at the edges.</summary>
    public static ReferenceArray[] InverseGradient(ReferenceArray re, long length, ReferenceArray gradient)
    {
        ReferenceArray dre = ReferenceArray.Zeros(re.Shape), dim = ReferenceArray.Zeros(re.Shape);
        ForEach(gradient.Shape, re.Shape[1], length, (inner, outer, root) =>
        {
            var (share, edge) = Share(outer, re.Shape, length);
            dre.Values[outer] += share * gradient.Values[inner] * root.Real;
            if (!edge) dim.Values[outer] += share * gradient.Values[inner] * root.Imaginary;
        });
        return [dre, dim];
    }

    private static (double Share, bool Edge) Share(long position, Shape spectrum, long length)
    {
        var k = position / spectrum[2] % spectrum[1];
        var edge = k == 0 || 2 * k == length;
        return ((edge ? 1.0 : 2.0) / length, edge);
    }

    /// <summary>Calls back for every pair of a sample and a frequency, with e^(−2πikl/n).</summary>
    private static void ForEach(Shape samples, long bins, long length, Action<long, long, Complex> body)
    {
        for (long b = 0; b < samples[0]; b++)
        {
            for (long k = 0; k < bins; k++)
            {
                for (long l = 0; l < samples[1]; l++)
                {
                    var root = Complex.FromPolarCoordinates(1, -2 * Math.PI * (k * l % length) / length);
                    for (long d = 0; d < samples[2]; d++) body((((b * samples[1]) + l) * samples[2]) + d, (((b * bins) + k) * samples[2]) + d, root);
                }
            }
        }
    }
}
