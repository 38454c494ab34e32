using System.Globalization;
using System.Text.Json.Nodes;
using MathNet.Numerics.LinearAlgebra;
using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.InContextEstimation;

/// <summary>Closed forms against sampled prompts, and the terms of linear attention that only add risk.</summary>
/// <param name="prompts">Prompts of each case; null for the preset's number.</param>
internal sealed class MonteCarloPart(int? prompts = null) : IStudyPart
{
    /// <summary>Standard errors within which a sampled mean must lie.</summary>
    private const double Limit = 4;

    private const int Block = 2048;

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) =>
    [
        .. Cases((ulong)options.Seed).Select(@case => new StudyJob(
            Id(@case),
            $"{@case.Title}: risk of {Prompts(options):N0} prompts",
            Prompts(options) * 2e-6,
            context => Run(@case, (ulong)options.Seed, Prompts(options), context))),
    ];

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var rows = new List<IReadOnlyList<Cell>>();
        var claims = new List<Claim>();
        foreach (var @case in Cases((ulong)options.Seed))
        {
            var outcome = Preset.Outcome(outcomes, Id(@case));
            double mean = Number("mean"), error = Number("error");
            Cell[] other = @case.EachLength is null ? [Number("cross"), Number("crossError")] : ["", ""];
            rows.Add([@case.Title, @case.Expected, mean, error, (mean - @case.Expected) / error, .. other]);
            claims.Add(Claim.Between($"{Id(@case)}.risk", $"{@case.Title}: sampled risk less the closed form, in standard errors", @case.Source, -Limit, Limit, (mean - @case.Expected) / error));
            if (@case.EachLength is null) claims.Add(Claim.Between($"{Id(@case)}.parity", $"{@case.Title}: mean product of the error with the other terms of linear attention, in standard errors", Sources.Parity, -Limit, Limit, Number("cross") / Number("crossError")));

            double Number(string name) => outcome[name]!.GetValue<double>();
        }

        return Preset.Section(
            "Closed forms against samples",
            [
                $"The risk of an estimator on {Prompts(options):N0} sampled prompts beside its closed form. Linear attention has two more terms than gradient descent; their product with the error has mean zero, so that they can only add risk: this is why the best linear attention is gradient descent.",
            ],
            claims,
            [
                new(
                    "monte-carlo", "Sampled risks, d = 8, n = 12, σ² = 0.5",
                    ["data", "closed form", "sampled", "standard error", "deviation in standard errors", "product with the other terms", "its standard error"],
                    rows),
            ],
            []);
    }

    private static string Id(SampledCase @case) => "sampled." + @case.Name;

    private int Prompts(StudyOptions options) => prompts ?? Preset.Choose(options, 300_000, 2_000_000, 6_000_000);

    private static IEnumerable<SampledCase> Cases(ulong seed)
    {
        const int D = 8, N = 12;
        const double Noise = 0.5;
        var random = new RandomSource(seed).Split("sampled");
        var theory = new LinearRegressionTheory(RandomPrompts.Covariance(D, random), RandomPrompts.Covariance(D, random), N, Noise);
        var independent = new IndependentPrompts(theory);
        yield return new("iid", "Independent, W*", Sources.Theorem, independent, theory.OptimalWeights, theory.OptimalRisk);
        var other = theory.OptimalWeights + (0.01 * RandomPrompts.Matrix(D, random));
        yield return new("iid-other", "Independent, another W", Sources.Theorem, independent, other, theory.Risk(other));
        foreach (var alignment in new[] { .1, .3, .5 })
        {
            var retrieved = new RetrievedPrompts(new(D, N, alignment, Noise));
            yield return new(Name("retrieval"), $"Retrieval, α = {alignment}", Sources.Retrieval, retrieved, retrieved.Weights, retrieved.Risk);
            var aligned = new AlignedPrompts(new(D, N, alignment, Noise));
            yield return new(Name("alignment"), $"Alignment, α = {alignment}", Sources.Alignment, aligned, aligned.Weights, aligned.Risk);

            string Name(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}.{alignment}");
        }

        var wide = new RetrievedPrompts(new(D, N, .5, Noise, spread: 1));
        yield return new("retrieval-wide", "Retrieval, α = 0.5, examples of variance 1 around αx", Sources.Retrieval, wide, wide.Weights, wide.Risk);
        var varying = new TimeVaryingPrompts(new(D, TimeVaryingTheory.Autoregressive(N, .9), Noise));
        yield return new("time-varying", "Time-varying, ρ = 0.9", Sources.TimeVarying, varying, varying.Weights, varying.Risk);
        var online = new OnlineTheory(D, N, Noise);
        var plain = new IndependentPrompts(LinearRegressionTheory.Isotropic(D, N, Noise));
        yield return new("online", "Every context length, a filter over ages", Sources.Online, plain, plain.Weights, online.FilterRisk) { EachLength = online.EachLength(age => online.OptimalFilter[age]) };
    }

    private static JobOutcome Run(SampledCase @case, ulong seed, int count, JobContext context)
    {
        var random = new RandomSource(seed).Split("prompts." + @case.Name);
        var d = @case.Prompts.Dimension;
        using var tensors = new TensorScope();
        Tensor weights = PromptDistribution.ToTensor(@case.Weights, DType.Float32), filter = PromptDistribution.ToTensor(@case.Prompts.Filter, DType.Float32);
        Tensor square = Tensor.Normal([d, d], random), column = Tensor.Normal([d, 1], random), row = Tensor.Normal([d, 1], random);
        var each = @case.EachLength is { } matrix ? PromptDistribution.ToTensor(matrix, DType.Float32) : null;
        SampleMean risk = new(), cross = new();
        for (var done = 0; done < count; done += Block)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Report((double)done / count);
            using var scope = new TensorScope();
            var batch = @case.Prompts.Sample(random, Math.Min(Block, count - done));
            if (each is not null)
            {
                risk.Add((batch.LaterTargets - batch.DescendEach(each)).Square().Mean(1).Span<float>());
                continue;
            }

            var error = batch.Target - batch.Descend(weights, filter);
            risk.Add((error * error).Span<float>());

            // x·A XᵀX v + (x·a) yᵀ(w ∘ y): the terms that W does not have.
            var weighted = batch.Labels * filter;
            var projected = batch.Context.MatMul(column).Squeeze(2) * filter;
            var even = (batch.Query.MatMul(square) * projected.Unsqueeze(1).MatMul(batch.Context).Squeeze(1)).Sum(1)
                + (batch.Query.MatMul(row).Squeeze(1) * (batch.Labels * weighted).Sum(1));
            cross.Add((error * even).Span<float>());
        }

        var result = new JsonObject { ["mean"] = risk.Mean, ["error"] = risk.StandardError };
        if (each is null) (result["cross"], result["crossError"]) = (cross.Mean, cross.StandardError);
        return new(result, []);
    }

    private sealed record SampledCase(string Name, string Title, string Source, PromptDistribution Prompts, Matrix<double> Weights, double Expected)
    {
        /// <summary>w of (n, n) where the loss is the mean over all context lengths; null for the whole context.</summary>
        public Matrix<double>? EachLength { get; init; }
    }
}
