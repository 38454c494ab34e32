namespace StateSpace.Tensors.Operations.ZeroOrderHold;

/// <summary>e^z, φ(z) = (e^z − 1)/z and φ′(z), in double. Near 0, where the quotients cancel, φ and φ′ are power series.</summary>
internal readonly record struct HoldFunctions((double Re, double Im) Exponential, (double Re, double Im) Phi, (double Re, double Im) Slope)
{
    /// <summary>|z|² below which the series are used; at |z| = ½ the quotients lose 2 bits (φ) and 4 (φ′).</summary>
    private const double Near = 0.25;

    /// <summary>Enough for |z| ≤ ½: the next term is 2^−70 of the sum.</summary>
    private const int Terms = 15;

    public static HoldFunctions At((double Re, double Im) z)
    {
        var magnitude = Math.Exp(z.Re);
        var (sin, cos) = Math.SinCos(z.Im);
        var exponential = (Re: magnitude * cos, Im: magnitude * sin);
        if ((z.Re * z.Re) + (z.Im * z.Im) < Near) return new(exponential, Series(z, slope: false), Series(z, slope: true));
        var phi = Divide((exponential.Re - 1, exponential.Im), z);
        return new(exponential, phi, Divide((exponential.Re - phi.Re, exponential.Im - phi.Im), z));
    }

    public static (double Re, double Im) Multiply((double Re, double Im) x, (double Re, double Im) y) =>
        ((x.Re * y.Re) - (x.Im * y.Im), (x.Re * y.Im) + (x.Im * y.Re));

    /// <summary>Σ_k z^k / (k + 1)!, or its derivative Σ_k (k + 1) z^k / (k + 2)!, by Horner's rule.</summary>
    private static (double Re, double Im) Series((double Re, double Im) z, bool slope)
    {
        // c_{k+1} / c_k = 1 / (k + 2), and (k + 2) / ((k + 1)(k + 3)) for the derivative; 1 + r_0 z (1 + r_1 z (1 + …)).
        (double Re, double Im) sum = (1, 0);
        for (var k = Terms - 1; k >= 0; k--)
        {
            var ratio = slope ? (k + 2.0) / ((k + 1.0) * (k + 3.0)) : 1 / (k + 2.0);
            var product = Multiply(z, sum);
            sum = (1 + (ratio * product.Re), ratio * product.Im);
        }

        return slope ? (sum.Re / 2, sum.Im / 2) : sum;
    }

    private static (double Re, double Im) Divide((double Re, double Im) x, (double Re, double Im) y)
    {
        var square = (y.Re * y.Re) + (y.Im * y.Im);
        return (((x.Re * y.Re) + (x.Im * y.Im)) / square, ((x.Im * y.Re) - (x.Re * y.Im)) / square);
    }
}
