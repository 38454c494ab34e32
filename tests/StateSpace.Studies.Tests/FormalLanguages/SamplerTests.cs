using StateSpace.Studies.FormalLanguages;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.Tests.FormalLanguages;

public sealed class SamplerTests
{
    public static TheoryData<string> Names => [.. LanguageCatalog.Suite.Select(language => language.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Both_samplers_draw_members_within_the_window(string name)
    {
        var language = LanguageCatalog.Find(name);
        foreach (var sampler in new WordSampler[] { new PublishedSampler(language), new HonestSampler(language) })
        {
            var random = new RandomSource(1);
            for (var i = 0; i < 50; i++)
            {
                var word = sampler.Sample(random, 24, 48);
                Assert.True(language.Contains(word), word);
                Assert.InRange(word.Length, 24, 48);
            }
        }
    }

    [Theory]
    [InlineData("d-2", 8, 8)]
    [InlineData("tomita-4", 5, 24)]
    [InlineData("dyck-1", 8, 14)]
    [InlineData("flip-flop", 4, 10)]
    public void Honest_words_are_uniform_on_all_of_their_length(string name, int length, int words)
    {
        const int Each = 200;
        HonestSampler sampler = new(LanguageCatalog.Find(name));
        var random = new RandomSource(3);
        var counts = Enumerable.Range(0, words * Each).Select(_ => sampler.Sample(random, length, length)).CountBy(word => word, StringComparer.Ordinal).ToList();
        Assert.Equal(words, counts.Count);

        // Five standard deviations of a binomial count.
        Assert.All(counts, count => Assert.InRange(count.Value, Each - (5 * Math.Sqrt(Each)), Each + (5 * Math.Sqrt(Each))));
    }

    [Fact]
    public void Published_shuffles_never_cross_and_honest_ones_do()
    {
        var language = LanguageCatalog.Find("shuffle-2");
        BoundedDyck nested = new(2, 24);
        var random = new RandomSource(5);
        bool[] Crossings(WordSampler sampler) => [.. Enumerable.Range(0, 100).Select(_ => !nested.Contains(sampler.Sample(random, 12, 24)))];
        Assert.DoesNotContain(true, Crossings(new PublishedSampler(language)));
        Assert.InRange(Crossings(new HonestSampler(language)).Count(crossing => crossing), 80, 100);
    }

    [Fact]
    public void A_window_without_members_is_refused()
    {
        var message = Assert.Throws<StudyInputException>(() => new HonestSampler(LanguageCatalog.Find("aaaa-star")).Sample(new RandomSource(1), 5, 7)).Message;
        Assert.Equal("aaaa-star has no word of 5 to 7 symbols", message);
    }
}
