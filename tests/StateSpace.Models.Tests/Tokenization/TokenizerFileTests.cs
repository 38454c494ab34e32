using StateSpace.Models.Checkpoints;
using StateSpace.Models.Tests.Checkpoints;
using StateSpace.Models.Tokenization;

namespace StateSpace.Models.Tests.Tokenization;

public sealed class TokenizerFileTests : IDisposable
{
    private const string Llama =
        """{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]}""";

    private const string Falcon =
        """{"type":"Sequence","pretokenizers":[{"type":"Punctuation","behavior":"Contiguous"},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},{"type":"Digits","individual_digits":false},{"type":"Split","pattern":{"Regex":"[0-9][0-9][0-9]"},"behavior":"Isolated","invert":false}]}""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Llama, "Don'T stop 12345!!\n\nso  x", "Don|'T| stop| |123|45|!!\n\n|so| | x")]
    [InlineData(Llama, "a𝟘𝟙𝟚𝟛𝔄b\U00010400'LL 🙂🙂", "a|𝟘𝟙𝟚|𝟛|𝔄b\U00010400|'LL| 🙂🙂")]
    [InlineData(Falcon, "a12345 b.--c 7", "a|123|45| b|.--|c| |7")]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}""", "ab 12c½", "ab |1|2|c|½")]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithNext","invert":false},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}""", "a b  c ", "a| b| | c| ")]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithPrevious","invert":false},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}""", " a b  c", " |a |b | |c")]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"String":" "},"behavior":"Removed","invert":false},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}""", " a b  c", "a|b|c")]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"[a-z]+"},"behavior":"Removed","invert":true},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}""", "1ab22c3", "ab|c")]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":true,"use_regex":true}""", "ab c", " ab| c")]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":true,"use_regex":true}""", " ab c", " ab| c")]
    [InlineData("""{"type":"ByteLevel","use_regex":false}""", "ab c", " ab c")]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":true,"use_regex":true}""", "", "")]
    public void A_pre_tokenizer_cuts_where_its_kind_says(string preTokenizer, string text, string pieces)
    {
        // Each piece as a whole is a token, and nothing merges: so the tokens show the pieces, and a wrong piece falls into bytes.
        var words = pieces.Split('|', StringSplitOptions.RemoveEmptyEntries);
        var spelled = words.Select(word => string.Concat(System.Text.Encoding.UTF8.GetBytes(word).Select(value => TokenizerJson.Letter(value)))).Distinct().Where(word => word.Length > 1).ToArray();
        var tokenizer = Load(TokenizerJson.Make(preTokenizer, model: """{"ignore_merges":true}""", tokens: spelled));
        Assert.Equal(words, tokenizer.Encode(text).Select(id => tokenizer.Decode([id])));
    }

    [Fact]
    public void Merges_are_read_as_texts_and_as_pairs()
    {
        foreach (var merges in new[] { """["a b","Ġ ab"]""", """[["a","b"],["Ġ","ab"]]""" })
        {
            var tokenizer = Load(TokenizerJson.Make(merges: merges, tokens: ["ab", "Ġab"]));
            Assert.Equal([256, 257, 257, 'b'], tokenizer.Encode("ab ab abb"));
        }

        // Without the merge, the token is reached only where whole words are preferred.
        Assert.Equal(['a', 'b'], Load(TokenizerJson.Make(tokens: ["ab"])).Encode("ab"));
        Assert.Equal([256], Load(TokenizerJson.Make(model: """{"ignore_merges":true}""", tokens: ["ab"])).Encode("ab"));
    }

    [Theory]
    [InlineData("""{"id":300,"content":"<x>"}""", "a<x> b", new[] { "a", "<x>", " ", "b" })]
    [InlineData("""{"id":300,"content":"<x>","lstrip":true,"rstrip":true}""", "a \n<x>  b", new[] { "a", "<x>", "b" })]
    [InlineData("""{"id":300,"content":"in","single_word":true}""", "in ing tin in.", new[] { "in", " ", "i", "n", "g", " ", "t", "i", "n", " ", "in", "." })]
    [InlineData("""{"id":300,"content":"<x>"},{"id":301,"content":"<x><y>"},{"id":302,"content":"x>"}""", "<x><x><y>x>", new[] { "<x>", "<x><y>", "x>" })]
    [InlineData("""{"id":300,"content":"ế","normalized":true}""", "e\u0302\u0301ế", new[] { "ế", "ế" })]
    [InlineData("""{"id":300,"content":"e\u0301","normalized":true}""", "é", new[] { "e\u0301" })]
    [InlineData("""{"id":300,"content":"ế","normalized":false}""", "e\u0302\u0301", new[] { "\uFFFD", "\uFFFD", "\uFFFD" })]
    [InlineData("""{"id":300,"content":"  ","normalized":true},{"id":301,"content":"    ","normalized":true}""", "a       b", new[] { "a", "    ", "  ", " ", "b" })]
    public void Added_tokens_are_taken_out_of_the_text_first(string added, string text, string[] tokens)
    {
        var tokenizer = Load(TokenizerJson.Make(added: $"[{added}]", normalizer: """{"type":"NFC"}"""));
        Assert.Equal(tokens, tokenizer.Encode(text).Select(id => tokenizer.Decode([id])));
    }

    [Fact]
    public void A_template_puts_special_tokens_around_a_text_that_asks_for_them()
    {
        const string Processor =
            """{"type":"Sequence","processors":[{"type":"ByteLevel","trim_offsets":false},{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],"special_tokens":{"<s>":{"id":"<s>","ids":[256],"tokens":["<s>"]},"</s>":{"id":"</s>","ids":[257],"tokens":["</s>"]}}}]}""";
        var tokenizer = Load(TokenizerJson.Make(added: """[{"id":256,"content":"<s>","special":true},{"id":257,"content":"</s>","special":true}]""", processor: Processor));
        Assert.Equal([256, 'h', 'i', 257], tokenizer.Encode("hi", addSpecialTokens: true));
        Assert.Equal(['h', 'i'], tokenizer.Encode("hi"));
        Assert.Equal(257, tokenizer.EndOfText);
    }

    [Fact]
    public void A_saved_folder_gives_the_same_tokenizer_and_the_same_file()
    {
        var json = TokenizerJson.Make(added: """[{"id":256,"content":"<s>","special":true},{"id":257,"content":"stop","special":true}]""");
        File.WriteAllText(_folder.File("tokenizer.json"), json);
        File.WriteAllText(_folder.File("tokenizer_config.json"), """{"eos_token":{"content":"stop","special":true},"model_max_length":1e30}""");
        var tokenizer = Tokenizers.Load(_folder.File(""));
        Assert.Equal(257, tokenizer.EndOfText);
        tokenizer.Save(_folder.File("copy"));
        Assert.Equal(json, File.ReadAllText(_folder.File("copy/tokenizer.json")));
        Assert.Equal(257, Tokenizers.Load(_folder.File("copy")).EndOfText);

        // Without that file the model's settings say it, and then the usual names.
        File.Delete(_folder.File("tokenizer_config.json"));
        Assert.Null(Tokenizers.Load(_folder.File("")).EndOfText);
        File.WriteAllText(_folder.File("config.json"), """{"eos_token_id":[256,257]}""");
        Assert.Equal(256, Tokenizers.Load(_folder.File("")).EndOfText);
        File.WriteAllText(_folder.File("config.json"), """{"eos_token_id":999}""");
        Assert.Null(Tokenizers.Load(_folder.File("")).EndOfText);
        File.WriteAllText(_folder.File("tokenizer_config.json"), """{"eos_token":"halt"}""");
        Assert.Contains("has no token 'halt'", Assert.Throws<CheckpointException>(() => Tokenizers.Load(_folder.File(""))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_without_a_token_is_named_or_becomes_the_unknown_token()
    {
        var json = TokenizerJson.Make().Replace("\"Z\":90,", "", StringComparison.Ordinal);
        var problem = Assert.Throws<CheckpointException>(() => Load(json).Encode("A to Z")).Message;
        Assert.Contains("no token for the byte 0x5A", problem, StringComparison.Ordinal);
        Assert.Equal(['A', '?', 'B'], Load(json.Replace("\"type\":\"BPE\"", "\"type\":\"BPE\",\"unk_token\":\"?\"", StringComparison.Ordinal)).Encode("AZB"));
    }

    private BytePairTokenizer Load(string json)
    {
        File.WriteAllText(_folder.File("small.json"), json);
        return BytePairTokenizer.Load(_folder.File("small.json"));
    }
}
