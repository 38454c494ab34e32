namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>p(θ) = Σ b_i cos(iθ), which is a polynomial of cos θ in the Chebyshev basis.</summary>
internal static class CosinePolynomial
{
    public static double Value(ReadOnlySpan<double> coefficients, double angle)
    {
        var twice = 2 * Math.Cos(angle);
        double first = 0, second = 0;
        for (var i = coefficients.Length - 1; i > 0; i--) (first, second) = (coefficients[i] + (twice * first) - second, first);
        return coefficients[0] + (twice / 2 * first) - second;
    }

    /// <summary>A local extremum near <paramref name="angle"/> by Newton's iteration on the derivative, kept within ± <paramref name="reach"/>.</summary>
    public static double Extremum(ReadOnlySpan<double> coefficients, double angle, double reach)
    {
        var start = angle;
        for (var iteration = 0; iteration < 6; iteration++)
        {
            double slope = 0, curvature = 0;
            var (sin1, cos1) = Math.SinCos(angle);
            var (sine, cosine) = (sin1, cos1);
            for (var i = 1; i < coefficients.Length; i++)
            {
                var weighted = coefficients[i] * i;
                slope -= weighted * sine;
                curvature -= weighted * i * cosine;
                (sine, cosine) = ((sine * cos1) + (cosine * sin1), (cosine * cos1) - (sine * sin1));
            }

            if (curvature == 0) break;
            var step = slope / curvature;
            angle = Math.Clamp(angle - step, Math.Max(0, start - reach), Math.Min(Math.PI, start + reach));
            if (Math.Abs(step) < 1e-14) break;
        }

        return angle;
    }

    /// <summary>
    /// A bound on max |p| over all angles that holds up to the rounding of single evaluations. By Bernstein's inequality the value at
    /// a distance of at most h/2 from the maximum is at least (1 − (n h)²/8) of it, n the degree; so the maximum lies beside a point
    /// of the coarse grid that comes that near to the grid's largest, and there a grid 256 times finer settles it to 5e−9.
    /// </summary>
    public static double MaximumBound(ReadOnlySpan<double> coefficients)
    {
        var degree = Math.Max(1, coefficients.Length - 1);
        var points = 64 * degree;
        var h = Math.PI / points;
        var values = new double[points + 1];
        var largest = 0.0;
        for (var g = 0; g <= points; g++)
        {
            values[g] = Math.Abs(Value(coefficients, g * h));
            largest = Math.Max(largest, values[g]);
        }

        var candidate = largest * (1 - (Math.Pow(degree * h, 2) / 8));
        const int Parts = 256;
        for (var g = 0; g <= points; g++)
        {
            if (values[g] < candidate) continue;
            for (var part = -Parts / 2; part <= Parts / 2; part++)
                largest = Math.Max(largest, Math.Abs(Value(coefficients, (g + ((double)part / Parts)) * h)));
        }

        var rounding = 0.0;
        foreach (var b in coefficients) rounding += Math.Abs(b);
        return (largest + (4 * degree * degree * Math.ScaleB(1, -52) * rounding)) / (1 - (Math.Pow(degree * h / Parts, 2) / 8));
    }
}
