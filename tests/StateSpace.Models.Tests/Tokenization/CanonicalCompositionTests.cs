using System.Text.Json;
using StateSpace.Models.Tokenization;

namespace StateSpace.Models.Tests.Tokenization;

public sealed class CanonicalCompositionTests
{
    [Fact]
    public void Recorded_texts_get_the_form_that_ICU_gives_them()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "golden", "tokenizer", "nfc.json");
        var cases = JsonSerializer.Deserialize<string[][]>(File.ReadAllText(path))!;
        Assert.Equal(600, cases.Length);
        foreach (var pair in cases)
        {
            Assert.Equal(pair[1], Composed(pair[0]));
            Assert.Equal(pair[1], Composed(pair[1]));
        }
    }

    [Theory]
    [InlineData("e\u0301", "é")]
    [InlineData("\u212B", "Å")]
    [InlineData("A\u030A", "Å")]
    [InlineData("ﬁ", "ﬁ")]
    [InlineData("s\u0307\u0323", "ṩ")]
    [InlineData("\u1E0B\u0323", "\u1E0D\u0307")]
    [InlineData("\u1112\u1161\u11AB", "한")]
    [InlineData("\uD558\u11AB", "한")]
    [InlineData("\u1100\u1161\u11A8\u11A8", "각\u11A8")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("\U0001D157\U0001D165", "\U0001D157\U0001D165")]
    [InlineData("\U0001D15F", "\U0001D158\U0001D165")]
    [InlineData("\U0002F800", "丽")]
    [InlineData("a\u0315\u0300\u05AE\u0300b", "à\u05AE\u0300\u0315b")]
    [InlineData("\u09C7\u0334\u09BE", "\u09C7\u0334\u09BE")]
    [InlineData("\u0301e\u0301", "\u0301é")]
    [InlineData("\uD800e\u0301\uDC00", "\uD800é\uDC00")]
    public void Characters_compose_as_the_standard_says(string text, string composed) => Assert.Equal(composed, Composed(text));

    [Fact]
    public void A_composed_text_stays_and_pieces_may_be_composed_apart_at_a_space()
    {
        AnyText.Check(AnyText.Any, text =>
        {
            var composed = Composed(text);
            Assert.Equal(composed, Composed(composed));
            Assert.Equal($"{composed} {composed}", Composed($"{text} {text}"));
        });
    }

    [Fact]
    public void A_million_marks_in_a_row_are_sorted_without_delay()
    {
        var marks = string.Concat(Enumerable.Range(0, 500_000).Select(i => i % 2 == 0 ? "\u0301" : "\u0323"));
        Assert.Equal("\u1EB9" + new string('\u0323', 249_999) + new string('\u0301', 250_000), Composed("e" + marks));
    }

    [Fact]
    public void Text_without_such_characters_is_not_copied() => Assert.Null(CanonicalComposition.Apply("plain ASCII, Ünïcödé, Ελληνικά, 東京, 한국 and 🙂"));

    private static string Composed(string text) => CanonicalComposition.Apply(text) ?? text;
}
