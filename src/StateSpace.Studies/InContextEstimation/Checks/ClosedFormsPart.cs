using System.Text.Json.Nodes;
using MathNet.Numerics.LinearAlgebra;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.InContextEstimation;

/// <summary>The closed forms by themselves: figures, optimality, limits and orders. Takes milliseconds, so that there is no job.</summary>
internal sealed class ClosedFormsPart : IStudyPart
{
    private static readonly int[] Dimensions = [10, 20, 40, 80, 160, 320, 640, 1280];

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) => [];

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes) => StudyConclusion.Join(
        Figures(), Optimality((ulong)options.Seed), LargeDimensions(), Orders());

    private static StudyConclusion Figures() => Preset.Section(
        "Closed forms",
        [
            "Every optimal risk has a closed form, derived for all sizes. Each group of figures is compared with an independent computation; the claim is about the largest deviation.",
        ],
        [.. GoldenValues.All.Select(group => Claim.AtMost(
            $"forms.{group.Id}", $"{group.Title}: largest deviation of {group.Values.Count} figures", group.Source, group.Tolerance, group.LargestDeviation))],
        [
            new(
                "closed-forms", "Closed forms beside an independent computation", ["data", "setting", "closed form", "independent"],
                [.. GoldenValues.All.SelectMany(group => group.Values.Select(
                    value => (IReadOnlyList<Cell>)[group.Title, value.Name, value.Measured, value.Expected]))]),
        ],
        []);

    /// <summary>Theorem 1 at random anisotropic covariances: the optimum is one.</summary>
    private static StudyConclusion Optimality(ulong seed)
    {
        const int D = 8, N = 12;
        var random = new RandomSource(seed).Split("optimality");
        var theory = new LinearRegressionTheory(RandomPrompts.Covariance(D, random), RandomPrompts.Covariance(D, random), N, 0.5);
        var best = theory.OptimalWeights;
        var worse = Enumerable.Range(0, 20).Min(_ => theory.Risk(best + (0.01 * RandomPrompts.Matrix(D, random))) - theory.OptimalRisk);
        var small = LinearRegressionTheory.Isotropic(5, 0, 1.5);
        var large = LinearRegressionTheory.Isotropic(5, 1_000_000_000, 1.5);
        var scaled = new LinearRegressionTheory(theory.Features, 3 * theory.Tasks, N, 1.5);
        var aligned = from n in new[] { 3, 12, 40 }
                      from noise in new[] { 0, 0.5 }
                      let risk = LinearRegressionTheory.Isotropic(D, n, noise).OptimalRisk
                      select Math.Max(
                          Math.Abs(new RetrievalTheory(D, n, 0, noise).OptimalRisk - risk), Math.Abs(new AlignmentTheory(D, n, 0, noise).OptimalRisk - risk));
        return Preset.Section(
            "The optimum of Theorem 1",
            ["Random covariances of features and tasks, d = 8, n = 12, σ² = 0.5: the risk of the optimal weights is the closed form, its gradient vanishes, and every step away costs."],
            [
                Claim.Near("iid.risk", "Risk of W* less L*, anisotropic", Sources.Theorem, 0, 1e-9, theory.Risk(best) - theory.OptimalRisk),
                Claim.AtMost("iid.gradient", "Largest entry of the gradient at W*", Sources.Theorem, 1e-9, theory.RiskGradient(best).Enumerate().Max(Math.Abs)),
                Claim.AtLeast("iid.perturbed", "Least rise of the risk in 20 random directions", Sources.Theorem, 1e-6, worse),
                Claim.Near("iid.no-examples", "Without examples the risk is E y² = d + σ² (d = 5, σ² = 1.5)", Sources.Theorem, 6.5, 1e-12, small.OptimalRisk),
                Claim.Near("iid.many-examples", "With 10⁹ examples it is σ²", Sources.Theorem, 1.5, 1e-6, large.OptimalRisk),
                Claim.Near("iid.scale", "L*(kΣβ, kσ²) − k L*(Σβ, σ²), k = 3", Sources.Theorem, 0, 1e-9, scaled.OptimalRisk - (3 * theory.OptimalRisk)),
                Claim.AtMost("aligned.none", "At α = 0 retrieval and alignment are the independent case: largest difference", Sources.Theorem, 1e-12, aligned.Max()),
            ],
            [], []);
    }

    /// <summary>The paper's approximations against the exact forms at α = 1/√d, n = d.</summary>
    private static StudyConclusion LargeDimensions()
    {
        var rows = Dimensions.Select(d =>
        {
            AlignedTheory retrieval = new RetrievalTheory(d, d, 1 / Math.Sqrt(d), 0), alignment = new AlignmentTheory(d, d, 1 / Math.Sqrt(d), 0);
            return (D: d, Retrieval: retrieval.OptimalRisk / retrieval.ApproximateRisk, Alignment: alignment.OptimalRisk / alignment.ApproximateRisk);
        }).ToList();
        double[] x = [.. rows.Select(row => (double)row.D)];
        return Preset.Section(
            "How large d must be",
            [
                "The paper's forms for retrieved and aligned data hold for large d with α of the order 1/√d. At the sizes that the paper draws (d = 20, α up to 0.6) they are far below the exact risk for aligned data, so trained models are compared with the exact forms here.",
            ],
            [
                Claim.AtMost("approximation.retrieval", "Exact over approximate risk, retrieval, d = 1280", Sources.Retrieval, 1.002, rows[^1].Retrieval),
                Claim.AtMost("approximation.alignment", "Exact over approximate risk, alignment, d = 1280", Sources.Alignment, 1.004, rows[^1].Alignment),
                Claim.AtMost(
                    "approximation.decreasing", "Largest growth of either ratio from one d to its double", Sources.Retrieval, 0,
                    rows.Zip(rows.Skip(1), (a, b) => Math.Max(b.Retrieval - a.Retrieval, b.Alignment - a.Alignment)).Max()),
            ],
            [
                new(
                    "approximation", "Exact over approximate risk at α = 1/√d, n = d", ["d", "retrieval", "alignment"],
                    [.. rows.Select(row => (IReadOnlyList<Cell>)[row.D, row.Retrieval, row.Alignment])]),
            ],
            [
                new(
                    "approximation", "The paper's approximations approach the exact risks", new("d", Logarithmic: true), new("exact / approximate risk"),
                    [
                        new("retrieval", x, [.. rows.Select(row => row.Retrieval)], SeriesStyle.LineAndPoints),
                        new("alignment", x, [.. rows.Select(row => row.Alignment)], SeriesStyle.LineAndPoints),
                    ]),
            ]);
    }

    /// <summary>Low rank, LoRA and online: what must be ordered is.</summary>
    private static StudyConclusion Orders()
    {
        const int D = 20, N = 20;
        var theory = GoldenValues.Harmonic(D, N);
        double[] low = [.. Enumerable.Range(0, D + 1).Select(theory.LowRankRisk)];
        var attained = Enumerable.Range(0, D + 1).Max(r => Math.Abs(theory.Risk(theory.LowRankWeights(r)) - low[r]));
        var shifted = GoldenValues.Harmonic(10, N, GoldenValues.Shift);
        var before = GoldenValues.Harmonic(10, N).OptimalWeights;
        double[] adapted = [.. Enumerable.Range(0, 11).Select(r => shifted.AdaptedRisk(before, r))];
        var reached = Enumerable.Range(0, 11).Max(r => Math.Abs(shifted.Risk(shifted.AdaptedWeights(before, r)) - adapted[r]));
        int[] lengths = [1, 2, 5, 10, 20, 40, 100];
        OnlineTheory[] five = [.. lengths.Select(n => new OnlineTheory(5, n, 0))], twenty = [.. lengths.Select(n => new OnlineTheory(20, n, 0))];
        double[] x = [.. lengths.Select(n => (double)n)];
        ChartSeries Curve(string name, OnlineTheory[] cases, Func<OnlineTheory, double> risk, SeriesStyle style) =>
            new(name, x, [.. cases.Select(c => risk(c) / c.Dimension)], style);
        return Preset.Section(
            "Rank and length",
            [
                "Keys and queries of r channels keep the first r eigenvectors of the tasks' covariance, LoRA spends its rank where it gains most. One model for all context lengths pays for it: a filter over ages pays less than a constant, because it bounds the total weight as the context grows.",
            ],
            [
                Claim.AtMost("low-rank.decreasing", "Largest growth of the risk with the rank", Sources.LowRank, 0, low.Zip(low.Skip(1), (a, b) => b - a).Max()),
                Claim.Near("low-rank.full", "L*_d − L*", Sources.LowRank, 0, 1e-9, low[D] - theory.Risk(theory.OptimalWeights)),
                Claim.AtMost("low-rank.attained", "Constructed weights of rank r attain it: largest difference", Sources.LowRank, 1e-9, attained),
                Claim.AtMost("adaptation.decreasing", "Largest growth of the adapted risk with the rank", Sources.Adaptation, 0, adapted.Zip(adapted.Skip(1), (a, b) => b - a).Max()),
                Claim.Near("adaptation.none", "L(0) − risk of W₀", Sources.Adaptation, 0, 1e-9, adapted[0] - shifted.Risk(before)),
                Claim.Near("adaptation.full", "L(d) − L* of the new tasks", Sources.Adaptation, 0, 1e-9, adapted[^1] - shifted.OptimalRisk),
                Claim.AtMost("adaptation.attained", "Constructed updates of rank r attain it: largest difference", Sources.Adaptation, 1e-9, reached),
                Claim.AtMost("online.filter", "Largest excess of H3's risk over linear attention's", Sources.Online, 1e-12, five.Concat(twenty).Max(c => c.FilterRisk - c.ConstantRisk)),
                Claim.AtLeast("online.bound", "Least excess of H3's risk over the mean of the least risks", Sources.Online, -1e-12, five.Concat(twenty).Min(c => c.FilterRisk - c.LowerBound)),
            ],
            [],
            [
                new(
                    "online-lengths", "One model for all context lengths, closed forms", new("longest context n"), new("mean risk / d"),
                    [
                        Curve("linear attention, d = 5", five, c => c.ConstantRisk, SeriesStyle.LineAndPoints),
                        Curve("H3, d = 5", five, c => c.FilterRisk, SeriesStyle.LineAndPoints),
                        Curve("bound, d = 5", five, c => c.LowerBound, SeriesStyle.Dashed),
                        Curve("linear attention, d = 20", twenty, c => c.ConstantRisk, SeriesStyle.LineAndPoints),
                        Curve("H3, d = 20", twenty, c => c.FilterRisk, SeriesStyle.LineAndPoints),
                        Curve("bound, d = 20", twenty, c => c.LowerBound, SeriesStyle.Dashed),
                    ]),
            ]);
    }
}
