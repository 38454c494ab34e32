using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>p(θ) = Σ b_i cos(iθ), which is a polynomial of cos θ in the Chebyshev basis.</summary>
internal static class CosinePolynomial
{
    public static double Value(ReadOnlySpan<double> coefficients, double angle) => AtCosine(coefficients, Math.Cos(angle));

    public static double AtCosine(ReadOnlySpan<double> coefficients, double cosine)
    {
        var twice = 2 * cosine;
        double first = 0, second = 0;
        for (var i = coefficients.Length - 1; i > 0; i--) (first, second) = (coefficients[i] + (twice * first) - second, first);
        return coefficients[0] + (cosine * first) - second;
    }

    /// <summary>p at many angles, given by their cosines; <paramref name="values"/> is as long as <paramref name="cosines"/>.</summary>
    public static void Values(ReadOnlySpan<double> coefficients, ReadOnlySpan<double> cosines, Span<double> values)
    {
        var width = Vector<double>.Count;
        var g = 0;

        // Four vectors at a time: Clenshaw's recurrence is one chain of dependent operations for each point.
        for (; g + (4 * width) <= cosines.Length; g += 4 * width)
        {
            var x0 = new Vector<double>(cosines[g..]);
            var x1 = new Vector<double>(cosines[(g + width)..]);
            var x2 = new Vector<double>(cosines[(g + (2 * width))..]);
            var x3 = new Vector<double>(cosines[(g + (3 * width))..]);
            var (y0, y1, y2, y3) = (x0 + x0, x1 + x1, x2 + x2, x3 + x3);
            Vector<double> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
            for (var i = coefficients.Length - 1; i > 0; i--)
            {
                var c = new Vector<double>(coefficients[i]);
                var (n0, n1, n2, n3) = (c + (y0 * a0) - b0, c + (y1 * a1) - b1, c + (y2 * a2) - b2, c + (y3 * a3) - b3);
                (b0, b1, b2, b3) = (a0, a1, a2, a3);
                (a0, a1, a2, a3) = (n0, n1, n2, n3);
            }

            var constant = new Vector<double>(coefficients[0]);
            (constant + (x0 * a0) - b0).CopyTo(values[g..]);
            (constant + (x1 * a1) - b1).CopyTo(values[(g + width)..]);
            (constant + (x2 * a2) - b2).CopyTo(values[(g + (2 * width))..]);
            (constant + (x3 * a3) - b3).CopyTo(values[(g + (3 * width))..]);
        }

        for (; g < cosines.Length; g++) values[g] = AtCosine(coefficients, cosines[g]);
    }

    /// <summary>
    /// A local extremum near <paramref name="angle"/> by Newton's iteration on the derivative, kept within ± <paramref name="reach"/>.
    /// </summary>
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
    /// A bound on max |p| over all angles that holds up to the rounding of single evaluations. By Bernstein's inequality the value at a
    /// distance of at most h/2 from the maximum is at least (1 − (n h)²/8) of it, n the degree; so the maximum lies beside a point of the
    /// coarse grid that comes that near to the grid's largest, and there a grid 256 times finer settles it to 5e−9.
    /// </summary>
    public static double MaximumBound(ReadOnlySpan<double> coefficients)
    {
        var degree = Math.Max(1, coefficients.Length - 1);
        var points = 64 * degree;
        var h = Math.PI / points;
        var cosines = Cosines(0, points, h);
        var values = new double[points + 1];
        Values(coefficients, cosines, values);
        var largest = values.Max(Math.Abs);

        var candidate = largest * (1 - (Math.Pow(degree * h, 2) / 8));
        const int Parts = 256;
        var fine = new double[Parts + 1];
        for (var g = 0; g <= points; g++)
        {
            if (Math.Abs(values[g]) < candidate) continue;
            cosines = Cosines((g * Parts) - (Parts / 2), Parts, h / Parts);
            Values(coefficients, cosines, fine);
            largest = Math.Max(largest, fine.Max(Math.Abs));
        }

        var rounding = 0.0;
        foreach (var b in coefficients) rounding += Math.Abs(b);
        return (largest + (4 * degree * degree * Math.ScaleB(1, -52) * rounding)) / (1 - (Math.Pow(degree * h / Parts, 2) / 8));
    }

    private static double[] Cosines(int first, int count, double step) =>
        [.. Enumerable.Range(first, count + 1).Select(g => Math.Cos(g * step))];
}
