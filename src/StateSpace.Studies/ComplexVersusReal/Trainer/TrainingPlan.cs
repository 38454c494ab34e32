using System.Globalization;

namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>Which runs a preset makes. The same options give the same runs in the same order.</summary>
internal sealed class TrainingPlan
{
    /// <summary>Name of the setting.</summary>
    public const string AccumulateName = "accumulate-gradients";

    private const int FullSteps = 500_000;
    private const int RealStates = 1024;
    private const int RealLength = 32;
    private const double RingRadius = 0.99;

    private static readonly TargetMap[] Targets = Enum.GetValues<TargetMap>();
    private static readonly FitOptimizer[] Optimizers = Enum.GetValues<FitOptimizer>();

    public TrainingPlan(StudyOptions options)
    {
        var accumulate = Accumulates(options);
        var first = options.Seed;
        var seeds = options.Seeds ?? 5;
        if (seeds < 1) throw new StudyInputException($"seeds is {seeds}; at least 1 is needed");
        var (tableSeeds, optimizers, lengths, rates, radii) = options.Preset switch
        {
            "quick" => (options.Seeds ?? 1, Optimizers[..1], new[] { 32, 64 }, new[] { 1e-4 }, new[] { 0.0 }),
            "standard" => (seeds, Optimizers, [32, 64, 128, 256], [1e-4], [0.0]),
            "paper" => (seeds, Optimizers, [32, 64, 128, 256], [1e-4, 1e-5, 1e-6], [0.0, RingRadius]),
            _ => throw new StudyInputException($"preset is '{options.Preset}'; use quick, standard or paper"),
        };
        Accumulate = accumulate;
        Seeds = tableSeeds;
        Lengths = lengths;
        RealRuns =
        [
            .. from optimizer in optimizers
               from radius in radii
               from rate in rates
               from target in Targets
               from seed in SeedsFrom(first, tableSeeds)
               select new FitSpecification(
                   StateField.Real, RealStates, RealLength, target, optimizer, rate, radius, FullSteps, seed, accumulate),
        ];
        ComplexRuns =
        [
            .. from length in lengths
               from target in Targets
               from seed in SeedsFrom(first, tableSeeds)
               select new FitSpecification(
                   StateField.Complex, length, length, target, FitOptimizer.Adam, 1e-5, RingRadius, FullSteps, seed, accumulate),
        ];
        var ring = new FitSpecification(
            StateField.Real, RealStates, RealLength, TargetMap.Copy, FitOptimizer.Adam, 1e-4, RingRadius, FullSteps, first, accumulate);
        RingRun = ring;
        PositiveRuns = options.Preset == "quick"
            ? []
            : [.. Targets.Select(target => ring with { Target = target, InnerRadius = 0, PositiveOnly = true })];
        ShortRuns = accumulate ? [] : [.. SeedsFrom(first, seeds).SelectMany(Short)];
        All = [.. ShortRuns.Concat(RealRuns).Append(RingRun).Concat(PositiveRuns).Concat(ComplexRuns).Distinct()];
    }

    /// <summary>Whether the optimizer gets the running sum of gradients.</summary>
    public bool Accumulate { get; }

    /// <summary>Seeds of the full-length runs.</summary>
    public int Seeds { get; }

    /// <summary>Lengths t = n of the complex runs.</summary>
    public IReadOnlyList<int> Lengths { get; }

    /// <summary>Table 1: real, n = 1024, t = 32.</summary>
    public IReadOnlyList<FitSpecification> RealRuns { get; }

    /// <summary>Table 2: complex, n = t.</summary>
    public IReadOnlyList<FitSpecification> ComplexRuns { get; }

    /// <summary>Real, copy, all eigenvalues at the start within 0.01 of the unit circle.</summary>
    public FitSpecification RingRun { get; }

    /// <summary>Real with positive eigenvalues only; none in the quick preset.</summary>
    public IReadOnlyList<FitSpecification> PositiveRuns { get; }

    /// <summary>5 000 and 20 000 steps at a rate of 1e-3: seconds instead of minutes. None where gradients accumulate: they diverge then.</summary>
    public IReadOnlyList<FitSpecification> ShortRuns { get; }

    /// <summary>Every run once.</summary>
    public IReadOnlyList<FitSpecification> All { get; }

    /// <summary>The job's name in plan and journal.</summary>
    public static string JobId(FitSpecification run) => string.Create(
        CultureInfo.InvariantCulture,
        $"train.{Word(run.Field)}{(run.PositiveOnly ? "-positive" : "")}.n{run.N}.t{run.T}.{Word(run.Target)}.{Word(run.Optimizer)}.lr{run.LearningRate:0e-0}.r{run.InnerRadius}.steps{run.Steps}{(run.AccumulateGradients ? ".sum" : "")}.seed{run.Seed}");

    /// <summary>What a person reads while it runs.</summary>
    public static string Title(FitSpecification run) => string.Create(
        CultureInfo.InvariantCulture,
        $"train {Word(run.Field)} n={run.N} t={run.T}, {Word(run.Target)}, {run.Optimizer} {run.LearningRate:0e-0}, seed {run.Seed}");

    /// <summary>Seconds on one 2.5 GHz Cascade Lake core: a model of the measured times in this folder's README.</summary>
    public static double Seconds(FitSpecification run)
    {
        var cells = (double)run.N * run.T;
        var microseconds = run.Field == StateField.Real ? 0.1 + (0.0022 * run.N) + (8e-5 * cells) : 0.15 + (0.0065 * run.N) + (1.3e-4 * cells);
        return run.Steps * microseconds * 1e-6;
    }

    private static bool Accumulates(StudyOptions options) =>
        !options.Settings.TryGetValue(AccumulateName, out var text)
            ? false
            : bool.TryParse(text, out var value) ? value : throw new StudyInputException($"{AccumulateName} is '{text}'; use true or false");

    private static IEnumerable<FitSpecification> Short(long seed)
    {
        foreach (var target in Targets) yield return Complex(32, 32, target, 5000);
        yield return Complex(128, 128, TargetMap.Random, 5000);
        yield return Complex(256, 256, TargetMap.Copy, 5000);
        foreach (var target in Targets) yield return Complex(16, 32, target, 20_000);
        foreach (var target in Targets)
        {
            yield return new(StateField.Real, RealStates, RealLength, target, FitOptimizer.Adam, 1e-3, 0, 20_000, seed);
        }

        FitSpecification Complex(int n, int t, TargetMap target, int steps) =>
            new(StateField.Complex, n, t, target, FitOptimizer.Adam, 1e-3, RingRadius, steps, seed);
    }

    private static IEnumerable<long> SeedsFrom(long first, int count) => Enumerable.Range(0, count).Select(i => first + i);

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
