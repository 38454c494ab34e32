using System.Text;
using FsCheck;
using FsCheck.Fluent;
using StateSpace.Models.Checkpoints;
using StateSpace.Models.Tests.Checkpoints;
using StateSpace.Models.Tokenization;

namespace StateSpace.Models.Tests.Tokenization;

public sealed class HostileTokenizerTests : IDisposable
{
    private static readonly string[] HostileTexts =
    [
        "-1", "0", "7", "2147483647", "2147483648", "1e400", "1.5", "null", "true", "[]", "{}", "\"\"", "\"a\"", "\"\\ud800\"", "\\", "\"", "]", "}", "[", "{", ",", ":", "\0", "😀",
        "\"type\":\"BPE\",", "\"a\":1,", "\"type\":\"Sequence\",", "\"Split\"", "\"NFC\"", "\"NFD\"", "\"((((\"", "\"(a+)+$\"",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "is not valid JSON")]
    [InlineData("[]", "the content must be an object")]
    [InlineData("{}", "model must be an object")]
    [InlineData("""{"model":{"type":"WordPiece","vocab":{}}}""", "model.type is WordPiece, which is not supported; BPE is")]
    [InlineData("""{"model":{"type":"Unigram","vocab":[["a",-1.5]]}}""", "model.type is Unigram, which is not supported; BPE is")]
    [InlineData("""{"model":{"type":"BPE","vocab":[]}}""", "model.vocab must be an object")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0,"a":1}}}""", "is not valid JSON")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0,"b":0}}}""", "model.vocab gives the id 0 twice, also to 'b'")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":-1}}}""", "model.vocab['a'] must be a whole number from 0 on")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":2147483647}}}""", "model.vocab gives 'a' the id 2147483647, far beyond the number of tokens")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0}},"added_tokens":[{"id":2000000000,"content":"b"}]}""", "added_tokens gives 'b' the id 2000000000, far beyond")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}""", "model.merges[0] needs the token 'b', which is not in the vocabulary")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a","a"]]}}""", "model.merges[0] needs the token 'aa', which is not in the vocabulary")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a"]}}""", "model.merges[0] must be two tokens with a space between")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a a a"]}}""", "model.merges[0] must be two tokens with a space between")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}}""", "model.merges[0] must be a pair of tokens")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":{}}}""", "model.merges must be a list")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"unk_token":"u"}}""", "model.unk_token 'u' is not in the vocabulary")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"byte_fallback":true}}""", "model.byte_fallback is not supported")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"end_of_word_suffix":"</w>"}}""", "model.end_of_word_suffix is not supported")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"dropout":0.1}}""", "model.dropout is not supported")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"dropout":"x"}}""", "model.dropout must be a number")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}""", "pre_tokenizer is missing")]
    [InlineData("""{"normalizer":{"type":"NFKC"},"model":{"vocab":{"a":0},"merges":[]}}""", "normalizer is NFKC, which is not supported; NFC is, and none")]
    [InlineData("""{"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Lowercase"}]},"model":{"vocab":{"a":0},"merges":[]}}""", "normalizer.normalizers[1] is Lowercase, which is not supported")]
    [InlineData("""{"pre_tokenizer":{"type":"Metaspace"},"model":{"vocab":{"a":0},"merges":[]}}""", "pre_tokenizer is Metaspace, which is not supported")]
    [InlineData("""{"pre_tokenizer":{"type":"Digits"},"model":{"vocab":{"a":0},"merges":[]}}""", "pre_tokenizer has no ByteLevel step")]
    [InlineData("""{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"(a"},"behavior":"Isolated"},"model":{"vocab":{"a":0},"merges":[]}}""", "pre_tokenizer.pattern.Regex cannot be used")]
    [InlineData("""{"pre_tokenizer":{"type":"Split","pattern":{"String":"a"},"behavior":"Sideways"},"model":{"vocab":{"a":0},"merges":[]}}""", "pre_tokenizer.behavior is Sideways; Removed, Isolated")]
    [InlineData("""{"pre_tokenizer":{"type":"Split","pattern":{"String":""}},"model":{"vocab":{"a":0},"merges":[]}}""", "pre_tokenizer.pattern is empty")]
    [InlineData("""{"decoder":{"type":"Metaspace"},"model":{"vocab":{"a":0},"merges":[]}}""", "decoder is Metaspace, which is not supported; ByteLevel is")]
    [InlineData("""{"post_processor":{"type":"BertProcessing"},"model":{"vocab":{"a":0},"merges":[]}}""", "post_processor is BertProcessing, which is not supported")]
    [InlineData("""{"added_tokens":[{"id":1,"content":"b"},{"id":2,"content":"b"}],"model":{"vocab":{"a":0},"merges":[]}}""", "added_tokens[1] 'b' occurs twice")]
    [InlineData("""{"added_tokens":[{"id":0,"content":"b"}],"model":{"vocab":{"a":0},"merges":[]}}""", "added_tokens[0] has the id 0, which is that of 'a'")]
    [InlineData("""{"added_tokens":[{"id":1,"content":"a"}],"model":{"vocab":{"a":0},"merges":[]}}""", "added_tokens[0] has the id 1, but the vocabulary gives it 0")]
    [InlineData("""{"added_tokens":[{"id":1,"content":"\ud800"}],"model":{"vocab":{"a":0},"merges":[]}}""", "is not valid JSON")]
    public void A_file_that_is_damaged_or_of_another_kind_is_refused_in_a_line_that_names_the_place(string json, string problem)
    {
        var path = Written(json);
        var message = Assert.Throws<CheckpointException>(() => BytePairTokenizer.Load(path)).Message;
        AssertOneLine(path, message);
        Assert.Contains(problem, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_without_end_long_names_and_missing_files_are_refused_in_a_short_line()
    {
        foreach (var json in new[]
        {
            new string('[', 1_000_000),
            string.Concat(Enumerable.Repeat("""{"pre_tokenizer":""", 100_000)),
            $$$$"""{"model":{"type":"{{{{new string('n', 1_000_000)}}}}","vocab":{}}}""",
            $$$$"""{"model":{"type":"BPE","vocab":{"{{{{new string('n', 1_000_000)}}}}":-1}}}""",
            TokenizerJson.Make(string.Concat(Enumerable.Repeat("""{"type":"Sequence","pretokenizers":[""", 20)) + string.Concat(Enumerable.Repeat("""{"type":"Digits"},""", 2000)) + """{"type":"ByteLevel"}""" + string.Concat(Enumerable.Repeat("]}", 20))),
            TokenizerJson.Make($$$"""{"type":"Split","pattern":{"Regex":"{{{new string('(', 100_000)}}}"}}"""),
        })
        {
            var path = Written(json);
            AssertOneLine(path, Assert.Throws<CheckpointException>(() => BytePairTokenizer.Load(path)).Message);
        }

        AssertOneLine(_folder.File("missing"), Assert.Throws<CheckpointException>(() => BytePairTokenizer.Load(_folder.File("missing"))).Message);
        AssertOneLine(_folder.File(""), Assert.Throws<CheckpointException>(() => BytePairTokenizer.Load(_folder.File(""))).Message);
    }

    [Fact]
    public void Any_file_with_hostile_words_is_used_or_refused_in_one_line()
    {
        var sound = TokenizerJson.Make(
            """{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\s+"},"behavior":"Isolated"},{"type":"ByteLevel","add_prefix_space":false},{"type":"Digits"}]}""",
            """["a b",["ab","c"]]""",
            """[{"id":258,"content":"<s>","special":true,"normalized":false}]""",
            """{"type":"Sequence","normalizers":[{"type":"NFC"}]}""",
            """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}],"special_tokens":{"<s>":{"ids":[258]}}}""",
            tokens: ["ab", "abc"]);

        // The vocabulary is most of the file but not most of what can be wrong: half of the edits go elsewhere.
        var vocabulary = sound.IndexOf("\"vocab\"", StringComparison.Ordinal);
        var merges = sound.IndexOf("\"merges\"", StringComparison.Ordinal);
        var position = Gen.Frequency((4, Gen.Choose(0, vocabulary + 20)), (2, Gen.Choose(merges, sound.Length)), (1, Gen.Choose(0, sound.Length)));
        var edit = from at in position
                   from removed in Gen.Choose(0, 8)
                   from text in Gen.Frequency((3, Gen.Elements(HostileTexts)), (1, Gen.Choose(0, 0x7F).Select(c => ((char)c).ToString())), (1, Gen.Constant("")))
                   select (at, removed, text);
        var edits = from count in Gen.Choose(1, 3)
                    from list in Gen.ArrayOf(edit, count)
                    select list;
        var configuration = Config.QuickThrowOnFailure.WithMaxTest(600).WithReplay(20_251_102, 1);
        Prop.ForAll(edits.ToArbitrary(), list =>
        {
            var json = sound;
            foreach (var (at, removed, text) in list)
            {
                var start = at % (json.Length + 1);
                json = json[..start] + text + json[Math.Min(json.Length, start + removed)..];
            }

            UseOrRefuse(Encoding.UTF8.GetBytes(json));
        }).Check(configuration);
    }

    [Fact]
    public void Any_truncation_and_any_flipped_bit_is_used_or_refused_in_one_line()
    {
        var bytes = Encoding.UTF8.GetBytes(TokenizerJson.Make(merges: """["a b"]""", added: """[{"id":257,"content":"<s>"}]""", tokens: ["ab"]));
        var random = new Random(7);
        for (var i = 0; i < 150; i++)
        {
            UseOrRefuse(bytes[..random.Next(bytes.Length)]);
            var copy = bytes.ToArray();
            for (var k = random.Next(1, 4); k > 0; k--) copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
            UseOrRefuse(copy);
        }
    }

    private static void AssertOneLine(string path, string message)
    {
        Assert.StartsWith($"{path}: ", message, StringComparison.Ordinal);
        Assert.DoesNotContain(message, char.IsControl);
        Assert.InRange(message.Length, 1, path.Length + 320);
    }

    private string Written(string json)
    {
        var path = _folder.File("tokenizer.json");
        File.WriteAllText(path, json);
        return path;
    }

    /// <summary>Whatever else is thrown fails the test; so does an allocation out of proportion to the file.</summary>
    private void UseOrRefuse(byte[] content)
    {
        var path = _folder.File("tokenizer.json");
        File.WriteAllBytes(path, content);
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var tokenizer = Tokenizers.Load(_folder.File(""));
            var ids = tokenizer.Encode("abc ab 12 e\u0301 <s>🙂", addSpecialTokens: true);
            Assert.All(ids, id => Assert.InRange(id, 0, tokenizer.VocabularySize - 1));
            Assert.NotNull(tokenizer.Decode(ids));
        }
        catch (CheckpointException error)
        {
            AssertOneLine(path, error.Message);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
    }
}
