using MathNet.Numerics.LinearAlgebra;

namespace StateSpace.Studies.InContextEstimation;

/// <summary>Closed forms beside the figures of an independent computation.</summary>
internal static class GoldenValues
{
    private static readonly int[] Contexts = [10, 20, 30, 40, 50];
    private static readonly int[] Lengths = [10, 20, 40];

    /// <summary>The shift of tasks for which the LoRA figures were computed.</summary>
    public static IReadOnlyList<int> Shift { get; } = [7, 6, 1, 3, 2, 4, 0, 9, 5, 8];

    /// <summary>Every group.</summary>
    public static IReadOnlyList<Group> All { get; } =
    [
        new("iid", "Independent prompts, d = 20", Sources.Theorem, 1e-6,
        [
            .. Line("σ² = 0", n => LinearRegressionTheory.Isotropic(20, n, 0).OptimalRisk, Contexts, 13.548387, 10.243902, 8.235294, 6.885246, 5.915493),
            .. Line("σ² = 1", n => LinearRegressionTheory.Isotropic(20, n, 1).OptimalRisk, Contexts, 14.75, 11.47619, 9.461538, 8.096774, 7.111111),
            .. Line("σ² = 2", n => LinearRegressionTheory.Isotropic(20, n, 2).OptimalRisk, Contexts, 15.939394, 12.697674, 10.679245, 9.301587, 8.30137),
            .. Line("γ = 0.3", n => LinearRegressionTheory.Equicorrelated(20, 0.3, n, 0).OptimalRisk, Contexts, 11.848167, 9.047198, 7.387797, 6.260207, 5.43731),
            .. Line("γ = 0.6", n => LinearRegressionTheory.Equicorrelated(20, 0.6, n, 0).OptimalRisk, Contexts, 8.922896, 6.891965, 5.778657, 5.019674, 4.453442),
            .. Line("γ = 0.9", n => LinearRegressionTheory.Equicorrelated(20, 0.9, n, 0).OptimalRisk, Contexts, 4.95742, 3.451648, 2.839979, 2.489529, 2.25273),
        ]),
        new("retrieval", "Retrieved examples", Sources.Retrieval, 1e-6,
        [
            .. Line("α = 0.2", n => new RetrievalTheory(20, n, .2, 0).OptimalRisk, Lengths, 10.767888, 7.449585, 4.699928),
            .. Line("α = 0.4", n => new RetrievalTheory(20, n, .4, 0).OptimalRisk, Lengths, 6.621625, 4.339545, 2.879324),
            .. Line("α = 0.6", n => new RetrievalTheory(20, n, .6, 0).OptimalRisk, Lengths, 3.982932, 2.806728, 2.151376),
            new("d = 8, n = 12, σ² = 0.5, α = 0.1", new RetrievalTheory(8, 12, .1, .5).OptimalRisk, 3.889023),
            new("d = 8, n = 12, σ² = 0.5, α = 0.3", new RetrievalTheory(8, 12, .3, .5).OptimalRisk, 3.135217),
            new("d = 8, n = 12, σ² = 0.5, α = 0.5", new RetrievalTheory(8, 12, .5, .5).OptimalRisk, 2.502218),
        ]),
        new("alignment", "Task-feature alignment", Sources.Alignment, 1e-6,
        [
            .. Line("α = 0.2", n => new AlignmentTheory(20, n, .2, 0).OptimalRisk, Lengths, 8.538761, 5.482893, 3.307793),
            .. Line("α = 0.4", n => new AlignmentTheory(20, n, .4, 0).OptimalRisk, Lengths, 3.770986, 2.528471, 1.839625),
            .. Line("α = 0.6", n => new AlignmentTheory(20, n, .6, 0).OptimalRisk, Lengths, 2.476515, 1.94593, 1.669533),
            new("d = 8, n = 12, σ² = 0.5, α = 0.1", new AlignmentTheory(8, 12, .1, .5).OptimalRisk, 3.803416),
            new("d = 8, n = 12, σ² = 0.5, α = 0.3", new AlignmentTheory(8, 12, .3, .5).OptimalRisk, 2.706341),
            new("d = 8, n = 12, σ² = 0.5, α = 0.5", new AlignmentTheory(8, 12, .5, .5).OptimalRisk, 2.17665),
        ]),
        new("approximation", "The paper's forms for large d, d = 20, three decimals", Sources.Theorem, 5.01e-4,
        [
            .. Line("retrieval, α = 0.2", n => new RetrievalTheory(20, n, .2, 0).ApproximateRisk, Lengths, 10.526, 7.143, 4.348),
            .. Line("retrieval, α = 0.4", n => new RetrievalTheory(20, n, .4, 0).ApproximateRisk, Lengths, 6.452, 3.846, 2.128),
            .. Line("retrieval, α = 0.6", n => new RetrievalTheory(20, n, .6, 0).ApproximateRisk, Lengths, 3.922, 2.174, 1.149),
            .. Line("alignment, α = 0.2", n => new AlignmentTheory(20, n, .2, 0).ApproximateRisk, Lengths, 7.634, 4.717, 2.674),
            .. Line("alignment, α = 0.4", n => new AlignmentTheory(20, n, .4, 0).ApproximateRisk, Lengths, 2.037, 1.073, .551),
            .. Line("alignment, α = 0.6", n => new AlignmentTheory(20, n, .6, 0).ApproximateRisk, Lengths, .578, .293, .148),
        ]),
        new("low-rank", "Keys and queries of r channels, Σβ ∝ diag(1/i), d = n = 20", Sources.LowRank, 1e-6,
        [
            .. new (int Rank, double Expected)[] { (1, 15.480035), (2, 13.508426), (5, 10.987059), (10, 9.502307), (20, 8.48937) }.Select(
                row => new Value($"r = {row.Rank}", Harmonic(20, 20).LowRankRisk(row.Rank), row.Expected)),
        ]),
        new("adaptation", "LoRA of rank r after a permutation of Σβ ∝ diag(1/i), d = 10, n = 20, four decimals", Sources.Adaptation, 5.01e-5,
        [
            .. new (int Rank, double Expected)[] { (0, 3.9588), (1, 3.4471), (2, 3.3061), (4, 3.2156), (10, 3.188) }.Select(row =>
                new Value($"r = {row.Rank}", Harmonic(10, 20, Shift).AdaptedRisk(Harmonic(10, 20).OptimalWeights, row.Rank), row.Expected)),
        ]),
        new("time-varying", "Tasks that change, d = 10, n = 20", Sources.TimeVarying, 1e-6,
        [
            .. Both("ρ = 0.9", TimeVaryingTheory.Autoregressive(20, .9), 7.800819, 8.58556),
            .. Both("interpolation", TimeVaryingTheory.Interpolation(20), 5.701245, 7.086031),
            .. Both("switch", TimeVaryingTheory.Switch(20), 5.238095, 7.619048),
        ]),
        new("gap", "Percent by which H3's risk lies below linear attention's, d = 10, one decimal", Sources.TimeVarying, 0.0501,
        [
            .. Line("ρ = 0.9", n => Gap(TimeVaryingTheory.Autoregressive(n, .9)), Lengths, 3.2, 9.1, 15.5),
            .. Line("switch", n => Gap(TimeVaryingTheory.Switch(n)), Lengths, 18.5, 31.2, 47.6),
            .. Line("interpolation", n => Gap(TimeVaryingTheory.Interpolation(n)), Lengths, 9.7, 19.5, 34.6),
        ]),
        new("steady-state", "Many examples: a state space model with one state", Sources.SteadyState, 5.1e-6,
        [
            new("L*, ρ = 0.9, d = 10", new SteadyStateFilter(10, .9, 0).OptimalRisk, 7.798844),
            new("λ, ρ = 0.9, d = 10", new SteadyStateFilter(10, .9, 0).Decay, .84042),
            new("L*, ρ = 0.95, d = 20, σ² = 1", new SteadyStateFilter(20, .95, 1).OptimalRisk, 16.263294),
            new("λ, ρ = 0.95, d = 20, σ² = 1", new SteadyStateFilter(20, .95, 1).Decay, .91815),
        ]),
        new("online", "One model for all context lengths, per d, four decimals", Sources.Online, 5.01e-5,
        [
            .. Online(5, 20, .4472, .4661, .4213), .. Online(5, 40, .3375, .3788, .295), .. Online(5, 100, .2251, .3082, .1677),
            .. Online(20, 40, .5651, .5729, .5517), .. Online(20, 100, .3977, .4261, .3637),
        ]),
    ];

    /// <summary>Percent by which the least risk of H3 lies below that of linear attention at d = 10.</summary>
    public static double Gap(Matrix<double> correlation)
    {
        var theory = new TimeVaryingTheory(10, correlation, 0);
        return 100 * (1 - (theory.FilterRisk / theory.ConstantRisk));
    }

    /// <summary>Prompts with Σβ ∝ diag(1/i), in the order of a permutation where one is given.</summary>
    public static LinearRegressionTheory Harmonic(int dimension, int examples, IReadOnlyList<int>? order = null) =>
        LinearRegressionTheory.WithTasks(LinearRegressionTheory.HarmonicTasks(dimension, order), examples, 0);

    private static IEnumerable<Value> Line(string name, Func<int, double> measured, int[] examples, params double[] expected) =>
        examples.Zip(expected, (n, value) => new Value($"{name}, n = {n}", measured(n), value));

    private static IEnumerable<Value> Both(string name, Matrix<double> correlation, double filter, double constant)
    {
        var theory = new TimeVaryingTheory(10, correlation, 0);
        return [new($"{name}: H3", theory.FilterRisk, filter), new($"{name}: linear attention", theory.ConstantRisk, constant)];
    }

    private static IEnumerable<Value> Online(int d, int n, double filter, double constant, double bound)
    {
        var theory = new OnlineTheory(d, n, 0);
        return
        [
            new($"d = {d}, n = {n}: H3", theory.FilterRisk / d, filter),
            new($"d = {d}, n = {n}: linear attention", theory.ConstantRisk / d, constant),
            new($"d = {d}, n = {n}: bound", theory.LowerBound / d, bound),
        ];
    }

    /// <summary>One figure.</summary>
    internal sealed record Value(string Name, double Measured, double Expected);

    /// <summary>Figures of one closed form.</summary>
    internal sealed record Group(string Id, string Title, string Source, double Tolerance, IReadOnlyList<Value> Values)
    {
        public double LargestDeviation => Values.Max(value => Math.Abs(value.Measured - value.Expected));
    }
}
