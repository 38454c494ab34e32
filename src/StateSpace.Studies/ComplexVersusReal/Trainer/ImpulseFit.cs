namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>The training loop: fits one diagonal SSM to one impulse response.</summary>
internal static class ImpulseFit
{
    private const int CurvePoints = 80;

    // At 11 µs a step or less, the token is looked at every 1.5 ms.
    private const int StepsBetweenPolls = 128;

    /// <summary>Trains a model.</summary>
    /// <param name="run">What to train.</param>
    /// <param name="report">Takes the fraction done.</param>
    /// <param name="cancellation">Polled every 1.5 ms or more often.</param>
    /// <exception cref="OperationCanceledException">The token was set.</exception>
    /// <exception cref="ArithmeticException">The loss is no longer a finite number.</exception>
    public static FitRecord Run(FitSpecification run, Action<double> report, CancellationToken cancellation)
    {
        var kernel = TrainingKernel.Create(run);
        var rule = new UpdateRule(run.Optimizer, run.LearningRate, run.Steps);
        var curveSteps = LogarithmicSteps(run.Steps);
        var curveLosses = new double[curveSteps.Length];
        var (nextPoint, minLoss, minStep, minL1) = (0, float.PositiveInfinity, 0, 0.0);
        for (var step = 0; ; step++)
        {
            if (step % StepsBetweenPolls == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                report((double)step / run.Steps);
            }

            var loss = kernel.Forward();
            if (loss < minLoss)
            {
                (minLoss, minStep) = (loss, step);
                minL1 = kernel.Residual.RelativeL1();
            }

            if (step == curveSteps[nextPoint])
            {
                if (!float.IsFinite(loss)) throw new ArithmeticException($"the loss is {loss} after {step} steps of {run}");
                curveLosses[nextPoint++] = loss;
            }

            if (step == run.Steps) return Record(run, kernel, loss, (minLoss, minStep, minL1), curveSteps, curveLosses);
            kernel.Update(rule.Next());
        }
    }

    /// <summary>0, then about 80 steps evenly spaced on a logarithmic scale, the last of them <paramref name="steps"/>.</summary>
    public static int[] LogarithmicSteps(int steps) =>
    [
        0,
        .. Enumerable.Range(0, CurvePoints)
            .Select(i => (int)Math.Round(Math.Pow(steps, i / (CurvePoints - 1.0))))
            .Distinct(),
    ];

    private static FitRecord Record(
        FitSpecification run, TrainingKernel kernel, float finalLoss, (float Loss, int Step, double L1) min, int[] curveSteps, double[] curveLosses)
    {
        var parameters = kernel.ToParameters();
        var target = ImpulseTarget.Create(run.Target, run.T, run.Seed);
        var response = ReferenceModel.ImpulseResponse(parameters, run.T);
        var (re, im) = parameters.Eigenvalues();
        var kept = Math.Min(run.N, FitRecord.MostEigenvalues);
        var chosen = Enumerable.Range(0, kept).Select(i => (int)((long)i * run.N / kept)).ToArray();
        return new(
            run.Steps,
            min.Loss,
            min.Step,
            min.L1,
            finalLoss,
            ReferenceModel.Loss(parameters, target),
            response.Zip(target, (y, value) => Math.Abs(y - value)).Sum() / target.Sum(value => Math.Abs((double)value)),
            parameters.LargestCoefficient(),
            [.. target.Select(value => (double)value)],
            response,
            [.. chosen.Select(j => re[j])],
            [.. chosen.Select(j => im[j])],
            curveSteps,
            curveLosses);
    }
}
