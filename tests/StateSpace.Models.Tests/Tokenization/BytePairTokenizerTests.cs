using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using StateSpace.Models.Tokenization;

namespace StateSpace.Models.Tests.Tokenization;

public sealed partial class BytePairTokenizerTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "golden", "tokenizer");
    private static readonly BytePairTokenizer Recorded = BytePairTokenizer.Load(Path.Combine(Folder, "tokenizer.json"));

    [Fact]
    public void Recorded_texts_get_the_recorded_ids_and_decode_to_the_recorded_texts()
    {
        using var cases = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "cases.json")));
        Assert.Equal(52, cases.RootElement.GetArrayLength());
        foreach (var item in cases.RootElement.EnumerateArray())
        {
            var ids = item.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray();
            Assert.Equal(ids, Recorded.Encode(item.GetProperty("text").GetString()));
            Assert.Equal(item.GetProperty("decoded").GetString(), Recorded.Decode(ids));
        }
    }

    [Fact]
    public void The_vocabulary_and_its_special_tokens_are_known()
    {
        Assert.Equal((2048, 0), (Recorded.VocabularySize, Recorded.EndOfText));
        Assert.Equal([("<|endoftext|>", 0), ("<|padding|>", 1)], Recorded.SpecialTokens.OrderBy(token => token.Value).Select(token => (token.Key, token.Value)));
        Assert.Equal("Hi", Recorded.Decode(Recorded.Encode("<|endoftext|>Hi<|padding|>"), skipSpecialTokens: true));
        Assert.True(Recorded.TryGetId("Ġm", out var id));
        Assert.Equal(" m", Encoding.UTF8.GetString(Recorded.BytesOf(id).Span));
        Assert.False(Recorded.TryGetId("no such token", out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => Recorded.Decode([2048]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Recorded.BytesOf(-1));
    }

    [Fact]
    public void What_is_encoded_decodes_to_its_composed_form_at_once_and_id_by_id()
    {
        AnyText.Check(AnyText.Any, text =>
        {
            var valid = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            var ids = Recorded.Encode(text);
            var decoded = Recorded.Decode(ids);
            Assert.Equal(CanonicalComposition.Apply(valid) ?? valid, decoded);
            Assert.Equal(ids, Recorded.Encode(valid));
            var decoder = new TokenDecoder(Recorded);
            var parts = ids.Select(decoder.Add).ToList();
            Assert.All(parts, part => Assert.True(part.Length == 0 || !(char.IsLowSurrogate(part[0]) || char.IsHighSurrogate(part[^1]))));
            Assert.Equal("", decoder.Finish());
            Assert.Equal(decoded, string.Concat(parts));
        });
    }

    [Fact]
    public void Words_are_those_of_the_pattern()
    {
        // Within the characters that .NET's expressions know, they are the truth.
        AnyText.Check(AnyText.Valid, text =>
        {
            text = string.Concat(text.Where(c => !char.IsSurrogate(c)));
            var words = new List<string>();
            for (var rest = text; rest.Length > 0; rest = rest[words[^1].Length..]) words.Add(rest[..GptWords.First(rest)]);
            Assert.Equal(Pattern.Matches(text).Select(match => match.Value), words);
        }, times: 1000);
    }

    [Theory]
    [InlineData("𝔄𝔅c 𝟘1 🙂🙂", new[] { "𝔄𝔅c", " 𝟘1", " 🙂🙂" })]
    [InlineData("a\uD800\uD800b", new[] { "a", "\uD800\uD800", "b" })]
    public void Words_know_letters_and_digits_beyond_the_first_plane(string text, string[] expected)
    {
        var words = new List<string>();
        for (var rest = text; rest.Length > 0; rest = rest[words[^1].Length..]) words.Add(rest[..GptWords.First(rest)]);
        Assert.Equal(expected, words);
    }

    [Fact]
    public void Merges_are_those_of_the_plain_algorithm()
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "tokenizer.json")));
        var merges = file.RootElement.GetProperty("model").GetProperty("merges").EnumerateArray()
            .Select((pair, rank) => ((pair[0].GetString()!, pair[1].GetString()!), rank)).ToDictionary(entry => entry.Item1, entry => entry.rank);
        var random = new Random(3);
        for (var i = 0; i < 100; i++)
        {
            // A word of letters alone is one word, longer than any that is kept.
            var word = string.Concat(Enumerable.Range(0, random.Next(1, 200)).Select(_ => "eeeethaaoinsrdlu"[random.Next(16)]));
            var symbols = word.Select(c => c.ToString()).ToList();
            while (true)
            {
                var best = Enumerable.Range(0, symbols.Count - 1).Select(at => (Rank: merges.GetValueOrDefault((symbols[at], symbols[at + 1]), int.MaxValue), At: at)).DefaultIfEmpty((int.MaxValue, 0)).Min();
                if (best.Item1 == int.MaxValue) break;
                symbols[best.Item2] += symbols[best.Item2 + 1];
                symbols.RemoveAt(best.Item2 + 1);
            }

            Assert.Equal(symbols, Recorded.Encode(word).Select(id => Recorded.Decode([id])));
        }
    }

    [Fact]
    public void A_word_of_many_letters_takes_no_quadratic_time()
    {
        var word = string.Concat(Enumerable.Repeat("the", 60_000));
        Assert.Equal(word, Recorded.Decode(Recorded.Encode(word)));
    }

    [Fact]
    public void Several_threads_encode_the_same()
    {
        var tokenizer = BytePairTokenizer.Load(Path.Combine(Folder, "tokenizer.json"));
        var texts = Enumerable.Range(0, 200).Select(i => $"Thread {i % 17} says: to be, or not to be {i}!").ToArray();
        var expected = texts.Select(text => Recorded.Encode(text)).ToArray();
        Parallel.For(0, texts.Length, i => Assert.Equal(expected[i], tokenizer.Encode(texts[i])));
    }

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant, 10_000)]
    private static partial Regex Pattern { get; }
}
