using System.Globalization;
using MathNet.Numerics.LinearAlgebra;

namespace StateSpace.Studies.InContextEstimation.Training;

/// <summary>What a preset trains: figures 2 and 3, and the comparison on tasks that change.</summary>
internal sealed class TrainingPlan
{
    private static readonly Architecture[] Both = [Architecture.LinearAttention, Architecture.H3];

    // H3 costs several times as much as linear attention, whose initializations more often end at a saddle.
    private readonly TrainingSize _size;
    private readonly TrainingSize _filterSize;
    private readonly int _dimension;
    private readonly int[] _examples;

    public TrainingPlan(StudyOptions options)
    {
        TrainingSize Size(int initializations) => new(
            options.Seeds ?? initializations,
            Preset.Choose(options, 1500, 2000, 10_000),
            Preset.Choose(options, 256, 256, 512),
            Preset.Choose(options, 1e-2, 1e-2, 5e-3),
            0.1,
            Preset.Choose(options, 20_000, 50_000, 200_000),
            (ulong)options.Seed)
        {
            Device = options.Device,
        };

        if (options.Seeds < 1) throw new StudyInputException($"seeds is {options.Seeds}; at least 1 is needed");
        _size = Size(Preset.Choose(options, 10, 10, 20));
        _filterSize = Size(Preset.Choose(options, 3, 3, 20));
        _dimension = Preset.Choose(options, 5, 10, 20);
        _examples = Preset.Choose<int[]>(options, [5, 10, 20], [5, 10, 20, 40], [10, 20, 30, 40, 50]);
        var quick = options.Preset == "quick";
        double[] noises = quick ? [0, 1] : [0, 1, 2], correlations = quick ? [.6, .9] : [.3, .6, .9], alignments = [.2, .4, .6];
        VaryingDimension = Preset.Choose(options, 5, 10, 20);
        VaryingExamples = Preset.Choose<int[]>(options, [20], [10, 20, 40], [10, 20, 30, 40, 50]);
        Noise = Independent(
            "noise", $"Independent prompts with noise, d = {_dimension}", "σ²", noises, (n, noise) => LinearRegressionTheory.Isotropic(_dimension, n, noise));

        // With more features, initializations that leave the saddle of rank one become rare.
        var correlated = Preset.Choose(options, 5, 5, 20);
        Correlation = Independent(
            "correlation", $"Correlated tasks, d = {correlated}", "γ", correlations, (n, gamma) => LinearRegressionTheory.Equicorrelated(correlated, gamma, n, 0));
        Retrieval = Aligned(
            "retrieval", "Retrieved examples", Sources.Retrieval, alignments,
            (n, alpha) => new RetrievalTheory(_dimension, n, alpha, 0), theory => new RetrievedPrompts((RetrievalTheory)theory),
            EstimationFigure.Line($"theory, α = {alignments[^1]}, variance 1 around αx", 1, _examples[^1], n => new RetrievalTheory(_dimension, n, alignments[^1], 0, spread: 1).OptimalRisk));
        Alignment = Aligned(
            "alignment", "Features aligned with the task", Sources.Alignment, alignments,
            (n, alpha) => new AlignmentTheory(_dimension, n, alpha, 0), theory => new AlignedPrompts((AlignmentTheory)theory));
        LowRank = Ranks(quick);
        Adaptation = Updates(options.Preset == "paper");
        Varying = Changing();
        Steady = Still();
        Online = EveryLength(Preset.Choose<int[]>(options, [10, 40], [10, 20, 40, 100], [20, 40, 100]));
    }

    /// <summary>d of the comparison on tasks that change.</summary>
    public int VaryingDimension { get; }

    /// <summary>Its numbers of examples.</summary>
    public int[] VaryingExamples { get; }

    /// <summary>Figure 2a and b.</summary>
    public EstimationFigure Noise { get; }

    /// <summary>Figure 2c.</summary>
    public EstimationFigure Correlation { get; }

    /// <summary>Figure 3a.</summary>
    public EstimationFigure Retrieval { get; }

    /// <summary>Figure 3b.</summary>
    public EstimationFigure Alignment { get; }

    /// <summary>Figure 3c.</summary>
    public EstimationFigure LowRank { get; }

    /// <summary>Figure 3d.</summary>
    public EstimationFigure Adaptation { get; }

    /// <summary>Tasks that change within the prompt.</summary>
    public EstimationFigure Varying { get; }

    /// <summary>The same for a task that does not change.</summary>
    public IReadOnlyList<EstimationRun> Steady { get; }

    /// <summary>One estimator for every context length.</summary>
    public EstimationFigure Online { get; }

    /// <summary>Every figure, in reading order.</summary>
    public IReadOnlyList<EstimationFigure> Figures => [Noise, Correlation, Retrieval, Alignment, LowRank, Adaptation, Varying, Online];

    /// <summary>Every run.</summary>
    public IEnumerable<EstimationRun> Runs => Figures.SelectMany(figure => figure.Runs).Concat(Steady);

    /// <summary>The ways in which tasks change, by name.</summary>
    public static IReadOnlyList<(string Name, Func<int, Matrix<double>> Correlation)> Changes { get; } =
    [
        ("autoregressive", n => TimeVaryingTheory.Autoregressive(n, .9)),
        ("interpolation", TimeVaryingTheory.Interpolation),
        ("switch", TimeVaryingTheory.Switch),
    ];

    /// <summary>Seconds of a run on one core, estimated from measured ones (AMD EPYC 9005).</summary>
    public static double Seconds(EstimationRun run)
    {
        double p = run.Prompts.Dimension + 1, prompts = (double)run.Size.Steps * run.Size.Batch, stack = run.Size.Initializations;
        var perExample = run.Model switch
        {
            Architecture.H3 => stack * p * 1e-8,
            Architecture.LinearAttention or Architecture.AveragingAttention when run.EachLength is not null => stack * 2.5e-7,
            _ => p * (10 + p) * 1.2e-9,
        };
        return (prompts * run.Prompts.Examples * perExample) + (run.Size.Steps * 6e-4);
    }

    private EstimationFigure Independent(string name, string title, string symbol, double[] values, Func<int, double, LinearRegressionTheory> theory) => new(
        name, title, "examples n", "Linear attention and H3 both reach the closed form, and no more: examples that are alike give a filter nothing to do. Some initializations of linear attention stay at a saddle, where it knows only the direction in which tasks vary most; the theory speaks of the best.",
        Sources.Theorem, 0.01,
        [.. values.Select(value => EstimationFigure.Line($"theory, {symbol} = {value}", 1, _examples[^1], n => theory(n, value).OptimalRisk))],
        [
            .. from value in values
               from model in Both
               from n in _examples
               select new EstimationRun(Id(name, value, n, model), $"{symbol} = {value}", n, model, new IndependentPrompts(theory(n, value)), Size(model)),
        ]);

    private EstimationFigure Aligned(
        string name, string title, string source, double[] alignments, Func<int, double, AlignedTheory> theory, Func<AlignedTheory, PromptDistribution> prompts, params ChartSeries[] others) => new(
        name, $"{title}, d = {_dimension}", "examples n",
        "The risk falls with the alignment α. Trained linear attention follows the exact forms; the paper's, for large d, lie lower.",
        source, 0.01,
        [
            EstimationFigure.Line("theory, α = 0", 1, _examples[^1], n => theory(n, 0).OptimalRisk),
            .. alignments.Select(alpha => EstimationFigure.Line($"theory, α = {alpha}", 1, _examples[^1], n => theory(n, alpha).OptimalRisk)),
            EstimationFigure.Line($"for large d, α = {alignments[^1]}", 1, _examples[^1], n => theory(n, alignments[^1]).ApproximateRisk),
            .. others,
        ],
        [
            .. from alpha in alignments
               from n in _examples
               select new EstimationRun(
                   Id(name, alpha, n, Architecture.LinearAttention), $"α = {alpha}", n, Architecture.LinearAttention, prompts(theory(n, alpha)), _size),
        ]);

    private EstimationFigure Ranks(bool isQuick)
    {
        const int N = 20;
        var theory = GoldenValues.Harmonic(_dimension, N);
        int[] ranks = isQuick ? [1, 2, 5] : [1, 2, _dimension / 2, _dimension];
        return new(
            "low-rank", $"Keys and queries of r channels, Σβ ∝ diag(1/i), d = {_dimension}, n = {N}", "rank r",
            "With fewer channels the layer keeps the directions in which tasks vary most.", Sources.LowRank, 0.01,
            [EstimationFigure.Line("theory", 1, _dimension, theory.LowRankRisk)],
            [
                .. ranks.Select(rank => new EstimationRun(
                    $"train.low-rank.r{rank}", "trained", rank, Architecture.LinearAttention, new IndependentPrompts(theory), _size)
                {
                    Rank = rank, Weights = theory.LowRankWeights(rank), Risk = theory.LowRankRisk(rank),
                }),
            ]);
    }

    private EstimationFigure Updates(bool isPaper)
    {
        const int N = 20;
        var d = isPaper ? 20 : 10;
        IReadOnlyList<int> order = isPaper ? [.. Enumerable.Range(0, d).Select(i => (i + 7) % d)] : GoldenValues.Shift;
        LinearRegressionTheory before = GoldenValues.Harmonic(d, N), after = GoldenValues.Harmonic(d, N, order);
        int[] ranks = [1, 2, 4, d];
        return new(
            "adaptation", $"LoRA of rank r after the tasks' covariance was permuted, d = {d}, n = {N}", "rank r",
            "A few directions undo most of the shift.", Sources.Adaptation, 0.015,
            [EstimationFigure.Line("theory", 0, d, rank => after.AdaptedRisk(before.OptimalWeights, rank))],
            [
                .. ranks.Select(rank => new EstimationRun(
                    $"train.adaptation.r{rank}", "trained", rank, Architecture.LinearAttention, new IndependentPrompts(after), _size)
                {
                    Rank = rank, Pretrained = before.OptimalWeights, Weights = after.AdaptedWeights(before.OptimalWeights, rank),
                    Risk = after.AdaptedRisk(before.OptimalWeights, rank),
                }),
            ]);
    }

    private EstimationFigure Changing() => new(
        "time-varying", $"Tasks that change within the prompt, d = {VaryingDimension}", "examples n",
        "H3 weighs the examples by what they tell of the present task and has the smaller risk; linear attention must weigh all alike.",
        Sources.TimeVarying, 0.01,
        [
            .. Changes.SelectMany(change => new[]
            {
                EstimationFigure.Line($"theory, linear attention, {change.Name}", 2, VaryingExamples[^1], n => Theory(change.Correlation(n)).ConstantRisk),
                EstimationFigure.Line($"theory, H3, {change.Name}", 2, VaryingExamples[^1], n => Theory(change.Correlation(n)).FilterRisk),
            }),
        ],
        [
            .. from change in Changes
               from n in VaryingExamples
               from model in new[] { Architecture.LinearAttention, Architecture.H3, Architecture.Descent, Architecture.WeightedDescent }
               where change.Name == "autoregressive" || model is Architecture.LinearAttention or Architecture.H3
               select Varied(change.Name, n, model, change.Correlation(n)),
        ]);

    private IReadOnlyList<EstimationRun> Still()
    {
        var n = VaryingExamples[Math.Min(1, VaryingExamples.Length - 1)];
        return [.. Both.Select(model => Varied("steady", n, model, TimeVaryingTheory.Autoregressive(n, 1)))];
    }

    private EstimationFigure EveryLength(int[] lengths)
    {
        // The gap needs many more examples than features.
        const int D = 5;
        OnlineTheory Theory(int n) => new(D, n, 0);

        // Every prompt has a loss for each of its lengths.
        var size = _filterSize with { Batch = _filterSize.Batch / 4 };
        return new(
            "online", $"One estimator for every context length 1 … n, d = {D}", "longest context n",
            "The mean risk over all lengths. A filter over ages bounds the total weight as the context grows, which a constant cannot. A constant over the number of examples does so too, but weighs the first few too much.",
            Sources.Online, 0.01,
            [
                EstimationFigure.Line("theory, linear attention", 1, lengths[^1], n => Theory(n).ConstantRisk),
                EstimationFigure.Line("theory, H3", 1, lengths[^1], n => Theory(n).FilterRisk),
                EstimationFigure.Line("theory, linear attention over n", 1, lengths[^1], n => Theory(n).AverageRisk),
                EstimationFigure.Line("bound", 1, lengths[^1], n => Theory(n).LowerBound),
            ],
            [
                .. from n in lengths
                   from model in new[] { Architecture.LinearAttention, Architecture.H3, Architecture.AveragingAttention }
                   select new EstimationRun($"train.online.n{n}.{Slug(model)}", "trained", n, model, new IndependentPrompts(LinearRegressionTheory.Isotropic(D, n, 0)), size)
                   {
                       Risk = model switch
                       {
                           Architecture.LinearAttention => Theory(n).ConstantRisk,
                           Architecture.H3 => Theory(n).FilterRisk,
                           _ => Theory(n).AverageRisk,
                       },
                       EachLength = EachLength(Theory(n), model),
                   },
            ]);
    }

    private static Matrix<double> EachLength(OnlineTheory theory, Architecture model) => model switch
    {
        Architecture.LinearAttention => theory.EachLength(_ => theory.OptimalConstant),
        Architecture.H3 => theory.EachLength(age => theory.OptimalFilter[age]),
        _ => Matrix<double>.Build.Dense(theory.Examples, theory.Examples, (t, i) => i > t ? 0 : theory.OptimalAverage / (t + 1)),
    };

    private EstimationRun Varied(string name, int n, Architecture model, Matrix<double> correlation) =>
        new($"train.{name}.n{n}.{Slug(model)}", name, n, model, new TimeVaryingPrompts(Theory(correlation)), Size(model));

    private TrainingSize Size(Architecture model) => model is Architecture.H3 or Architecture.WeightedDescent ? _filterSize : _size;

    private TimeVaryingTheory Theory(Matrix<double> correlation) => new(VaryingDimension, correlation, 0);

    private static string Id(string name, double value, int n, Architecture model) =>
        string.Create(CultureInfo.InvariantCulture, $"train.{name}{value}.n{n}.{Slug(model)}");

    private static string Slug(Architecture model) => EstimationFigure.Word(model).Replace(' ', '-').ToLowerInvariant();
}
