using FsCheck;
using FsCheck.Fluent;
using StateSpace.Inference.Sampling;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Inference.Tests;

public sealed class TokenSamplerTests
{
    private const int Draws = 4000;

    private static readonly float[] Logits = [.. new[] { 0.4, 0.3, 0.2, 0.07, 0.03 }.Select(p => (float)Math.Log(p))];

    [Fact]
    public void Temperature_0_takes_the_first_of_the_most_probable_tokens() =>
        Assert.Equal(1, new TokenSampler(new()).Sample([0, 3, 3, 2], [], new RandomSource(1)));

    [Fact]
    public void Temperature_1_draws_by_the_probabilities()
    {
        var frequencies = Frequencies(new() { Temperature = 1 });
        for (var i = 0; i < Logits.Length; i++) Assert.Equal(Math.Exp(Logits[i]), frequencies[i], 0.03);
    }

    [Fact]
    public void Temperature_divides_the_logits()
    {
        var frequencies = Frequencies(new() { Temperature = 0.5 });
        var squares = Logits.Select(logit => Math.Exp(2 * logit)).ToArray();
        for (var i = 0; i < Logits.Length; i++) Assert.Equal(squares[i] / squares.Sum(), frequencies[i], 0.03);
    }

    [Theory]
    [InlineData(2, 1, 0, 2)]
    [InlineData(0, 0.6, 0, 2)]
    [InlineData(0, 0.75, 0, 3)]
    [InlineData(0, 0.0001, 0, 1)]
    [InlineData(0, 1, 0.4, 3)]
    [InlineData(4, 0.9, 0.1, 3)]
    [InlineData(99, 1, 0, 5)]
    public void Only_tokens_that_every_bound_admits_are_drawn_in_proportion(int topK, double topP, double minP, int expected)
    {
        var frequencies = Frequencies(new() { Temperature = 1, TopK = topK, TopP = topP, MinP = minP });
        var kept = Logits.Take(expected).Sum(logit => Math.Exp(logit));
        for (var i = 0; i < Logits.Length; i++) Assert.Equal(i < expected ? Math.Exp(Logits[i]) / kept : 0, frequencies[i], i < expected ? 0.03 : 0);
    }

    [Fact]
    public void Top_p_keeps_the_nucleus_that_a_full_sort_gives()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<PositiveInt>(), seed =>
        {
            var random = new RandomSource((ulong)seed.Get);
            var logits = new float[1 + (seed.Get % 300)];
            random.FillNormal(logits, 0, 2);
            var p = random.NextUniform();
            if (p == 0) return;
            var weights = logits.Select((logit, id) => (Weight: Math.Exp(logit - logits.Max()), Id: id)).OrderByDescending(entry => entry.Weight).ToList();
            var (sum, nucleus) = (0.0, new HashSet<int>());
            foreach (var (weight, id) in weights)
            {
                if (sum >= p * weights.Sum(entry => entry.Weight) * (1 + 1e-5)) break;
                sum += weight;
                nucleus.Add(id);
            }

            var sampler = new TokenSampler(new() { Temperature = 1, TopP = p });
            for (var i = 0; i < 20; i++) Assert.Contains(sampler.Sample(logits, [], random), nucleus);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_repetition_penalty_lowers_positive_and_negative_logits_of_tokens_that_occurred()
    {
        var sampler = new TokenSampler(new() { RepetitionPenalty = 2 });
        Assert.Equal(1, sampler.Sample([3, 2, -1], [0], new RandomSource(1)));
        Assert.Equal(2, sampler.Sample([-2, -3, -2.5f], [0], new RandomSource(1)));
        Assert.Equal(0, sampler.Sample([5, 2, -1], [0, 1], new RandomSource(1)));
    }

    [Fact]
    public void The_same_seed_draws_the_same_tokens_and_another_seed_others()
    {
        Assert.Equal(Sequence(7), Sequence(7));
        Assert.NotEqual(Sequence(7), Sequence(8));

        static int[] Sequence(ulong seed)
        {
            var (sampler, random) = (new TokenSampler(new() { Temperature = 1 }), new RandomSource(seed));
            return [.. Enumerable.Range(0, 40).Select(_ => sampler.Sample(Logits, [], random))];
        }
    }

    [Fact]
    public void A_logit_that_is_no_number_is_refused()
    {
        var error = Assert.Throws<ArithmeticException>(() => new TokenSampler(new()).Sample([1, float.NaN, 2], [], new RandomSource(1)));
        Assert.Contains("the logit of token 1 is NaN", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, 0, 1, 0, 1, "the temperature is -1")]
    [InlineData(double.NaN, 0, 1, 0, 1, "the temperature is NaN")]
    [InlineData(1, -2, 1, 0, 1, "top-k is -2")]
    [InlineData(1, 0, 0, 0, 1, "top-p is 0")]
    [InlineData(1, 0, 1.5, 0, 1, "top-p is 1.5")]
    [InlineData(1, 0, 1, -0.1, 1, "min-p is -0.1")]
    [InlineData(1, 0, 1, 0, 0, "the repetition penalty is 0")]
    public void A_setting_out_of_its_range_is_named(double temperature, int topK, double topP, double minP, double penalty, string problem)
    {
        var options = new SamplingOptions { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP, RepetitionPenalty = penalty };
        Assert.Contains(problem, Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
    }

    private static double[] Frequencies(SamplingOptions options)
    {
        var (sampler, random) = (new TokenSampler(options), new RandomSource(3));
        var counts = new double[Logits.Length];
        for (var i = 0; i < Draws; i++) counts[sampler.Sample(Logits, [], random)] += 1.0 / Draws;
        return counts;
    }
}
