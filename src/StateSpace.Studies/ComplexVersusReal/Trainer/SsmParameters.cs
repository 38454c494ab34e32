namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>
/// Parameters of a diagonal SSM in double precision, (n) each: |λ_j| = exp(−exp ν_j), phase θ_j, input B_j, output C_j. A real
/// SSM has frozen signs and no phase or imaginary part: those arrays are then empty.
/// </summary>
internal sealed record SsmParameters(
    StateField Field, double[] Nu, double[] Theta, double[] InputRe, double[] InputIm, double[] OutputRe, double[] OutputIm, double[] Sign)
{
    /// <summary>State dimension.</summary>
    public int N => Nu.Length;

    /// <summary>The trainable arrays, real: ν, B, C; complex: ν, θ, Re B, Im B, Re C, Im C. The order is that of the fast kernels.</summary>
    public IReadOnlyList<double[]> Trainable => Field == StateField.Real ? [Nu, InputRe, OutputRe] : [Nu, Theta, InputRe, InputIm, OutputRe, OutputIm];

    /// <summary>
    /// The start of a run: |λ| uniform in area on the ring r_min … r_max, phase uniform, B and C normal (complex: normal radius,
    /// uniform phase). Values are rounded to single precision, the precision of training.
    /// </summary>
    public static SsmParameters Initialize(FitSpecification run)
    {
        var (radius, phase) = (Stream(RandomStream.Radius), Stream(RandomStream.Phase));
        var (input, inputPhase) = (Stream(RandomStream.Input), Stream(RandomStream.InputPhase));
        var (output, outputPhase) = (Stream(RandomStream.Output), Stream(RandomStream.OutputPhase));
        var nu = Fill(j =>
        {
            var inner = run.InnerRadius * run.InnerRadius;
            var squared = inner + (radius.Uniform(j) * ((FitSpecification.OuterRadius * FitSpecification.OuterRadius) - inner));
            return Math.Log(-0.5 * Math.Log(squared));
        });
        if (run.Field == StateField.Real)
        {
            var sign = Stream(RandomStream.Sign);
            return new(run.Field, nu, [], Fill(j => Deviate(input, j)), [], Fill(j => Deviate(output, j)), [], Fill(j => run.PositiveOnly ? 1 : sign.Sign(j)));
        }

        return new(
            run.Field,
            nu,
            Fill(j => 2 * Math.PI * phase.Uniform(j)),
            Fill(j => Deviate(input, j) * Math.Cos(2 * Math.PI * inputPhase.Uniform(j))),
            Fill(j => Deviate(input, j) * Math.Sin(2 * Math.PI * inputPhase.Uniform(j))),
            Fill(j => Deviate(output, j) * Math.Cos(2 * Math.PI * outputPhase.Uniform(j))),
            Fill(j => Deviate(output, j) * Math.Sin(2 * Math.PI * outputPhase.Uniform(j))),
            []);

        CounterRandom Stream(RandomStream stream) => new(run.Seed, stream);
        double[] Fill(Func<int, double> value) => [.. Enumerable.Range(0, run.N).Select(j => (double)(float)value(j))];
    }

    /// <summary>Eigenvalues λ_j as (real part, imaginary part).</summary>
    public (double[] Re, double[] Im) Eigenvalues()
    {
        var (re, im) = (new double[N], new double[N]);
        for (var j = 0; j < N; j++)
        {
            var modulus = Math.Exp(-Math.Exp(Nu[j]));
            (re[j], im[j]) = Field == StateField.Real ? (Sign[j] * modulus, 0) : (modulus * Math.Cos(Theta[j]), modulus * Math.Sin(Theta[j]));
        }

        return (re, im);
    }

    /// <summary>max_j |C_j B_j|, the magnitude that the paper bounds from below for real SSMs.</summary>
    public double LargestCoefficient()
    {
        var largest = 0.0;
        for (var j = 0; j < N; j++)
        {
            var product = Field == StateField.Real
                ? Math.Abs(InputRe[j] * OutputRe[j])
                : Math.Sqrt(((InputRe[j] * InputRe[j]) + (InputIm[j] * InputIm[j])) * ((OutputRe[j] * OutputRe[j]) + (OutputIm[j] * OutputIm[j])));
            largest = Math.Max(largest, product);
        }

        return largest;
    }

    private static double Deviate(CounterRandom random, int j) => FitSpecification.InputOutputDeviation * random.Normal(j);
}
