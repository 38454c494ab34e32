using System.Text;
using StateSpace.Models.Checkpoints;
using StateSpace.Models.Tests.Checkpoints;
using StateSpace.Models.Tokenization;

namespace StateSpace.Models.Tests.Tokenization;

public sealed class ByteTokenizerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Ids_are_the_bytes_and_decode_to_the_text(bool hasEndOfText)
    {
        var tokenizer = new ByteTokenizer(hasEndOfText);
        Assert.Equal((hasEndOfText ? 257 : 256, hasEndOfText ? 256 : (int?)null), (tokenizer.VocabularySize, tokenizer.EndOfText));
        AnyText.Check(AnyText.Any, text =>
        {
            var ids = tokenizer.Encode(text);
            if (!hasEndOfText) Assert.Equal(Encoding.UTF8.GetBytes(text).Select(value => (int)value), ids);
            var decoder = new TokenDecoder(tokenizer);
            var decoded = string.Concat(ids.Select(decoder.Add)) + decoder.Finish();
            Assert.Equal(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)), decoded);
            Assert.Equal(decoded, tokenizer.Decode(ids));
        }, times: 200);
        Assert.Equal(hasEndOfText ? [72, 105, 256] : "Hi<|endoftext|>"u8.ToArray().Select(value => (int)value), tokenizer.Encode("Hi<|endoftext|>"));
    }

    [Fact]
    public void A_character_comes_when_its_last_byte_does_and_what_is_no_character_is_replaced()
    {
        var tokenizer = new ByteTokenizer();
        var decoder = new TokenDecoder(tokenizer, skipSpecialTokens: true);
        Assert.Equal(["", "", "", "🙂", "", "a"], new[] { 0xF0, 0x9F, 0x99, 0x82, 256, 'a' }.Select(decoder.Add));
        Assert.Equal(["", "\uFFFDb", "\uFFFD"], new[] { 0xE2, 'b', 0xFF }.Select(decoder.Add));
        Assert.Equal(["", ""], new[] { 0xF0, 0x9F }.Select(decoder.Add));
        Assert.Equal(("\uFFFD", ""), (decoder.Finish(), decoder.Finish()));
        Assert.Equal("c", decoder.Add('c'));
        Assert.Equal("<|endoftext|>", new TokenDecoder(tokenizer).Add(256));
        Assert.Throws<ArgumentOutOfRangeException>(() => decoder.Add(257));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ByteTokenizer(hasEndOfText: false).BytesOf(256));
    }

    [Fact]
    public void Streamed_text_is_the_decoded_text_for_any_bytes()
    {
        var tokenizer = new ByteTokenizer();
        var random = new Random(1);
        for (var i = 0; i < 500; i++)
        {
            var ids = Enumerable.Range(0, random.Next(40)).Select(_ => random.Next(3) == 0 ? random.Next(128) : random.Next(128, 256)).ToArray();
            var decoder = new TokenDecoder(tokenizer);
            Assert.Equal(tokenizer.Decode(ids), string.Concat(ids.Select(decoder.Add)) + decoder.Finish());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_is_saved_as_an_ordinary_file_and_loaded_again(bool hasEndOfText)
    {
        var folder = _folder.File("model");
        new ByteTokenizer(hasEndOfText).Save(folder);
        var loaded = Assert.IsType<ByteTokenizer>(Tokenizers.Load(folder));
        Assert.Equal(hasEndOfText ? 256 : null, loaded.EndOfText);

        // Read as what it says it is, a pair encoding, it gives the same ids.
        var general = BytePairTokenizer.Load(Path.Combine(folder, "tokenizer.json"));
        Assert.Equal((loaded.VocabularySize, loaded.EndOfText), (general.VocabularySize, general.EndOfText));
        AnyText.Check(AnyText.Any, text => Assert.Equal(loaded.Encode(text), general.Encode(text)), times: 200);
    }

    [Fact]
    public void A_configuration_may_ask_for_bytes()
    {
        var folder = Directory.CreateDirectory(_folder.File("model")).FullName;
        Refused(folder, "has no tokenizer: tokenizer.json is not there, and config.json does not say \"tokenizer_class\": \"ByteTokenizer\"");
        File.WriteAllText(Path.Combine(folder, "config.json"), """{"tokenizer_class":"ByteTokenizer","vocab_size":256,"eos_token_id":null}""");
        Assert.Null(Assert.IsType<ByteTokenizer>(Tokenizers.Load(folder)).EndOfText);
        File.WriteAllText(Path.Combine(folder, "config.json"), """{"tokenizer_class":"ByteTokenizer","vocab_size":257,"time_step_limit":[0.0,Infinity],"eos_token_id":[256]}""");
        Assert.Equal(256, Assert.IsType<ByteTokenizer>(Tokenizers.Load(folder)).EndOfText);
        File.WriteAllText(Path.Combine(folder, "config.json"), """{"tokenizer_class":7}""");
        Refused(folder, "config.json: 'tokenizer_class' is 7; it must be a text");
        File.WriteAllText(Path.Combine(folder, "config.json"), "{");
        Refused(folder, "config.json: is not valid JSON");
        Refused(_folder.File("nowhere"), "no such folder");
    }

    private static void Refused(string folder, string problem) =>
        Assert.Contains(problem, Assert.Throws<CheckpointException>(() => Tokenizers.Load(folder)).Message, StringComparison.Ordinal);
}
