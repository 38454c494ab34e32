using System.Diagnostics;
using StateSpace.Studies.ComplexVersusReal.Trainer;

namespace StateSpace.Cli.Bench;

/// <summary>Speed of the impulse-response trainer on one thread.</summary>
internal static class TrainerBench
{
    private static readonly (StateField Field, int States, int Length)[] Shapes =
    [
        (StateField.Real, 1024, 32),
        (StateField.Complex, 32, 32),
        (StateField.Complex, 64, 64),
        (StateField.Complex, 128, 128),
        (StateField.Complex, 256, 256),
    ];

    /// <summary>Measures every shape of Tables 1 and 2.</summary>
    /// <param name="secondsPerCase">Time to measure for, after a warm-up.</param>
    public static IReadOnlyList<TrainerTiming> Run(double secondsPerCase = 0.5) => [.. Shapes.Select(shape => Measure(shape, secondsPerCase))];

    private static TrainerTiming Measure((StateField Field, int States, int Length) shape, double seconds)
    {
        const int stepsPerSample = 100;
        var run = new FitSpecification(
            shape.Field, shape.States, shape.Length, TargetMap.Copy, FitOptimizer.Adam, 1e-5, shape.Field == StateField.Real ? 0 : 0.99, int.MaxValue, 0);
        var kernel = TrainingKernel.Create(run);
        var rule = new UpdateRule(run.Optimizer, run.LearningRate, run.Steps);
        Sample();
        var samples = new List<double>();
        var start = Stopwatch.GetTimestamp();
        do
        {
            samples.Add(Sample());
        }
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds);

        samples.Sort();
        var median = samples[samples.Count / 2];
        return new($"trainer {shape.Field.ToString().ToLowerInvariant()} n={shape.States} t={shape.Length}", median, samples[0], 1e6 / median);

        double Sample()
        {
            var begin = Stopwatch.GetTimestamp();
            for (var step = 0; step < stepsPerSample; step++)
            {
                kernel.Forward();
                kernel.Update(rule.Next());
            }

            return Stopwatch.GetElapsedTime(begin).TotalMicroseconds / stepsPerSample;
        }
    }
}

/// <summary>Measured speed of one shape.</summary>
/// <param name="Case">Name of the case.</param>
/// <param name="MicrosecondsPerStep">Median over samples of 100 steps: forward, backward and Adam.</param>
/// <param name="BestMicrosecondsPerStep">The fastest sample: what the machine does when nothing else runs on it.</param>
/// <param name="StepsPerSecond">From the median.</param>
internal sealed record TrainerTiming(string Case, double MicrosecondsPerStep, double BestMicrosecondsPerStep, double StepsPerSecond);
