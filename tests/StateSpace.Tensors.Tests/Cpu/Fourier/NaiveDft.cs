namespace StateSpace.Tensors.Tests.Cpu.Fourier;

/// <summary>The discrete Fourier transform as its definition, in double, along the rows of an (n, columns) matrix.</summary>
internal static class NaiveDft
{
    public static (double[] Re, double[] Im) Forward(double[] re, double[] im, int n, int columns)
    {
        var roots = Enumerable.Range(0, n).Select(k => Math.SinCos(2 * Math.PI * k / n)).ToArray();
        var (yr, yi) = (new double[n * columns], new double[n * columns]);
        for (var k = 0; k < n; k++)
        {
            for (var j = 0; j < n; j++)
            {
                var (sin, cos) = roots[(long)j * k % n];
                for (var d = 0; d < columns; d++)
                {
                    yr[(k * columns) + d] += (re[(j * columns) + d] * cos) + (im[(j * columns) + d] * sin);
                    yi[(k * columns) + d] += (im[(j * columns) + d] * cos) - (re[(j * columns) + d] * sin);
                }
            }
        }

        return (yr, yi);
    }

    public static double[] Random(int count, int seed)
    {
        var random = new System.Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextDouble()) - 1)];
    }

    /// <summary>‖a − b‖ / ‖b‖, over both parts.</summary>
    public static double Error((double[] Re, double[] Im) a, (double[] Re, double[] Im) b)
    {
        var difference = Squares(a.Re, b.Re) + Squares(a.Im, b.Im);
        return Math.Sqrt(difference / (b.Re.Sum(x => x * x) + b.Im.Sum(x => x * x)));
    }

    private static double Squares(double[] a, double[] b) => a.Zip(b, (x, y) => (x - y) * (x - y)).Sum();
}
